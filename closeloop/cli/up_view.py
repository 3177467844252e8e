"""What `closeloop up` tells: where everything is, what to try next, and that it has stopped."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from closeloop.cli.output import console, print_json, side_console
from closeloop.cli.program import as_called

SELLER = "anna.brandt@sandbox.example"
"""A person of the sandbox's org: what our own user does starts nothing."""


@dataclass(frozen=True)
class Up:
    """Addresses of all that is up."""

    prefect_api: str
    prefect_ui: str
    gateway: str
    sandbox: dict[str, Any] | None
    home: Path
    environment: Path


def print_up(found: Up, *, as_json: bool) -> None:
    """One JSON line, or a screen for people."""
    if as_json:
        addresses = {name: getattr(found, name) for name in ("prefect_api", "prefect_ui", "gateway", "sandbox")}
        print_json(addresses)
        console().file.flush()
        return
    screen = console()
    screen.print("\n[bold]Closeloop is up.[/bold] Ctrl-C stops all of it.\n")
    for what, where, note in _places(found):
        screen.print(f"  {what:<12} [cyan]{escape(where)}[/cyan]  {note}", soft_wrap=True)
    screen.print("\n[bold]Try next[/bold]")
    for what, how in _next_steps(found):
        screen.print(f"  {what}:", soft_wrap=True)
        screen.print(f"    {escape(as_called(how))}", soft_wrap=True)


def _places(found: Up) -> list[tuple[str, str, str]]:
    places = [
        ("Prefect", found.prefect_ui, "every stage with its schedule, its runs and what came of them"),
        ("gateway", found.gateway, "replies, events and opt-outs come in here"),
    ]
    if found.sandbox:
        url = found.sandbox["url"]
        places.append(("sandbox", url, "an invented Salesforce and SendGrid, since no Salesforce is set"))
        places.append(("inbox", f"{url}/_inbox", "every mail that went out"))
    return [*places, ("home", str(found.home), "ledger, decks, logs; the next start goes on from here")]


def _next_steps(found: Up) -> list[tuple[str, str]]:
    here = shlex.quote(str(found.environment))
    steps = [
        ("Start a stage now", f"{found.prefect_ui}/deployments, choose one, Run > Quick run"),
        ("Use the other commands on it, in another terminal", f"set -a; . {here}; set +a; closeloop run all"),
    ]
    if found.sandbox:
        steps.append(
            (
                "Let a day pass in the sandbox (its time goes along with yours and can be moved ahead)",
                f"""curl -X POST {found.sandbox["control"]}/advance -d '{{"hours": 24}}'""",
            )
        )
        steps.append(
            ("Enter a Lead as a seller would: a run of on_event starts for it at once", new_lead(found.sandbox))
        )
    return steps


def new_lead(sandbox: dict[str, Any]) -> str:
    """A shell command: a person's session in the sandbox, and the Lead that this person enters."""
    session = f"""curl -s -X POST {sandbox["control"]}/sessions -d '{{"username": "{SELLER}"}}'"""
    token = f"""$({session} | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')"""
    lead = '{"FirstName": "Ines", "LastName": "Novak", "Company": "Novak Works", "Email": "ines@novak.example"}'
    url = f"{sandbox['salesforce']['instance_url']}/services/data/v62.0/sobjects/Lead"
    return (
        f"""curl -X POST {url} -H "Authorization: Bearer {token}" -H "Content-Type: application/json" -d '{lead}'"""
    )


def print_stopped() -> None:
    """The last words."""
    side_console().print("Closeloop has stopped; everything is kept for the next start.", style="dim")
