"""What kinds of buyers there are: read from personas.json, checked on loading, drawn by weight.

A persona is a script of beats. A beat waits for a number of mails of certain stages and then does
something; the file documents itself and is the only place where funnel shares are set.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.buyers.chance import Chance

FILE = Path(__file__).with_name("personas.json")
STAGES = ("prospecting", "preparation", "approach", "presentation", "objections", "closing", "follow_up")
LABELS = frozenset(
    {
        "interested",
        "meeting",
        "question",
        "objection_price",
        "objection_timing",
        "objection_authority",
        "objection_need",
        "objection_competitor",
        "objection_trust",
        "objection_product",
        "brush_off",
        "not_now",
        "referral",
        "wrong_person",
        "left_company",
        "out_of_office",
        "auto_reply",
        "unsubscribe",
        "legal",
        "other",
    }
)
DEEDS = frozenset({"reply", "bounce", "spam", "opt_out", "nothing"})
ENDS = frozenset({"", "won", "lost", "stop", "silent"})


class PersonaError(ValueError):
    """personas.json says something that no buyer can act out."""


@dataclass(frozen=True)
class Outcome:
    """What a buyer does at a beat: a deed, the truth of its words, and whether the story is over after it."""

    do: str
    label: str = ""
    tone: str = ""
    ends: str = ""


@dataclass(frozen=True)
class Beat:
    """One turn of the script: after so many mails of these stages, one of these outcomes."""

    stages: tuple[str, ...]
    after: tuple[int, int]
    outcomes: tuple[tuple[Outcome, float], ...]
    unprompted: bool = False


@dataclass(frozen=True)
class Persona:
    """A kind of buyer; `opens` and `clicks` are the shares of delivered mails that are opened and
    followed."""

    name: str
    weight: float
    opens: float
    clicks: float
    beats: tuple[Beat, ...]


@cache
def personas() -> dict[str, Persona]:
    """All personas by name. PersonaError names the persona that is wrong."""
    listed: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["personas"]
    return {name: _persona(name, fields) for name, fields in listed.items()}


def draw(chance: Chance) -> Persona:
    """The persona of a person: by seed and address, in the shares of the weights."""
    return chance.weighted([(persona, persona.weight) for persona in personas().values()], "persona")


def _persona(name: str, fields: dict[str, Any]) -> Persona:
    try:
        beats = tuple(_beat(beat) for beat in fields["script"])
        return Persona(name, float(fields["weight"]), float(fields["opens"]), float(fields["clicks"]), beats)
    except (KeyError, TypeError, ValueError) as problem:
        raise PersonaError(f"persona {name!r} in {FILE.name}: {problem}") from problem


def _beat(fields: dict[str, Any]) -> Beat:
    stages = tuple(fields.get("in", STAGES))
    if unknown := set(stages) - set(STAGES):
        raise PersonaError(f"unknown stages {sorted(unknown)}; there are {', '.join(STAGES)}")
    low, high = fields.get("after", [1, 1])
    listed = fields.get("one_of") or [fields]
    outcomes = tuple((_outcome(item), float(item.get("weight", 1))) for item in listed)
    return Beat(stages, (low, high), outcomes, bool(fields.get("unprompted", False)))


def _outcome(fields: dict[str, Any]) -> Outcome:
    outcome = Outcome(fields["do"], fields.get("label", ""), fields.get("tone", ""), fields.get("ends", ""))
    if outcome.do not in DEEDS or outcome.ends not in ENDS:
        raise PersonaError(f"{outcome} does or ends with something unknown")
    if outcome.do == "reply" and outcome.label not in LABELS:
        raise PersonaError(f"{outcome.label!r} is no reply label")
    return outcome
