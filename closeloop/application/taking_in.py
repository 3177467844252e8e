"""New leads at the door of the CRM: those it knows are found, the doubtful are asked about, the others are made.

Invariant: every draft ends as an outcome of the CRM or in quarantine with its whole row; nothing is made of a draft
in doubt, and the Task that asks about it names the records and the evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

from closeloop.application.crm_erasure import QUESTION
from closeloop.application.crm_people import KnownPerson
from closeloop.application.journal import ask, write_fields
from closeloop.application.ports import CrmOutcome, CrmTask, CrmWriteRow
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.identity import Verdict
from closeloop.domain.leads import LeadDraft, Quarantined
from closeloop.domain.record import Record
from closeloop.domain.who_is_it import Answer, line_id, record_of, who_are_they

HOW_TO_SAY = "write its Id, or `new`, into a column `Same as` and import the row again"


class Matched(Record):
    """A row that is somebody the CRM has already."""

    line: int
    record_id: str
    why: str


class TakenIn(NamedTuple):
    """What became of the drafts."""

    outcomes: list[CrmOutcome]
    """Of the drafts that went to the CRM; the key is the line as text."""
    quarantined: list[Quarantined]
    matched: list[Matched]


class _Door:
    """One batch of drafts on its way in."""

    def __init__(self, services: Services, source: str, run: str, now: datetime) -> None:
        self._services, self._source, self.run, self.now = services, PurePath(source).name, run, now
        self.known: dict[str, KnownPerson] = {}
        self.by_email: dict[str, KnownPerson] = {}

    def look(self, drafts: Sequence[LeadDraft]) -> Mapping[LeadDraft, Answer]:
        """Who they are. A row whose very address a Lead has needs no likeness: the upsert finds it."""
        for one in self._services.crm.people_like([record_of(draft) for draft in drafts]):
            self.known[one.id] = one
            if one.object == "Lead" and one.person.email:
                self.by_email.setdefault(one.person.email.lower(), one)
        new = [draft for draft in drafts if draft.email not in self.by_email]
        return who_are_they(new, (one.person for one in self.known.values()), self._services.playbook.identity)

    def kept_out(self, draft: LeadDraft, answer: Answer) -> str | None:
        """Why a draft is not given to the CRM; None for one that is."""
        if answer.verdict is Verdict.OTHER:
            return None
        best, how = answer.near[0]
        if answer.verdict is Verdict.ASK:
            return f"may be {self._named(best)} ({how}): {HOW_TO_SAY}"
        if best.startswith("line:"):
            return f"the same person as line {best.removeprefix('line:')} ({how}): keep one of the two rows"
        if best.startswith("003"):
            return f"known already as {self._named(best)} ({how}); no Lead was made beside it"
        if best not in self.known:
            return f"`Same as` names {best}, which is no open Lead or Contact of such a name: correct it"
        return None

    def as_known(self, draft: LeadDraft, answer: Answer | None) -> LeadDraft:
        """The draft under the address of the Lead it belongs to, so that the upsert finds it."""
        if answer is None or answer.verdict is not Verdict.SAME:
            return draft
        there = self.known[answer.best]
        return draft.model_copy(update={"email": there.person.email.lower() or draft.email})

    def give_addresses(self, found: Mapping[LeadDraft, Answer]) -> None:
        """A Lead that has no address gets that of its row, by which the upsert then finds it."""
        field = self._services.mapping.org_field("Lead", "email") or "Email"
        rows = [
            CrmWriteRow(
                run_id=self.run,
                at=self.now,
                object="Lead",
                record_id=answer.best,
                field=field,
                after=draft.email,
                reason=f"{self._source} line {draft.line} is the same person: {answer.near[0][1]}",
            )
            for draft, answer in found.items()
            if answer.verdict is Verdict.SAME and not self.known[answer.best].person.email
        ]
        if rows:
            write_fields(self._services, rows)

    def question(self, draft: LeadDraft, answer: Answer, ids: Mapping[str, str]) -> CrmTask | None:
        """The Task for the owner of the likeliest record; `ids`: the records that lines of this file became."""
        near = [(ids.get(name, name), how) for name, how in answer.near]
        first = near[0][0]
        if first.startswith("line:"):
            return None
        who = f"{draft.first_name or ''} {draft.last_name}".strip()
        there = self.known.get(first)
        lines = [
            f"{who}, {draft.company}, {draft.email} (line {draft.line} of {self._source}) was not added to the",
            "CRM, because it may be somebody who is here already:",
            *(f"- {self._named(name)} {self._link(name)} – {how}" for name, how in near),
            "",
            f"To decide: {HOW_TO_SAY}. The whole row waits in the quarantine of `closeloop report`:",
            *(f"  {field}: {value}" for field, value in _row(draft).items()),
        ]
        return CrmTask(
            key=_key(draft, first, self._source),
            who_id=first,
            what_id=None,
            owner_id=there.owner_id if there else self._services.crm.our_user() or "",
            subject=f"Is {who} ({draft.company}) already here?"[:255],
            description="\n".join(lines),
            on=self.now.date().isoformat(),
            completed=False,
            subtype="Task",
        )

    def _named(self, name: str) -> str:
        there = self.known.get(name)
        if there is None:
            return name.replace("line:", "line ")
        company = f" at {there.person.company}" if there.person.company else ""
        return f"{there.name}{company} ({there.object} {there.id})"

    def _link(self, record_id: str) -> str:
        base = self._services.crm_url
        return f"{base}/{record_id}" if base else ""


def take_in(services: Services, drafts: Sequence[LeadDraft], source: str, run: str, now: datetime) -> TakenIn:
    """Gives the CRM what is new or surely known; keeps the rest back with a reason and a question."""
    door = _Door(services, source, run, now)
    answers = door.look(drafts) if drafts else {}
    reasons = {draft: why for draft, answer in answers.items() if (why := door.kept_out(draft, answer))}
    let_in = [draft for draft in drafts if draft not in reasons]
    found = {d: answers[d] for d in let_in if d in answers and answers[d].verdict is Verdict.SAME}
    door.give_addresses(found)
    outcomes = services.crm.upsert_leads([door.as_known(draft, answers.get(draft)) for draft in let_in])
    _ask(services, door, {d: a for d, a in answers.items() if a.verdict is Verdict.ASK}, let_in, outcomes)
    return TakenIn(
        outcomes,
        [Quarantined(line=draft.line, reason=why, row=_row(draft)) for draft, why in reasons.items()],
        [Matched(line=d.line, record_id=a.best, why=str(a.near[0][1])) for d, a in found.items()],
    )


def _ask(
    services: Services,
    door: _Door,
    doubtful: Mapping[LeadDraft, Answer],
    let_in: Sequence[LeadDraft],
    outcomes: Sequence[CrmOutcome],
) -> None:
    lines = {str(draft.line): line_id(draft) for draft in let_in}
    ids = {
        lines[outcome.key]: outcome.record_id
        for outcome in outcomes
        if outcome.state is ActionState.ACCEPTED and outcome.record_id
    }
    tasks = [task for draft, answer in doubtful.items() if (task := door.question(draft, answer, ids))]
    ask(services, tasks, "may be somebody whom the CRM has already", door.run, door.now)


def _key(draft: LeadDraft, record_id: str, source: str) -> str:
    """The same question is asked once, however often the file is imported."""
    digest = hashlib.sha256(f"{source} {draft.email} {draft.last_name}".encode()).hexdigest()[:16]
    return f"{QUESTION}{record_id}:{digest}"


def _row(draft: LeadDraft) -> dict[str, str]:
    return {name: str(value) for name, value in draft.model_dump(exclude={"line", "notes"}).items() if value}
