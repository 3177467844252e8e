"""What `why` adds to a story: the state of mind behind it, read from the story's own lines.

Invariant: nothing is read that the story does not tell, so a seller finds each sign among its lines.
"""

from __future__ import annotations

from collections.abc import Iterable

from closeloop.application.ports import StoryLine
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Moment
from closeloop.domain.signals import Label, Understanding
from closeloop.domain.state_of_mind import Sign, StateOfMind, clicks_of, state_of_mind, wrote


def mind_of(prospect: Prospect, lines: Iterable[StoryLine], now: Moment) -> StateOfMind:
    """As of `now`, from every reply and touch of the story and the latest click by a person."""
    told = list(lines)
    signs = [sign for line in told if (sign := _sign(line)) is not None]
    touches = [line.at for line in told if line.kind == "decision" and line.detail.get("kind") == "Touch"]
    return state_of_mind([*signs, *clicks_of(prospect)], sorted(touches), now)


def _sign(line: StoryLine) -> Sign | None:
    meaning = line.detail.get("understanding") if line.kind == "signal" else None
    if meaning is None:
        return None
    primary = Understanding.model_validate(meaning).primary
    return None if primary.is_automatic or primary is Label.BOUNCE else wrote(primary, line.at)
