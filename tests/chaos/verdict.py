"""The judge: what really arrived at the provider and in the CRM, against what the ledger says of it.

Duplicates and mails after a stop are counted from the sandbox alone. Lost is what the ledger calls done and the
outside has never seen, what the outside has seen and the ledger does not know, and what is due and lies still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from closeloop.application.ports import Ledger
from closeloop.cli.demo_result import arrived, stops
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.judge import judge
from closeloop.domain.stage import Stage, Standing
from tests.chaos.theatre import Theatre

MANY = 10_000_000
READS = {"query", "retrieve", "describe", "limits"}
EVENT = ("WhoId", "Subject", "ActivityDate", "StartDateTime", "Description")
UNFINISHED = (ActionState.PLANNED, ActionState.CLAIMED)


class Verdict(BaseModel):
    """What the harness prints. All but the first, second and the CRM's writes must be zero."""

    kills: int
    sends: int
    duplicate_sends: int
    lost_sends: int
    sends_after_stop: int
    crm_writes: int
    duplicate_activities: int
    lost_outcomes: int
    uncertain_open: int
    seconds: float = 0.0
    handed_to_a_person: int
    prospects: int
    stops: int
    replies: int
    findings: list[str]
    """What a person needs to look into a count that is not zero, a few of each."""
    points: dict[str, int]
    """Where workers were killed, and how often."""

    @property
    def is_clean(self) -> bool:
        return not any(
            (
                self.duplicate_sends,
                self.lost_sends,
                self.sends_after_stop,
                self.duplicate_activities,
                self.lost_outcomes,
                self.uncertain_open,
                len(self.findings),
            )
        )


