"""A prospect's story in plain English: each stored thing becomes one line that a seller can read.

Invariant: a line says only what is stored; nothing here reads a clock or a database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from closeloop.application.ports import CrmWriteRow, DecisionRow, ReceiptRow, StoryLine, WriteState
from closeloop.domain.actions import Action, ActionKind, ActionState
from closeloop.domain.approvals import Approval
from closeloop.domain.decisions import Channel
from closeloop.domain.fact_words import spoken
from closeloop.domain.last_look import told
from closeloop.domain.prospect import Fact
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.sources import licence_of

_QUOTE_AT_MOST = 240
_NAMES = {
    ActionKind.EMAIL: "e-mail",
    ActionKind.TASK: "task",
    ActionKind.CONVERT: "conversion",
    ActionKind.FILE: "file",
    ActionKind.EVENT: "meeting",
    ActionKind.CAMPAIGN: "campaign membership",
}
_DONE = {
    ActionKind.EMAIL: "sent",
    ActionKind.TASK: "created",
    ActionKind.CONVERT: "carried out",
    ActionKind.FILE: "uploaded",
    ActionKind.EVENT: "entered",
    ActionKind.CAMPAIGN: "noted",
}
_TOUCHES = {
    Channel.EMAIL.value: "write an e-mail",
    Channel.CALL.value: "ask the owner to call",
    Channel.SOCIAL.value: "ask the owner to connect",
    Channel.MEETING.value: "ask the owner to meet",
}
_DECIDED = {
    "SetNextStep": "set the next step",
    "Arrange": "arrange the meeting anew",
    "Suggest": "suggest an action",
    "Felt": "note how satisfied they are",
}
_SIGNALS = {
    SignalKind.REPLY: "Replied",
    SignalKind.DELIVERED: "The e-mail arrived",
    SignalKind.OPENED: "The e-mail was opened",
    SignalKind.CLICKED: "A link in the e-mail was clicked",
    SignalKind.BOUNCED: "The e-mail bounced",
    SignalKind.BLOCKED: "The receiving server blocked the e-mail",
    SignalKind.DROPPED: "The mail service dropped the e-mail",
    SignalKind.SPAM_REPORT: "Reported the e-mail as spam",
    SignalKind.UNSUBSCRIBED: "Unsubscribed",
    SignalKind.PROCESSED: "The mail service took the e-mail",
    SignalKind.CRM_CHANGED: "The CRM record was changed",
}


@dataclass(frozen=True, slots=True)
class Move:
    """One line of an action's history. `old` is None when it was planned for the first time."""

    at: datetime
    old: ActionState | None
    new: ActionState
    attempt: int
    worker: str | None = None
    detail: str = ""
    provider_id: str | None = None


def due_words(due_at: datetime) -> str:
    """What the history says of a plan, because a retry moves the due time of the action itself."""
    return f"due {due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


CAME_IN, LEARNED, DECIDED, DONE, BECAME_KNOWN, LOGGED, WRITTEN = range(7)
"""Lines of one moment by cause: what moved us, what we knew, decided and did, what then became of it."""
_FOLLOWS_A_MAIL = frozenset(SignalKind) - {SignalKind.REPLY, SignalKind.CRM_CHANGED}
"""Signals that cannot be before the mail that they are about."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and its place among lines of the same instant: cause before effect."""

    line: StoryLine
    place: tuple[int, int, int]


def in_order(lines: list[Placed]) -> list[StoryLine]:
    """By time, then by cause before effect; what is still equal keeps its order."""
    return [one.line for one in sorted(lines, key=lambda one: (one.line.at, one.place))]


def signal_line(signal: Signal, understanding: Understanding | None) -> Placed:
    """What came in, in their words, and what we took it to mean."""
    said = understanding.said if understanding else ""
    words = said or (str(signal.payload.get("text") or "") if signal.kind is SignalKind.REPLY else "")
    reason = "" if words else str(signal.payload.get("reason") or "")
    about = f": {_quoted(words)}" if words else f": {reason}" if reason else ""
    text = _ended(_SIGNALS[signal.kind] + about)
    if understanding:
        text += f" {_meaning(understanding)}"
    detail: dict[str, Any] = {
        "id": signal.id,
        "source": signal.source,
        "kind": signal.kind.value,
        "address": signal.address,
        "action_key": signal.action_key,
    }
    if understanding:
        detail["understanding"] = understanding.model_dump(mode="json")
    rank = BECAME_KNOWN if signal.kind in _FOLLOWS_A_MAIL else CAME_IN
    return _placed(signal.occurred_at, "signal", text, detail, (rank, 0, 0))


