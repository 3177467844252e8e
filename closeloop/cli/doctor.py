"""`closeloop doctor`: is everything there that a run needs? Each finding comes with its fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from rich.markup import escape

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.ledger.sql_ledger import open_ledger
from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.org_check import OrgFinding, check_org
from closeloop.adapters.sendgrid.webhooks import scopes
from closeloop.bootstrap import LEDGER_FILE, prepare_home, salesforce_login, settings
from closeloop.cli.output import console, print_json
from closeloop.data import COMPANIES, read_companies
from closeloop.domain.errors import CloseloopError
from config.settings import Settings

Level = Literal["ok", "warning", "error"]
SIGNS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    found: str
    fix: str = ""


def examine(*, as_json: bool) -> int:
    """Look at everything, also when something before it failed; 1 when anything is an error."""
    findings = list(_examine())
    if as_json:
        print_json({"ok": not _has_errors(findings), "findings": [asdict(found) for found in findings]})
    else:
        _print(findings)
    return 1 if _has_errors(findings) else 0


def _has_errors(findings: list[Finding]) -> bool:
    return any(found.level == "error" for found in findings)


def _print(findings: list[Finding]) -> None:
    screen = console()
    for found in findings:
        screen.print(f"{SIGNS[found.level]} {found.check:<22} {escape(found.found)}", soft_wrap=True)
        if found.fix:
            screen.print(f"{'':>31}{escape(found.fix)}", style="dim", soft_wrap=True)


def _examine() -> Iterator[Finding]:
    chosen = settings()
    yield _tried("home folder", lambda: f"{prepare_home(chosen.home)} can be written")
    yield _tried(
        "playbook", lambda: f"{chosen.playbook} is valid, version {read_playbook(chosen.playbook).version}"
    )
    yield _tried("company registry", lambda: f"{_companies(chosen):,} companies known")
    yield _tried("deck master", lambda: _deck_master(chosen))
    yield _tried("ledger", lambda: _ledger(chosen))
    yield from _salesforce(chosen)
    yield _sendgrid(chosen)
    yield _gateway(chosen)


def _companies(chosen: Settings) -> int:
    return sum(len(read_companies(path)) for path in (chosen.registry, COMPANIES) if path)


def _deck_master(chosen: Settings) -> str:
    PptxDeckBuilder(chosen.deck_master)
    return f"{chosen.deck_master or 'the one that comes with Closeloop'} can be used"


def _ledger(chosen: Settings) -> str:
    """What the outbox holds, by kind and state."""
    counts = open_ledger(prepare_home(chosen.home) / LEDGER_FILE).state_counts()
    states = [f"{number:,} {kind} {state}" for kind, found in counts.items() for state, number in found.items()]
    return ", ".join(states).replace("_", " ") or "can be used; nothing was planned yet"


def _tried(check: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", attempt())
    except CloseloopError as problem:
        return Finding(check, "error", str(problem))


def _salesforce(chosen: Settings) -> Iterator[Finding]:
    try:
        login = salesforce_login(chosen)
        way = login.way()
        calls = Calls(connect(login))
        yield Finding("Salesforce sign-in", "ok", f"by {way.replace('_', ' ')} at {calls.client.sf_instance}")
        yield from (_of_org(found) for found in check_org(calls))
    except CloseloopError as problem:
        yield Finding("Salesforce sign-in", "error", str(problem))


def _of_org(found: OrgFinding) -> Finding:
    return Finding(found.check, found.level, found.found, found.fix)


def _sendgrid(chosen: Settings) -> Finding:
    key = chosen.sendgrid_api_key
    if key is None:
        return Finding("SendGrid key", "error", "not set", "set CLOSELOOP_SENDGRID_API_KEY")
    try:
        allowed = scopes(key.get_secret_value(), chosen.sendgrid_host.rstrip("/"))
    except CloseloopError as problem:
        return Finding("SendGrid key", "error", str(problem), "check CLOSELOOP_SENDGRID_HOST and the network")
    if "mail.send" not in allowed:
        fix = "make a key with the Mail Send permission and set CLOSELOOP_SENDGRID_API_KEY"
        return Finding("SendGrid key", "error", "refused, or it may not send mail", fix)
    return Finding("SendGrid key", "ok", f"may send mail at {chosen.sendgrid_host}")


def _gateway(chosen: Settings) -> Finding:
    if chosen.public_url:
        return Finding("gateway address", "ok", f"{chosen.public_url}; mails carry one-click opt-out")
    return Finding(
        "gateway address",
        "warning",
        "not set: mails carry no one-click opt-out link, and replies come in only through the gateway",
        "set CLOSELOOP_PUBLIC_URL to where `closeloop gateway` is reached from outside",
    )
