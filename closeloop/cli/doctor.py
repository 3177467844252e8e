"""`closeloop doctor`: is everything there that a run needs? Each finding comes with its fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import groupby

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.home import prepare_home
from closeloop.adapters.ledger.sql_ledger import open_ledger
from closeloop.adapters.playbook.yaml_file import read_crm_mapping, read_playbook
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import connect, sign_in_way
from closeloop.adapters.salesforce.org_check import OrgPlan, check_org
from closeloop.adapters.sendgrid.key_scopes import HOLDING, SENDING, Use, missing, uses
from closeloop.adapters.sendgrid.webhooks import scopes
from closeloop.application.findings import Finding, Level
from closeloop.bootstrap import (
    ledger_place,
    reply_reader,
    salesforce_login,
    settings,
    vendors,
    wording_model,
)
from closeloop.cli.output import console, print_json
from closeloop.cli.program import as_called
from closeloop.cli.unknown_settings import unknown_settings
from closeloop.data import COMPANIES, read_companies
from closeloop.domain.errors import CloseloopError
from config.settings import Settings

SIGNS = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]", "error": "[bold red]ERROR[/bold red]"}
LONGEST_CHECK = 34
SIGN_IN = "Salesforce sign-in"


def examine(*, as_json: bool) -> int:
    """Look at everything, also when something before it failed; 1 when anything is an error."""
    findings = [replace(found, fix=as_called(found.fix)) for found in _examine()]
    if as_json:
        print_json({"ok": not _has_errors(findings), "findings": [asdict(found) for found in findings]})
    else:
        _print(findings)
    return 1 if _has_errors(findings) else 0


def _has_errors(findings: list[Finding]) -> bool:
    return any(found.level == "error" for found in findings)


def _print(findings: list[Finding]) -> None:
    """Area by area; a fix stands below what it mends."""
    screen = console()
    wide = max(len(found.check) for found in findings)
    for area, some in groupby(findings, key=lambda found: found.area):
        screen.print(f"\n[bold]{escape(area)}[/bold]")
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, width=len("warning"))
        table.add_column(no_wrap=True, width=min(wide, LONGEST_CHECK))
        table.add_column(overflow="fold")
        for found in some:
            table.add_row(SIGNS[found.level], escape(found.check), _words(found))
        screen.print(table)
    screen.print(f"\n{_summary(findings)}")


def _words(found: Finding) -> Text:
    text = Text(found.found)
    return text.append(f"\n→ {found.fix}", style="dim") if found.fix else text


def _summary(findings: list[Finding]) -> str:
    counts = Counter(found.level for found in findings)
    named: dict[Level, str] = {"error": "to mend", "warning": "to look at", "ok": "in order"}
    return ", ".join(f"{counts[level]} {words}" for level, words in named.items() if counts[level])


def _examine() -> Iterator[Finding]:
    chosen = settings()
    for name, fix in unknown_settings():
        yield Finding("settings", "warning", f"{name} is no setting and is ignored", fix)
    yield _tried("home folder", lambda: f"{prepare_home(chosen.home)} can be written")
    yield _tried(
        "playbook", lambda: f"{chosen.playbook} is valid, version {read_playbook(chosen.playbook).version}"
    )
    yield _tried("CRM mapping", lambda: _mapping(chosen))
    yield _tried("company registry", lambda: f"{_companies(chosen):,} companies known")
    yield _tried("deck master", lambda: _deck_master(chosen))
    yield _tried("ledger", lambda: _ledger(chosen))
    yield from _sources(chosen)
    yield from _models(chosen)
    yield from _salesforce(chosen)
    for found in (*sendgrid_findings(chosen), _gateway(chosen)):
        yield replace(found, area="Mail")


def _sources(chosen: Settings) -> Iterator[Finding]:
    """Each commercial source of facts with a key: does it know the key? The question is free."""
    for source in vendors(chosen):
        name = f"{source.manners.title} key"
        if problem := source.check():
            fix = f"set CLOSELOOP_{source.name.upper()}_API_KEY to a key of yours, or take it out"
            yield Finding(name, "error", problem, fix)
        else:
            yield Finding(name, "ok", f"accepted; {source.price:g} credits for a match")


def _models(chosen: Settings) -> Iterator[Finding]:
    """Whether the language models that are set could be asked, and at what price; nobody is asked."""
    uses: list[tuple[str, str | None, Callable[[], object]]] = [
        ("model for replies", chosen.ai_model, lambda: reply_reader(chosen.ai_model, chosen.ai_prices)),
        ("model for wording", chosen.ai_wording_model, lambda: wording_model(chosen)),
    ]
    for check, name, make in uses:
        if name:
            yield _tried(check, lambda make=make, name=name: _made(make, name))  # type: ignore[misc]


def _made(make: Callable[[], object], name: str) -> str:
    make()
    return f"{name}, paid from the playbook's model_budget"


def _mapping(chosen: Settings) -> str:
    words = sum(len(found.fields) for found in read_crm_mapping(chosen.crm_mapping).objects.values())
    return f"{chosen.crm_mapping} is valid, {words} words mapped"


def _companies(chosen: Settings) -> int:
    return sum(len(read_companies(path)) for path in (chosen.registry, COMPANIES) if path)


def _deck_master(chosen: Settings) -> str:
    PptxDeckBuilder(chosen.deck_master)
    return f"{chosen.deck_master or 'the one that comes with Closeloop'} can be used"


def _ledger(chosen: Settings) -> str:
    """What the outbox holds, by kind and state."""
    counts = open_ledger(ledger_place(chosen, prepare_home(chosen.home))).state_counts()
    states = [f"{number:,} {kind} {state}" for kind, found in counts.items() for state, number in found.items()]
    return ", ".join(states).replace("_", " ") or "can be used; nothing was planned yet"


def _tried(check: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", attempt())
    except CloseloopError as problem:
        return Finding(check, "error", str(problem))


def _salesforce(chosen: Settings) -> Iterator[Finding]:
    """How we sign in and what the org says; without a sign-in there is nothing more to ask."""
    try:
        login = salesforce_login(chosen)
        way = sign_in_way(login)
        calls = Calls(connect(login))
        place = calls.client.sf_instance
        yield Finding("Salesforce sign-in", "ok", f"by {way.words} at {place}", area=SIGN_IN)
        if way.warning:
            yield Finding("way of signing in", "warning", *_split(way.warning), area=SIGN_IN)
        yield from check_org(calls, _plan(chosen))
    except CloseloopError as problem:
        yield Finding("Salesforce sign-in", "error", str(problem), area=SIGN_IN)


def _split(warning: str) -> tuple[str, str]:
    """What is wrong, and what to do: `…: move to …`."""
    found, _, fix = warning.partition(": ")
    return found, fix


def _plan(chosen: Settings) -> OrgPlan:
    playbook = read_playbook(chosen.playbook)
    return OrgPlan(
        mapping=read_crm_mapping(chosen.crm_mapping),
        convert_by=chosen.salesforce_convert,
        uploads=chosen.salesforce_upload_decks,
        campaign=chosen.salesforce_campaign_id or playbook.crm.campaign,
        campaign_statuses=(playbook.crm.campaign_sent, playbook.crm.campaign_responded),
        share=chosen.salesforce_share,
    )


def sendgrid_findings(chosen: Settings) -> Iterator[Finding]:
    """What the key may do, of all that the settings ask of it."""
    key = chosen.sendgrid_api_key
    if key is None:
        yield Finding("SendGrid key", "error", "not set", "set CLOSELOOP_SENDGRID_API_KEY")
        return
    try:
        allowed = scopes(key.get_secret_value(), chosen.sendgrid_host.rstrip("/"))
    except CloseloopError as problem:
        yield Finding("SendGrid key", "error", str(problem), "check CLOSELOOP_SENDGRID_HOST and the network")
        return
    if not allowed:
        yield Finding("SendGrid key", "error", f"refused at {chosen.sendgrid_host}", SENDING.fix)
        return
    yield from (_use(use, allowed, chosen) for use in _uses(chosen))


def _uses(chosen: Settings) -> Iterator[Use]:
    return uses(
        lists=chosen.sendgrid_lists,
        holds=bool(chosen.sendgrid_hold_seconds),
        gateway=chosen.public_url is not None,
        records=chosen.sendgrid_absence_hours is not None,
    )


def _use(use: Use, allowed: frozenset[str], chosen: Settings) -> Finding:
    """A house can do without all but sending, and without holding only where it does not ask for it."""
    check = "SendGrid key" if use is SENDING else f"SendGrid: {use.name}"
    if lacks := missing(use, allowed):
        level: Level = "error" if use in {SENDING, HOLDING} else "warning"
        return Finding(check, level, f"the key lacks {', '.join(lacks)}: {use.without}", use.fix)
    return Finding(check, "ok", f"may send mail at {chosen.sendgrid_host}" if use is SENDING else "allowed")


def _gateway(chosen: Settings) -> Finding:
    if chosen.public_url:
        return Finding("gateway address", "ok", f"{chosen.public_url}; mails carry one-click opt-out")
    return Finding(
        "gateway address",
        "warning",
        "not set: mails carry no one-click opt-out link, and replies come in only through the gateway"
        + (", and no click is noted although CLOSELOOP_TRACK_CLICKS asks for it" if chosen.track_clicks else ""),
        "set CLOSELOOP_PUBLIC_URL to where `closeloop gateway` is reached from outside",
    )
