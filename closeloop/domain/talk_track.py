"""What a seller has at hand for a call or a meeting: points with their proof, questions, and who is who.

Invariant: the points are those of the mails and of the deck (`preparation.pain_props`), the questions those that
qualification left open; nothing is said here that could not be said there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from closeloop.domain.buying_centre import Member, buying_centre, missing
from closeloop.domain.languages import tongue_of
from closeloop.domain.messages import PainProps
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import pain_props, questions
from closeloop.domain.prospect import Prospect


def talk_track(prospect: Prospect, playbook: Playbook, on: date, colleagues: Iterable[Prospect] = ()) -> str:
    """The text of the Task, in the playbook's own language; `colleagues` are the others at the account."""
    others = {person.key: person for person in colleagues} | {prospect.key: prospect}
    points = pain_props(prospect, playbook, tongue_of(playbook.locale), on)
    parts = (
        _points(points),
        _objection(prospect, playbook),
        _list("Ask, because we do not know:", questions(prospect, playbook)),
        _list(f"Who decides at {prospect.company}:", _people(buying_centre(others.values()))),
    )
    return "\n\n".join(part for part in parts if part)


def _points(points: Sequence[PainProps]) -> str:
    if not points:
        return "No point has evidence here yet: ask first, claim nothing."
    return _list("Points, each with its evidence:", _lines(points))


def _lines(points: Sequence[PainProps]) -> Iterator[str]:
    for point in points:
        yield f"{point.pain} ({point.source})\n  So what: {point.so_what}\n  Proof: {point.proof}"


def _objection(prospect: Prospect, playbook: Playbook) -> str:
    """The answer to what stands in the way now, as the mails give it."""
    if prospect.objection is None:
        return ""
    answer = playbook.objections.answer_to(prospect.objection.label)
    label = prospect.objection.label.replace("objection_", "").replace("_", " ")
    return _list(f"They object ({label}):", (answer.answer, answer.evidence, answer.ask))


def _people(members: Sequence[Member]) -> Iterator[str]:
    for member in members:
        yield f"{member.part.value}: {member.name}, {member.title} ({member.sign})"
    if lacking := missing(members):
        yield f"missing: {', '.join(part.value for part in lacking)}"


def _list(title: str, lines: Iterable[str]) -> str:
    shown = [f"- {line}" for line in lines]
    return "\n".join((title, *shown)) if shown else ""
