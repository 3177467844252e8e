"""One busy invented year for the tests of the report: prospects with every outcome that it speaks of."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from closeloop.application.ports import DecisionRow
from closeloop.domain.figures import Figures
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import NextStep, Prospect
from closeloop.domain.signals import Label, Signal, Understanding
from closeloop.domain.stage import Profile, Stage, Standing
from tests.unit.invented_deals import NOW, a_decision, a_prospect, a_reply, a_touch, an_advance, figures_of

COMPANIES = ("Nordvik", "Halden", "Serravalle", "Kestrel", "Brightwater", "Takumi", "Ardent", "Monteverde")
TRADES = ("Foods", "Logistics", "Instruments", "Textiles", "Marine", "Energy", "Paper", "Optics")
FIRST_NAMES = ("Anna", "Luis", "Mei", "Omar", "Ingrid", "Somchai", "Priya", "Tomás", "Aoife", "Kenji")
LAST_NAMES = "Okafor Lindqvist Tanaka Haddad Srisai Moreau Novak Pereira Walsh Kaya".split()
OWNERS = ("Mina Sato", "Jonas Berg", "Leila Haddad")
TITLES = ("CFO", "Head of Finance", "Controller", "COO", "Finance Manager", "Analyst")
SENIORITIES = ("c_level", "head", "manager", "c_level", "manager", "other")
KEEN = {"premium": 0.3, "question": 0.47, "product": 0.22}
"""The share of people who go on, by approach."""
STOPPED_BY = (
    "the address bounced on 2026-04-02",
    "opted out on 2026-04-03",
    "reported our mail as spam on 2026-04-04",
)
GLAD = (Label.INTERESTED, Label.MEETING, Label.QUESTION, Label.INTERESTED, Label.OBJECTION_TIMING)
DOUBTS = (Label.OBJECTION_PRICE, Label.OBJECTION_AUTHORITY, Label.OBJECTION_NEED, Label.BRUSH_OFF)
MAILS = {"accepted": 1124, "rejected": 6, "uncertain": 1, "skipped": 41, "planned": 17}
QUARANTINED = {
    17: "no e-mail address: add one or remove the row",
    88: "a formula stands in the Company column",
    203: "looks like line 12: the same address",
}
Fields = dict[str, Any]


class BusyYear:
    """A made-up year of 300 prospects with every outcome the report speaks of. Same seed, same year."""

    def __init__(self, seed: int = 4, leads: int = 300) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.prospects: list[Prospect] = []
        self.decisions: list[DecisionRow] = []
        self.replies: list[tuple[Signal, Understanding]] = []
        for number in range(leads):
            self._live(f"00Q{number:05}")

    def figures(self) -> Figures:
        rows = [Quarantined(line=line, reason=why, row={}) for line, why in QUARANTINED.items()]
        return figures_of(
            self.prospects,
            sorted(self.decisions, key=lambda row: row.at),
            self.replies,
            outbox={"email": MAILS},
            quarantined=[("leads.csv", row) for row in rows],
            api_calls=1840,
        )

    def _live(self, key: str) -> None:
        fields = self._somebody()
        ago, roll = self.chance.uniform(8, 110), self.chance.random
        if roll() < 0.18:
            self._disqualified(key, fields, ago)
        elif roll() < 0.08:
            why, rule = ("no source knows the account yet",), "prospecting.no_facts"
            self._row("Hold", key, ago, stage=Stage.PROSPECTING, rule=rule, reasons=why)
            self._add(key, fields)
        else:
            self._qualified(key, fields, ago)

    def _somebody(self) -> Fields:
        pick, number = self.chance.choice, self.chance.randrange(len(TITLES))
        trade = f"{pick(COMPANIES)} {pick(TRADES)}"
        return {
            "company": trade,
            "owner_name": pick(OWNERS),
            "domain": trade.lower().replace(" ", "-") + ".example",
            "first_name": pick(FIRST_NAMES),
            "last_name": pick(LAST_NAMES),
            "title": TITLES[number],
            "facts": {"seniority": _fact("seniority", SENIORITIES[number])},
            "score": self.chance.randrange(62, 98),
        }

    def _disqualified(self, key: str, fields: Fields, ago: float) -> None:
        why = self.chance.choice(("below 30", f"{key.lower()}@account.example is a role address: nobody reads it"))
        rule = "prospecting.score" if why == "below 30" else "prospecting.address"
        self._row("Stop", key, ago, stage=Stage.PROSPECTING, rule=rule, reasons=(why,))
        self._add(key, fields, standing=Standing.DISQUALIFIED, reason=why)

    def _qualified(self, key: str, fields: Fields, ago: float) -> None:
        self._row("Qualified", key, ago, stage=Stage.PROSPECTING)
        ago -= self.chance.uniform(1, 4)
        self.decisions.append(an_advance(key, Stage.PREPARATION, Stage.APPROACH, days_ago=ago))
        fields |= {
            "approach": self.chance.choice(("premium", "question", "product")),
            "mails": 1,
            "profile": Profile.PROSPECT,
            "deck": f"decks/{key}.pptx",
        }
        self._approached(key, fields, ago)

    def _approached(self, key: str, fields: Fields, ago: float) -> None:
        roll = self.chance.random
        ago = self._touches(key, Stage.APPROACH, ago, self.chance.choice((1, 2, 3, 4, 5, 5, 5, 6, 6)))
        if roll() <= KEEN[fields["approach"]]:
            self._answered(key, fields, ago)
        elif roll() < 0.1:
            self._row("Stop", key, ago, rule="signals.stop", reasons=(self.chance.choice(STOPPED_BY),))
            self._add(key, fields, standing=Standing.STOPPED, reason="stopped")
        else:
            why = "ended without an answer"
            self._row("Park", key, ago, rule="approach.finished", reasons=(why,))
            self._add(key, fields, stage=Stage.FOLLOW_UP, standing=Standing.NURTURE, reason=why)

    def _answered(self, key: str, fields: Fields, ago: float) -> None:
        roll = self.chance.random
        self.replies.append(a_reply(key, self.chance.choice(GLAD), days_ago=ago))
        if roll() < 0.2:
            self.replies.append(a_reply(key, Label.OUT_OF_OFFICE, days_ago=ago + 1))
        self.decisions.append(an_advance(key, Stage.APPROACH, Stage.PRESENTATION, days_ago=ago))
        fields |= {
            "profile": Profile.OPPORTUNITY,
            "amount": Decimal(self.chance.randrange(8, 120) * 1000),
            "predicted": 0.35,
            "pains": ("slow",) if roll() < 0.7 else (),
            "replies": 1,
            "last_reply_at": NOW - timedelta(days=ago),
        }
        self._dealt(key, fields, ago)

    def _dealt(self, key: str, fields: Fields, ago: float) -> None:
        stage, ago = self._advanced(key, ago)
        ago = self._touches(key, stage, ago, self.chance.randrange(1, 6))
        roll = self.chance.random()
        if stage is Stage.CLOSING and roll < 0.8:
            self._closed(key, fields, ago, won=roll < 0.36)
        else:
            self._open(key, fields, ago, stage, roll)

    def _advanced(self, key: str, ago: float) -> tuple[Stage, float]:
        """The stage that a deal came to, and how many days ago."""
        stage = Stage.PRESENTATION
        for after, odds in ((Stage.OBJECTIONS, 0.6), (Stage.CLOSING, 0.75)):
            if self.chance.random() > odds or ago < 6:
                break
            ago -= self.chance.uniform(3, 16)
            self.decisions.append(an_advance(key, stage, after, days_ago=ago))
            if after is Stage.OBJECTIONS:
                self.replies.append(a_reply(key, self.chance.choice(DOUBTS), days_ago=ago))
            stage = after
        return stage, ago

    def _closed(self, key: str, fields: Fields, ago: float, *, won: bool) -> None:
        why = "said yes" if won else "no answer to 4 asks"
        detail, rule = {"won": won}, "closing.order"
        self._row("Close", key, ago, stage=Stage.CLOSING, rule=rule, reasons=(why,), detail=detail)
        standing = Standing.CUSTOMER if won else Standing.LOST
        self._add(key, fields, stage=Stage.FOLLOW_UP, standing=standing, closed_at=NOW)

    def _open(self, key: str, fields: Fields, ago: float, stage: Stage, roll: float) -> None:
        step = NextStep(what="Decision on the offer", on=NOW.date() + timedelta(days=self.chance.randrange(1, 9)))
        if roll > 0.9:
            why, rule = ("the reply reads as other (40% sure)",), "replies.unclear"
            self._row("AskHuman", key, ago, stage=stage, rule=rule, reasons=why)
        self._add(
            key,
            fields,
            stage=stage,
            stage_entered_at=NOW - timedelta(days=ago),
            last_touch_at=NOW - timedelta(days=1),
            next_step=step if roll < 0.85 else None,
        )

    def _touches(self, key: str, stage: Stage, ago: float, n: int) -> float:
        """So many touches, days apart; how many days ago whatever comes next happened."""
        for _ in range(n):
            self.decisions.append(a_touch(key, stage=stage, days_ago=ago))
            ago = max(0.5, ago - self.chance.uniform(1, 6))
        return ago

    def _row(self, kind: str, key: str, ago: float, **fields: Any) -> None:
        self.decisions.append(a_decision(kind, key, days_ago=ago, **fields))

    def _add(self, key: str, fields: Fields, **more: Any) -> None:
        self.prospects.append(a_prospect(key, **(fields | more)))


def _fact(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value, "source": "crm", "observed_at": NOW}