def suppression_line(address: str, reason: str, at: datetime) -> Placed:
    """The address may not be written to from here on."""
    text = f"{address} went on the do-not-contact list: {reason}"
    return _placed(at, "suppression", text, {"address": address}, (BECAME_KNOWN, 0, 1))


def fact_line(fact: Fact) -> Placed:
    """Something learned, with its source."""
    period = f", as of {fact.as_of}" if fact.as_of else ""
    what = f"{_spoken(fact.name.removesuffix('_usd'))} is {spoken(fact)}{period}"
    text = f"Learned from {fact.source}: {what} ({fact.confidence:.0%} certain){_judgement(fact)}"
    detail = fact.model_dump(mode="json", exclude_none=True) | {"licence": licence_of(fact.source)}
    return _placed(fact.observed_at, "fact", text, detail, (LEARNED, 0, 0))


def _judgement(fact: Fact) -> str:
    """What it cost, why it was believed, over whom, and why it is said to nobody."""
    judged = fact.judged
    if judged is None:
        return ""
    cost = f", for {judged.cost:g} credits" if judged.cost else ""
    over = ", ".join(f"{rival.value} from {rival.source} ({rival.confidence:.0%})" for rival in judged.rivals)
    believed = f"; believed over {over}, because {judged.because}" if over else ""
    return f"{cost}{believed}" + (f"; said to nobody: {judged.doubt}" if judged.doubt else "")


def decision_line(decision: DecisionRow) -> Placed:
    """What the rules answered, and why."""
    reasons = "; ".join(decision.reasons)
    text = f"In {_spoken(decision.stage.value)}, decided: {_what(decision)}, because {reasons}"
    return _placed(decision.at, "decision", text, decision.model_dump(mode="json"), (DECIDED, 0, 0))


def _what(decision: DecisionRow) -> str:
    """The kind of the decision in words; of a touch, how and with what."""
    channel = _TOUCHES.get(str(decision.detail.get("channel"))) if decision.kind == "Touch" else None
    template = decision.detail.get("template")
    if channel and decision.detail.get("channel") == Channel.EMAIL and template:
        return f"{channel} ({_spoken(str(template))})"
    return channel or _DECIDED.get(decision.kind) or _camel_spoken(decision.kind)


def action_lines(action: Action, moves: list[Move], receipts: list[tuple[int, ReceiptRow]]) -> list[Placed]:
    """The history of one action, and the last look of each attempt.

    A plan that was saved without the time of its pass is dated by when it was due; what happened to it before
    that day shows that it is older.
    """
    planned, *later = moves
    first = replace(planned, at=min(move.at for move in moves))
    lines = [_move_line(action, move) for move in (first, *later)]
    return lines + [_receipt_line(action, receipt, attempt) for attempt, receipt in receipts]


def _move_line(action: Action, move: Move) -> Placed:
    detail: dict[str, Any] = {
        "action_key": action.key,
        "from": move.old.value if move.old else None,
        "to": move.new.value,
        "attempt": move.attempt,
        "worker": move.worker,
        "detail": move.detail,
        "provider_id": move.provider_id,
    }
    step = {ActionState.PLANNED: 0 if move.old is None else 3, ActionState.CLAIMED: 1}.get(move.new, 3)
    return _placed(move.at, "action", _move_text(action, move), detail, (_rank(action), move.attempt, step))


def late_line(action: Action, at: datetime, attempt: int, said: ActionState, stood_at: ActionState) -> Placed:
    """What a worker knew that came back after its claim had passed on."""
    text = (
        f"{_thing(action)}: the worker of attempt {attempt} came back late and said {_spoken(said.value)}, "
        f"when it was {_spoken(stood_at.value)} already"
    )
    detail = {"action_key": action.key, "attempt": attempt, "said": said.value, "stood_at": stood_at.value}
    return _placed(at, "late outcome", text, detail, (_rank(action), 2, attempt))


def _receipt_line(action: Action, receipt: ReceiptRow, attempt: int) -> Placed:
    """Its place is between the claim and the outcome of its attempt."""
    seen = told(receipt.values)
    when = receipt.values.get("read_at")
    at = f", checked on {datetime.fromisoformat(when).astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC" if when else ""
    about = f" ({seen})" if seen else ""
    text = f"Last look before {_thing(action)}{at}: {_verdict(receipt)}{about}"
    return _placed(receipt.checked_at, "receipt", text, receipt.model_dump(mode="json"), (DONE, attempt, 2))