class Findings:
    """What was found, counted and with a few examples."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, name: str, what: Iterable[str]) -> int:
        found = sorted(what)
        self.count[name] += len(found)
        self.examples.setdefault(name, []).extend(found[:5])
        return len(found)

    def lines(self) -> list[str]:
        return [
            f"{name}: {number}, such as {self.examples[name][:3]}" for name, number in self.count.items() if number
        ]


def verdict(theatre: Theatre, ledger: Ledger, kills: Counter[str], crashed: list[str]) -> Verdict:
    """Reads the journals of the sandbox and the ledger, and counts."""
    mails = arrived(theatre.org.journal("sendgrid"))
    acts = theatre.tell("acts")
    judged = judge(mails, stops(acts))
    found = Findings()
    keys = {mail.key for mail in mails}
    lost = _lost_sends(ledger, keys, theatre.now, found)
    outcomes = _lost_outcomes(theatre, ledger, keys, found)
    twice = _duplicate_activities(theatre, found)
    uncertain, handed = _uncertain(ledger, found)
    found.add("workers that failed by themselves", crashed)
    return Verdict(
        kills=sum(kills.values()),
        sends=judged.sends,
        duplicate_sends=judged.duplicate_sends,
        lost_sends=lost,
        sends_after_stop=judged.sends_after_stop,
        crm_writes=_crm_writes(theatre.org.journal("salesforce")),
        duplicate_activities=twice,
        lost_outcomes=outcomes,
        uncertain_open=uncertain,
        handed_to_a_person=handed,
        prospects=sum(1 for _ in ledger.all_prospects()),
        stops=len(stops(acts)),
        replies=sum(1 for act in acts if act.get("label")),
        findings=found.lines(),
        points=dict(kills),
    )


def _lost_sends(ledger: Ledger, arrived_keys: set[str], now: datetime, found: Findings) -> int:
    mail = ActionKind.EMAIL
    accepted = {action.key for action in ledger.in_state(ActionState.ACCEPTED, mail, MANY)}
    settled = accepted | {action.key for action in ledger.in_state(ActionState.UNCERTAIN, mail, MANY)}
    still = {a.key for state in UNFINISHED for a in ledger.in_state(state, mail, MANY) if a.due_at <= now}
    waiting = ledger.due(list(Stage), now, MANY, (Standing.OPEN,))
    return (
        found.add("called sent, but never arrived", accepted - arrived_keys)
        + found.add("arrived, but not known as sent", arrived_keys - settled)
        + found.add("due, but neither sent nor called off", still)
        + found.add("prospects due that nobody has looked at", (p.key for p in waiting))
    )


def _lost_outcomes(theatre: Theatre, ledger: Ledger, arrived_keys: set[str], found: Findings) -> int:
    logged = {str(row["Closeloop_Key__c"]) for row in _tasks(theatre)}
    want = {f"task:log:{key}" for key in arrived_keys}
    behind = {
        action.key
        for state in UNFINISHED
        for kind in ActionKind
        if kind is not ActionKind.EMAIL
        for action in ledger.in_state(state, kind, MANY)
        if action.due_at <= theatre.now
    }
    return (
        found.add("mails without their Task in the CRM", want - logged)
        + found.add("work for the CRM that was not done", behind)
        + found.add("prospects whose state the CRM was not told", (p.key for p in ledger.changed_since_sync(MANY)))
        + found.add("signals that nobody has handled", (s.id for s in ledger.waiting_signals(MANY)))
        + found.add("replies and stops that the ledger never got", _never_received(theatre, ledger))
    )


def _never_received(theatre: Theatre, ledger: Ledger) -> set[str]:
    """Buyers who said no, of whom the ledger knows nothing: neither stopped nor suppressed."""
    said_no = set(stops(theatre.tell("acts")))
    known = set(ledger.suppressed(said_no))
    stopped = {p.email for p in ledger.all_prospects() if p.standing not in (Standing.OPEN,)}
    return said_no - known - stopped


def _duplicate_activities(theatre: Theatre, found: Findings) -> int:
    rows = _tasks(theatre)
    keys = Counter(str(row["Closeloop_Key__c"]) for row in rows)
    said = Counter((row["WhoId"], row["Subject"], row["ActivityDate"], row["Description"]) for row in rows)
    meetings = Counter(
        tuple(row[field] for field in EVENT) for row in _query(theatre, f"SELECT {', '.join(EVENT)} FROM Event")
    )
    deals = Counter(row["Closeloop_Key__c"] for row in _query(theatre, "SELECT Closeloop_Key__c FROM Opportunity"))
    accounts = Counter(row["Email"] for row in _query(theatre, "SELECT Email FROM Contact"))
    return (
        found.add("Tasks under one key", (key for key, times in keys.items() if times > 1))
        + found.add("Tasks that say the same on one day", (str(one) for one, times in said.items() if times > 1))
        + found.add("Events that say the same of one hour", (str(k) for k, times in meetings.items() if times > 1))
        + found.add("Opportunities under one key", (str(k) for k, times in deals.items() if k and times > 1))
        + found.add("people converted twice", (str(k) for k, times in accounts.items() if k and times > 1))
    )


def _tasks(theatre: Theatre) -> list[dict[str, Any]]:
    return _query(theatre, "SELECT Closeloop_Key__c, WhoId, Subject, ActivityDate, Description FROM Task")


def _query(theatre: Theatre, soql: str) -> list[dict[str, Any]]:
    """Every row, page by page, with a session of the judge's own."""
    token = theatre.session()
    rows: list[dict[str, Any]] = []
    path = f"/services/data/v62.0/query?q={soql.replace(' ', '+').replace(',', '%2C')}"
    while path:
        page = theatre.rest(path, token)
        rows += page["records"]
        path = page.get("nextRecordsUrl", "")
    return rows


def _uncertain(ledger: Ledger, found: Findings) -> tuple[int, int]:
    """Those that nobody was asked about, and those that a person has been asked about."""
    handed = {
        action.key.partition("uncertain:")[2]
        for action in ledger.in_state(ActionState.ACCEPTED, ActionKind.TASK, MANY)
        if ":uncertain:" in action.key
    }
    uncertain = {action.key for action in ledger.in_state(ActionState.UNCERTAIN, None, MANY)}
    return found.add("uncertain, and nobody was asked", uncertain - handed), len(uncertain & handed)


def _crm_writes(journal: list[dict[str, Any]]) -> int:
    operations = (op for entry in journal for op in entry["summary"].get("operations", []))
    return sum(1 for op in operations if op["op"] not in READS and op.get("success"))
