"""Stuck deals with one planted cause each, among things that mislead: is the cause that is named the planted one?

The deals are healthy in every other way that a rule looks at. Around them lies what a real history holds: old
objections that were settled, clicks, colleagues who left, a next step that has just come.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from closeloop.application.ports import DecisionRow
from closeloop.domain.draw_figures import draw_figures
from closeloop.domain.figures import Cause
from closeloop.domain.prospect import NextStep, Objection, Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Profile, Stage, Standing
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect

STAGES = (Stage.PRESENTATION, Stage.CLOSING)
SECOND_CAUSE = 0.2
"""Of the deals, those that are stuck for another reason too: only one can be named."""
HARMLESS = (Label.QUESTION, Label.INTERESTED, Label.OTHER, Label.OBJECTION_TIMING, Label.OBJECTION_TRUST)


class Scene:
    """One stuck deal, its people, replies and touches."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.rng, self.number = rng, number
        stage = rng.choice(STAGES)
        self.usual = playbook().stages[stage].usual_days
        self.days = self.usual * rng.uniform(2.2, 5) + 1
        self.fields: dict[str, Any] = {
            "stage": stage,
            "profile": Profile.OPPORTUNITY,
            "amount": Decimal(rng.randrange(5, 90) * 1000),
            "next_step": NextStep(
                what="Decision on the offer", on=(NOW + timedelta(days=rng.randrange(1, 9))).date()
            ),
            "pains": ("slow_close",),
            "stage_entered_at": NOW - timedelta(days=self.days),
            "last_touch_at": NOW - timedelta(days=rng.uniform(1, 5)),
            "title": "Director Finance",
        }
        self.seniority = "director"
        self.replies: list[tuple[float, Label]] = [(rng.uniform(8, self.days), rng.choice(HARMLESS))]
        self.colleagues: list[tuple[str, Standing]] = [("manager", Standing.OPEN)]
        self.touches: list[float] = [rng.uniform(1, 5) for _ in range(rng.randrange(3))]
        self._mislead()

    def _mislead(self) -> None:
        """True of many deals that are stuck for another reason."""
        if self.rng.random() < 0.4:
            self.replies.append(
                (self.days + 20, self.rng.choice((Label.OBJECTION_PRICE, Label.OBJECTION_AUTHORITY)))
            )
        if self.rng.random() < 0.3:
            self.colleagues.append(("director", Standing.STOPPED))
        if self.rng.random() < 0.5:
            self.fields["seen"] = {"clicked": NOW - timedelta(days=self.rng.uniform(1, 20))}

    @property
    def key(self) -> str:
        return f"00Q{self.number:09}000"

    def people(self) -> list[Prospect]:
        domain = f"stuck{self.number}.example"
        facts = GOOD_FACTS | {"seniority": self.seniority}
        deal = prospect(facts, key=self.key, email=f"a@{domain}", domain=domain, **self.fields)
        others = [
            prospect(
                {"seniority": level},
                key=f"{self.key[:-1]}{n}",
                email=f"c{n}@{domain}",
                domain=domain,
                standing=standing,
            )
            for n, (level, standing) in enumerate(self.colleagues, 1)
        ]
        return [deal, *others]

    def said(self) -> list[tuple[Signal, Understanding]]:
        return [self._reply(ago, label) for ago, label in self.replies]

    def rows(self) -> list[DecisionRow]:
        stage, entered = self.fields["stage"], NOW - timedelta(days=self.days)
        detail = {"from": "approach", "to": stage.value}
        moved = _row(self.key, "Advance", Stage.APPROACH, entered, detail)
        return [moved, *(_row(self.key, "Touch", stage, NOW - timedelta(days=ago), {}) for ago in self.touches)]

    def _reply(self, ago: float, label: Label) -> tuple[Signal, Understanding]:
        at = NOW - timedelta(days=ago)
        signal = Signal(
            id=f"{self.key}-{ago}", source="inbound", kind=SignalKind.REPLY, occurred_at=at, prospect_key=self.key
        )
        return signal, Understanding(labels=(label,), primary=label, confidence=0.9)


