"""The rows of the ledger as the use cases write and read them, and the change that one pass saves at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from closeloop.application.grant_port import Grant
from closeloop.domain.account_pace import Pace
from closeloop.domain.actions import Action
from closeloop.domain.approvals import Approval
from closeloop.domain.playbook_lines import PlaybookLine
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment, Record
from closeloop.domain.signals import SignalId
from closeloop.domain.stage import Stage


class DecisionRow(Record):
    """A decision as the ledger keeps it, for ever."""

    prospect_key: str
    run_id: str
    stage: Stage
    at: Moment
    kind: str
    """Name of the decision type, such as `Touch` or `Hold`."""
    rule: str
    reasons: tuple[str, ...]
    playbook_version: str
    detail: dict[str, Any] = {}


class ReceiptRow(Record):
    """What was checked right before a send, and when."""

    action_key: str
    checked_at: Moment
    values: dict[str, Any]
    verdict: str
    """`send` or the reason not to."""


class WriteState(StrEnum):
    """What is known about a write in the journal."""

    INTENDED = "intended"
    """written down before the call; whether it happened is not known"""
    WRITTEN = "written"
    REFUSED = "refused"
    """it surely did not happen"""


class CrmWriteRow(Record):
    """One field of one CRM record that we changed, or one record that we made, and why."""

    id: int | None = None
    """Its place in the journal, given by the ledger."""
    run_id: str
    at: Moment
    object: str
    record_id: str
    field: str
    """API name; empty for a record that was made: `after` then says what it is."""
    before: Any = None
    after: Any = None
    reason: str
    prospect_key: str | None = None
    state: WriteState = WriteState.WRITTEN
    undoes: int | None = None
    """The write that this one took back."""
    record_changed: str | None = None
    """The record's last change as it was read right before, in the org's own words."""

    @property
    def makes_record(self) -> bool:
        return not self.field

    @property
    def in_doubt(self) -> bool:
        return self.state is WriteState.INTENDED


class Change(Record):
    """What one stage pass decided: saved in one transaction, so a crash leaves all of it or nothing."""

    prospects: tuple[Prospect, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    actions: tuple[Action, ...] = ()
    """Planned by key: an action that already exists is left as it is."""
    approvals: tuple[Approval, ...] = ()
    """Asked once each, by id."""
    handled_signals: tuple[SignalId, ...] = ()
    grants: tuple[Grant, ...] = ()
    """Extras that its mails promise. Where a budget does not pay for one, its prospect is overtaken: nothing of
    this change about it is written."""
    lines: tuple[PlaybookLine, ...] = ()
    """Playbook lines that somebody entered: each is kept once."""
    read: dict[str, Prospect] = {}
    """Key to the prospect as it was read. One that somebody else has saved since is overtaken: that save stays,
    and nothing of this change about this prospect is written."""
    pace: Pace | None = None
    """Whoever would begin here although another worker has begun with colleagues meanwhile is overtaken."""
    signals_about: dict[SignalId, str] = {}
    """A handled signal to the prospect it is about: overtaken with it, it waits on. One that somebody else has
    handled since it was read overtakes its prospect."""


class Saved(Record):
    """What became of a change."""

    new_actions: int = 0
    overtaken: frozenset[str] = frozenset()
    """Keys of prospects of which nothing was written; read them again and decide anew."""


class StoryLine(Record):
    """One line of a prospect's story: a fact, decision, action move, receipt, signal or CRM write."""

    at: Moment
    kind: str
    text: str
    detail: dict[str, Any] = {}


class RunRow(Record):
    """One pass of a stage or of the whole cycle."""

    run_id: str
    stage: str
    as_of: Moment
    counts: dict[str, int] = {}
    holds: dict[str, int] = {}
