"""What signals show about a prospect, in the words that steps of a sequence ask with.

Invariant: signals in any order and number leave the same behind. Of each sign only the latest moment is kept, and
whether a person clicked is judged by all that is known about the mail, each time more becomes known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.domain.machine_events import Reader, who_clicked
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.steps import Seen

_EVENTS = {SignalKind.BLOCKED: Seen.BLOCKED, SignalKind.BOUNCED: Seen.BOUNCED}
_LABELS = {
    Label.QUESTION: Seen.QUESTION,
    Label.INTERESTED: Seen.INTERESTED,
    Label.MEETING: Seen.MEETING_BOOKED,
    Label.NOT_NOW: Seen.NOT_NOW,
    Label.OUT_OF_OFFICE: Seen.OUT_OF_OFFICE,
}
CLICKED = Seen.CLICKED.value


def shown_by(signal: Signal, found: Understanding | None) -> frozenset[Seen]:
    """What a reply or an event shows; a reply may show several things at once, a click nothing by itself."""
    if found is None:
        return frozenset({_EVENTS[signal.kind]}) if signal.kind in _EVENTS else frozenset()
    shown = {_LABELS[label] for label in found.labels if label in _LABELS}
    shown |= {Seen.OBJECTION} if any(label.is_objection for label in found.labels) else set()
    return frozenset(shown if found.primary.is_automatic else {*shown, Seen.REPLIED})


def with_seen(prospect: Prospect, shown: frozenset[Seen], at: datetime) -> dict[str, datetime]:
    """The prospect's `seen`, with these."""
    return prospect.seen | {one.value: max(at, prospect.seen.get(one.value, at)) for one in sorted(shown)}


def tells_about_clicks(signal: Signal, prospect: Prospect) -> bool:
    """A click, or a delivery that may unmask one: a scanner clicks within seconds of it."""
    if signal.action_key is None:
        return False
    return signal.kind is SignalKind.CLICKED or (signal.kind is SignalKind.DELIVERED and CLICKED in prospect.seen)


def with_clicks(prospect: Prospect, about_mail: Sequence[Signal]) -> dict[str, datetime]:
    """The prospect's `seen`, with what all signals about one mail say of its clicks."""
    clicks = [one for one in about_mail if one.kind is SignalKind.CLICKED]
    delivered = min((one.occurred_at for one in about_mail if one.kind is SignalKind.DELIVERED), default=None)
    by_people = [one.occurred_at for one in clicks if _by_a_person(one, clicks, delivered)]
    before = prospect.seen.get(CLICKED)
    others = {} if before in {one.occurred_at for one in clicks} else {CLICKED: before} if before else {}
    rest = {name: at for name, at in prospect.seen.items() if name != CLICKED} | others
    if not by_people:
        return rest
    return rest | {CLICKED: max([*by_people, *others.values()])}


def _by_a_person(click: Signal, clicks: Sequence[Signal], delivered: datetime | None) -> bool:
    others = [(one.occurred_at, str(one.payload.get("url"))) for one in clicks if one.id != click.id]
    return who_clicked(click.payload, click.occurred_at, delivered, others).reader is Reader.HUMAN