def _row(key: str, kind: str, stage: Stage, at: Any, detail: dict[str, Any]) -> DecisionRow:
    return DecisionRow(
        prospect_key=key, run_id="r", stage=stage, at=at, kind=kind, rule="r", reasons=("r",), playbook_version="1",
        detail=detail,
    )  # fmt: skip


def _last_word(scene: Scene, label: Label) -> None:
    ago = scene.rng.uniform(8, 20)
    scene.replies = [(a, one) for a, one in scene.replies if a > scene.days] + [(ago, label)]
    if scene.rng.random() < 0.5:
        stage = scene.fields["stage"]
        scene.fields["objection"] = Objection(
            label=label.value, raised_in=stage, raised_at=NOW - timedelta(days=ago), answers=1
        )


def _no_authority(scene: Scene) -> None:
    if scene.rng.random() < 0.5:
        _last_word(scene, Label.OBJECTION_AUTHORITY)
    else:
        scene.seniority, scene.fields["title"] = "manager", "Finance Manager"


def _silent_after_price(scene: Scene) -> None:
    _last_word(scene, Label.OBJECTION_PRICE)
    scene.touches = [scene.rng.uniform(1, 6) for _ in range(scene.rng.randrange(1, 5))]


def _no_next_step(scene: Scene) -> None:
    gone = NextStep(what="Meeting", on=(NOW - timedelta(days=scene.usual + scene.rng.randrange(2, 30))).date())
    scene.fields["next_step"] = None if scene.rng.random() < 0.6 else gone


def _no_answer(scene: Scene) -> None:
    scene.replies = [(max(ago, 12.0), label) for ago, label in scene.replies]
    scene.touches = sorted((scene.rng.uniform(1, 10) for _ in range(scene.rng.randrange(3, 7))), reverse=True)


def _single_contact(scene: Scene) -> None:
    scene.colleagues = [("director", Standing.STOPPED)] * scene.rng.randrange(2)


def _no_pain(scene: Scene) -> None:
    scene.fields["pains"] = ()


def _overdue(scene: Scene) -> None:
    """Nothing but time."""


PLANTS: dict[Cause, Callable[[Scene], None]] = {
    Cause.NO_AUTHORITY: _no_authority,
    Cause.SILENT_AFTER_PRICE: _silent_after_price,
    Cause.NO_NEXT_STEP: _no_next_step,
    Cause.NO_ANSWER: _no_answer,
    Cause.SINGLE_CONTACT: _single_contact,
    Cause.NO_PAIN_EVIDENCE: _no_pain,
    Cause.OVERDUE: _overdue,
}


def named(seed: int, each: int) -> dict[Cause, tuple[int, int]]:
    """Planted cause to how often it was named, and how often it was planted."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    scenes: dict[str, tuple[Cause, Scene]] = {}
    for cause, plant in PLANTS.items():
        for _ in range(each):
            scene = Scene(len(scenes) + 1, rng)
            if rng.random() < SECOND_CAUSE:
                rng.choice(list(PLANTS.values()))(scene)
            plant(scene)
            scenes[scene.key] = (cause, scene)
    found = draw_figures(
        prospects=[person for _, scene in scenes.values() for person in scene.people()],
        decisions=sorted((r for _, scene in scenes.values() for r in scene.rows()), key=lambda row: row.at),
        replies=[one for _, scene in scenes.values() for one in scene.said()],
        outbox={},
        quarantined=(),
        playbook=playbook(),
        now=NOW,
    )
    told = {row.key: row.cause for row in found.stalled}
    right = {
        cause: [told.get(key) is cause for key, (planted, _) in scenes.items() if planted is cause]
        for cause in PLANTS
    }
    return {cause: (sum(hits), len(hits)) for cause, hits in right.items()}