def _verdict(receipt: ReceiptRow) -> str:
    if "batch_id" in receipt.values:
        return receipt.verdict
    clear = receipt.verdict == "send"
    return "nothing speaks against it" if clear else f"it must not happen now, because {receipt.verdict}"


def approval_lines(approval: Approval) -> list[Placed]:
    """Who was asked for what and until when, and what they said."""
    who = "the owner" if approval.ask == "owner" else f"the user {approval.ask}"
    until = f" until {approval.deadline:%Y-%m-%d %H:%M} UTC" if approval.deadline else ""
    what, detail = approval.kind.in_words, approval.model_dump(mode="json")
    asked = f"Asked {who} to approve {what}{until} (`closeloop approve {approval.id}`)"
    lines = [_placed(approval.asked_at, "approval", asked, detail, (DONE, 0, 1))]
    if approval.decided_at is not None:
        text = f"The approval of {what} ({approval.id}): {approval.said}"
        lines.append(_placed(approval.decided_at, "approval", text, detail, (DONE, 0, 2)))
    return lines


def crm_line(write: CrmWriteRow) -> Placed:
    """One field that we changed in the CRM, or one record that we made there."""
    text = (
        f"Set {write.field} of the {write.object} in the CRM from {_value(write.before)} to "
        f"{_value(write.after)}: {write.reason}"
    )
    if write.makes_record:
        text = f"{write.after} in the CRM ({write.object} {write.record_id}): {write.reason}"
    if write.state is WriteState.INTENDED:
        text = f"{text} (the CRM did not say whether it happened)"
    return _placed(write.at, "crm", text, write.model_dump(mode="json"), (WRITTEN, 0, 0))


def _rank(action: Action) -> int:
    """A mail stands before what else is done; the task that logs it comes after all that is known of it."""
    return DONE if action.kind is ActionKind.EMAIL else LOGGED


def _move_text(action: Action, move: Move) -> str:
    thing, done = _thing(action), _DONE[action.kind]
    why = f": {move.detail}" if move.detail else ""
    if move.old is None:
        return f"Planned {thing}{why}"
    return {
        ActionState.PLANNED: f"{thing} was surely not {done} and will be tried again{why}",
        ActionState.CLAIMED: f"Started on {thing}, attempt {move.attempt}",
        ActionState.ACCEPTED: f"{thing} was {done}{why}",
        ActionState.REJECTED: f"{thing} was refused{why}",
        ActionState.SKIPPED: f"{thing} was not {done}{why}",
        ActionState.UNCERTAIN: f"It has to be looked up, not done again, whether {thing} was {done}{why}",
    }[move.new]


def _thing(action: Action) -> str:
    mail = action.payload.get("mail")
    places = [action.payload, mail if isinstance(mail, dict) else {}]
    titles = [place.get(name) for name in ("subject", "opportunity_name", "template") for place in places]
    title = next((text for text in titles if isinstance(text, str) and text), "")
    return f"the {_NAMES[action.kind]}{f' “{title}”' if title else ''} of {_spoken(action.stage.value)}"


def _meaning(understanding: Understanding) -> str:
    labels = ", ".join(_label(label) for label in understanding.labels) or _label(understanding.primary)
    if understanding.abstained:
        return f"A person should read it: the best guess is {_label(understanding.primary)}."
    stop = " No automated mail may follow." if understanding.stop else ""
    return f"Understood as {labels} ({understanding.confidence:.0%} certain).{stop}"


def _label(label: Label) -> str:
    kind, _, topic = label.value.partition("_")
    return f"an objection about {topic}" if kind == "objection" else f"“{_spoken(label.value)}”"


def _quoted(words: str) -> str:
    short = " ".join(words.split())
    return f"“{short if len(short) <= _QUOTE_AT_MOST else short[: _QUOTE_AT_MOST - 1] + '…'}”"


def _value(value: Any) -> str:
    return "nothing" if value is None or value == "" else _quoted(str(value))


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _camel_spoken(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _placed(at: datetime, kind: str, text: str, detail: dict[str, Any], place: tuple[int, int, int]) -> Placed:
    sentence = _ended(text[:1].upper() + text[1:])
    return Placed(StoryLine(at=at, kind=kind, text=sentence, detail=detail), place)


def _ended(sentence: str) -> str:
    """With one full stop, also when the words it quotes bring their own."""
    bare = sentence.rstrip()
    return bare if bare.rstrip("”").endswith((".", "!", "?", "…")) else f"{bare}."
