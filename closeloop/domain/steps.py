"""The steps of a sequence as the playbook writes them: what, after how long, for whom, and where to go next.

Invariant: a sequence that validates always ends. Jumps lead forwards to a step that exists, every step can be
reached, and no condition contradicts itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from closeloop.domain.decisions import Channel
from closeloop.domain.record import Record
from closeloop.domain.texts import Text

END = "end"
"""Jump target: the sequence is over for this prospect."""


class Seen(StrEnum):
    """Signals since the prospect entered the sequence that a step may ask about. Opens prove nothing."""

    CLICKED = "clicked"
    """a person followed a link of ours; scanners do not count"""
    REPLIED = "replied"
    QUESTION = "question"
    INTERESTED = "interested"
    MEETING_BOOKED = "meeting_booked"
    OBJECTION = "objection"
    NOT_NOW = "not_now"
    OUT_OF_OFFICE = "out_of_office"
    BLOCKED = "blocked"
    """the provider could not deliver for now"""
    BOUNCED = "bounced"


class Variant(Record):
    """One of several wordings of a step, tried against the others."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    weight: Annotated[float, Field(gt=0)] = 1
    template: str | None = None
    """Another mail; the step's own when left out."""
    subject: Text | None = None
    """Another subject line; may hold {company}."""
    offer: Text | None = None
    """Another gift, question or trial than the approach names."""


class Step(Record):
    """One touch of a sequence."""

    channel: Channel
    template: str
    """Template name for e-mail; the Task's subject otherwise."""
    wait_days: Annotated[int, Field(ge=0, le=730)]
    """Business days in the prospect's country after the step before."""
    id: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    """A name to jump to."""
    when: tuple[Seen, ...] = ()
    """Carried out only after one of these signals."""
    unless: tuple[Seen, ...] = ()
    """Left out after any of these signals."""
    otherwise: str | None = None
    """Where to go when the step is left out: the id of a later step, or `end`; the next step by default."""
    then: str | None = None
    """Where to go when it was carried out, likewise."""
    variants: tuple[Variant, ...] = ()
    """Wordings of an e-mail to compare; each prospect stays with one."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if both := sorted({*self.when} & {*self.unless}):
            raise ValueError(f"when and unless both name {', '.join(both)}: the step could never be carried out")
        if self.otherwise and not (self.when or self.unless):
            raise ValueError("`otherwise` needs a `when` or an `unless`: this step is never left out")
        if self.variants and self.channel is not Channel.EMAIL:
            raise ValueError("only e-mail steps have variants")
        if len(self.variants) == 1:
            raise ValueError("one variant is no comparison: give two or more, or none")
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError(f"two variants have the same name: {', '.join(names)}")
        return self

    @property
    def is_conditional(self) -> bool:
        return bool(self.when or self.unless)

    def applies(self, seen: frozenset[Seen]) -> bool:
        """Whether it is carried out for somebody of whom this was seen."""
        return not (self.when and seen.isdisjoint(self.when)) and seen.isdisjoint(self.unless)


def position_of(steps: Sequence[Step], target: str | None, default: int) -> int:
    """The index a jump leads to; behind the last step for `end`."""
    if target is None:
        return default
    if target == END:
        return len(steps)
    return next(index for index, step in enumerate(steps) if step.id == target)


def problems(steps: Sequence[Step]) -> Iterator[str]:
    """What is wrong with the way the steps hang together, in words for whoever wrote them."""
    if not steps or steps[0].channel is not Channel.EMAIL or steps[0].is_conditional:
        yield "must start with an e-mail step that has no condition"
    ids = [step.id for step in steps if step.id]
    for name in sorted({name for name in ids if ids.count(name) > 1 or name == END}):
        yield f"the step id {name!r} is {'reserved' if name == END else 'used twice'}"
    wrong = [*_wrong_jumps(steps)]
    yield from wrong
    if not wrong:
        yield from _unreachable(steps)


def _wrong_jumps(steps: Sequence[Step]) -> Iterator[str]:
    places = {step.id: index for index, step in enumerate(steps) if step.id}
    for index, step in enumerate(steps):
        for word, target in (("then", step.then), ("otherwise", step.otherwise)):
            if target is None or target == END:
                continue
            if target not in places:
                known = ", ".join([*places, END])
                yield f"step {index + 1}: `{word}` names the step {target!r}, which is not there; there are {known}"
            elif places[target] <= index:
                yield f"step {index + 1}: `{word}` leads back to {target!r}: a sequence only goes forwards"


def _unreachable(steps: Sequence[Step]) -> Iterator[str]:
    reached = {0}
    for index, step in enumerate(steps):
        if index not in reached:
            name = f" ({step.id})" if step.id else ""
            yield f"step {index + 1}{name} can never be reached: every way jumps over it"
            continue
        reached.add(position_of(steps, step.then, index + 1))
        if step.is_conditional:
            reached.add(position_of(steps, step.otherwise, index + 1))
