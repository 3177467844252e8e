"""Who plays which part when an account decides, and which part nobody we know plays.

Invariant: a part is read from a title or from what somebody did; who gives no sign of one is unknown, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing
from closeloop.domain.titles import function, seniority


class Part(StrEnum):
    """The parts of a buying centre."""

    DECISION_MAKER = "decision maker"
    CHAMPION = "champion"
    INFLUENCER = "influencer"
    USER = "user"
    GATEKEEPER = "gatekeeper"
    UNKNOWN = "unknown"


NEEDED = (Part.DECISION_MAKER, Part.CHAMPION, Part.USER)
"""Without one of each a deal rests on hope; the others are good to know."""
_DECIDES = frozenset({"c_level", "vp", "director"})
_ASSISTS = re.compile(r"assist|secretar|office of the|sekretar|ผู้ช่วย", re.IGNORECASE)


class Member(NamedTuple):
    """Somebody at the account, their part, and the sign of it."""

    name: str
    title: str
    part: Part
    sign: str


def part_of(prospect: Prospect, buyers: Iterable[str]) -> tuple[Part, str]:
    """The part and its sign. `buyers`: the functions whose budget the product is bought from."""
    title = prospect.title or ""
    rank, work = seniority(title), function(title)
    if _ASSISTS.search(title) or work == "procurement":
        return Part.GATEKEEPER, f"the title {title}"
    if rank == "c_level" or (rank in _DECIDES and work in set(buyers)):
        return Part.DECISION_MAKER, f"the title {title}"
    if prospect.meetings or prospect.is_deal or prospect.standing is Standing.CUSTOMER:
        return Part.CHAMPION, "they agreed to a meeting" if prospect.meetings else "their deal is open"
    if rank in _DECIDES or rank == "head":
        return Part.INFLUENCER, f"the title {title}"
    if rank == "manager" or (title and work in set(buyers)):
        return Part.USER, f"the title {title}"
    return Part.UNKNOWN, "no sign yet"


def buying_centre(
    people: Iterable[Prospect], buyers: Iterable[str] = ("finance", "operations")
) -> tuple[Member, ...]:
    """Everybody at one account, those who decide first, then by name."""
    functions = tuple(buyers)
    members = [
        Member(
            f"{person.first_name or ''} {person.last_name or ''}".strip() or person.email,
            person.title or "no title",
            *part_of(person, functions),
        )
        for person in people
    ]
    return tuple(sorted(members, key=lambda member: (list(Part).index(member.part), member.name)))


def missing(members: Iterable[Member]) -> tuple[Part, ...]:
    """The needed parts that nobody plays."""
    there = {member.part for member in members}
    return tuple(part for part in NEEDED if part not in there)
