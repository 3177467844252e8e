"""Invented prospects, decisions and replies for the tests of the report: small builders and one busy year."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from closeloop.application.ports import DecisionRow
from closeloop.domain.draw_figures import draw_figures
from closeloop.domain.figures import Figures
from closeloop.domain.leads import Quarantined
from closeloop.domain.playbook import MINIMUM_FOLLOW_UPS, Playbook
from closeloop.domain.prospect import CrmIds, NextStep, Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from closeloop.domain.stage import Profile, Stage, Standing

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
WEIGHTS = (10, 10, 15, 20, 10, 25, 10)
USUAL_DAYS = (2, 3, 14, 14, 21, 14, 30)


def a_prospect(key: str = "00Q01", **fields: Any) -> Prospect:
    """Somebody who entered prospecting yesterday, unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "crm": CrmIds(lead=key),
        "owner_id": "005A",
        "owner_name": "Mina Sato",
        "email": f"{key.lower()}@account.example",
        "first_name": "Anna",
        "last_name": "Okafor",
        "company": "Account plc",
        "domain": "account.example",
        "stage_entered_at": NOW - timedelta(days=1),
    }
    return Prospect.model_validate(given | {"key": key} | fields)


def a_deal(key: str = "00Q01", **fields: Any) -> Prospect:
    """An open deal in presentation with a next step next week."""
    given: dict[str, Any] = {
        "profile": Profile.OPPORTUNITY,
        "stage": Stage.PRESENTATION,
        "amount": Decimal(40_000),
        "next_step": NextStep(what="Meeting with Okafor", on=NOW.date() + timedelta(days=7)),
        "pains": ("slow",),
    }
    return a_prospect(key, **(given | fields))


def a_decision(kind: str, key: str = "00Q01", *, days_ago: float = 1, **fields: Any) -> DecisionRow:
    """A stored decision of so many days ago."""
    given: dict[str, Any] = {
        "prospect_key": key,
        "run_id": "run-1",
        "stage": Stage.APPROACH,
        "at": NOW - timedelta(days=days_ago),
        "kind": kind,
        "rule": "approach.sequence",
        "reasons": ("step 1 of 4",),
        "playbook_version": "1",
    }
    return DecisionRow.model_validate(given | fields)


def an_advance(key: str, source: Stage, to: Stage, *, days_ago: float) -> DecisionRow:
    detail = {"from": source.value, "to": to.value}
    return a_decision("Advance", key, days_ago=days_ago, stage=source, detail=detail)


def a_touch(key: str = "00Q01", *, stage: Stage = Stage.APPROACH, days_ago: float = 1) -> DecisionRow:
    detail = {"channel": "email", "template": "approach_bump", "sequence": "approach", "step": 1}
    return a_decision("Touch", key, days_ago=days_ago, stage=stage, detail=detail)


def a_reply(key: str | None, label: Label, *, days_ago: float = 1) -> tuple[Signal, Understanding]:
    signal = Signal(
        id=f"{key}-{label}-{days_ago}",
        source="inbound",
        kind=SignalKind.REPLY,
        occurred_at=NOW - timedelta(days=days_ago),
        prospect_key=key,
    )
    return signal, Understanding(labels=(label,), primary=label, confidence=0.9)


def a_playbook() -> Playbook:
    """A playbook with round numbers; nothing in it depends on the shipped one."""
    criterion = {"fact": "employees", "range": {"at_least": 100}, "question": "How many are you?"}
    names = {
        "icp": ("size",),
        "bant": ("budget", "authority", "need", "timeline"),
        "gpct": ("goals", "plans", "challenges", "timeline"),
    }
    frameworks = {
        name: {"criteria": [{**criterion, "name": c, "weight": 100 / len(criteria)} for c in criteria]}
        for name, criteria in names.items()
    }
    cadence = {"template": "follow_up_customer", "wait_days": [7, 30]}
    step = {"channel": "email", "template": "approach_question", "wait_days": 0}
    answer = {"answer": "An answer", "evidence": "A study", "ask": "A short call?"}
    return Playbook.model_validate(
        {
            "version": "2026.1",
            "sender": {
                "company": "Ledgerline GmbH",
                "name": "Mina Sato",
                "role": "Account executive",
                "email": "mina@ledgerline.example",
                "reply_domain": "reply.ledgerline.example",
                "postal_address": "1 Example Street, Berlin",
                "website": "https://ledgerline.example",
            },
            "qualification": {
                "framework": "bant",
                **frameworks,
                "icp_weight": 50,
                "qualify_at": 60,
                "disqualify_below": 30,
                "nurture_days": 90,
            },
            "product": {
                "name": "Closing Desk",
                "one_line": "Closes the books in three days",
                "currency": "EUR",
                "base_price": 5000,
                "price_per_employee": 3,
                "maximum_price": 200_000,
                "saving_per_employee": 20,
                "saving_source": "study",
                "pains": [{"id": "slow", "says": "x", "evidence": {**criterion, "name": "size", "weight": 1}}],
                "benefits": [
                    {"feature": "f", "so_what": "s", "answers": ["slow"], "proof": "p", "proof_source": "ps"}
                ],
            },
            "approaches": [
                {
                    "kind": "premium",
                    "sequence": "a",
                    "offer": "a gift",
                    "when": {**criterion, "name": "n", "weight": 1},
                },
                {
                    "kind": "product",
                    "sequence": "a",
                    "offer": "a trial",
                    "when": {**criterion, "name": "n", "weight": 1},
                },
                {"kind": "question", "sequence": "a", "offer": "a question"},
            ],
            "sequences": {"a": [step]},
            "objections": {
                "minimum_follow_ups": MINIMUM_FOLLOW_UPS,
                "wait_days": [3],
                "come_back_days": 90,
                "answers": [{"label": label.value, **answer} for label in Label if label.is_objection],
            },
            "closing": {
                "alternatives": ["one", "two"],
                "wait_days": 3,
                "maximum_asks": 4,
                "come_back_days": 90,
            },
            "follow_up": {"customer": cadence, "nurture": cadence, "win_back": cadence},
            "stages": {
                stage.value: {"weight": weight, "usual_days": days}
                for stage, weight, days in zip(Stage, WEIGHTS, USUAL_DAYS, strict=True)
            },
            "exchange_rates": {"EUR": "1.1"},
        }
    )


def figures_of(
    prospects: list[Prospect] | None = None,
    decisions: list[DecisionRow] | None = None,
    replies: list[tuple[Signal, Understanding]] | None = None,
    **given: Any,
) -> Figures:
    """The figures of a small world."""
    world: dict[str, Any] = {"outbox": {}, "quarantined": [], "playbook": a_playbook(), "now": NOW}
    return draw_figures(
        prospects=prospects or [], decisions=decisions or [], replies=replies or [], **(world | given)
    )


COMPANIES = ("Nordvik", "Halden", "Serravalle", "Kestrel", "Brightwater", "Takumi", "Ardent", "Monteverde")
TRADES = ("Foods", "Logistics", "Instruments", "Textiles", "Marine", "Energy", "Paper", "Optics")
FIRST_NAMES = ("Anna", "Luis", "Mei", "Omar", "Ingrid", "Somchai", "Priya", "Tomás", "Aoife", "Kenji")
LAST_NAMES = "Okafor Lindqvist Tanaka Haddad Srisai Moreau Novak Pereira Walsh Kaya".split()
TITLES = ("CFO", "Head of Finance", "Controller", "COO", "Finance Manager", "Analyst")
SENIORITIES = ("c_level", "head", "manager", "c_level", "manager", "other")


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
        mails = {"accepted": 1124, "rejected": 6, "uncertain": 1, "skipped": 41, "planned": 17}
        rows = [
            (
                "leads.csv",
                Quarantined(line=17, reason="no e-mail address: add one or remove the row", row={}),
            ),
            ("leads.csv", Quarantined(line=88, reason="a formula stands in the Company column", row={})),
            ("leads.csv", Quarantined(line=203, reason="looks like line 12: the same address", row={})),
        ]
        return figures_of(
            self.prospects,
            sorted(self.decisions, key=lambda row: row.at),
            self.replies,
            outbox={"email": mails},
            quarantined=rows,
            api_calls=1840,
        )

    def _live(self, key: str) -> None:
        pick, roll = self.chance.choice, self.chance.random
        number = self.chance.randrange(len(TITLES))
        trade = f"{pick(COMPANIES)} {pick(TRADES)}"
        fields: dict[str, Any] = {
            "company": trade,
            "owner_name": pick(("Mina Sato", "Jonas Berg", "Leila Haddad")),
            "domain": trade.lower().replace(" ", "-") + ".example",
            "first_name": pick(FIRST_NAMES),
            "last_name": pick(LAST_NAMES),
            "title": TITLES[number],
            "facts": {"seniority": _fact("seniority", SENIORITIES[number])},
            "score": self.chance.randrange(62, 98),
        }
        ago = self.chance.uniform(8, 110)
        if roll() < 0.18:
            why = pick(("below 30", f"{key.lower()}@account.example is a role address: nobody reads it"))
            rule = "prospecting.score" if why == "below 30" else "prospecting.address"
            self._row("Stop", key, ago, stage=Stage.PROSPECTING, rule=rule, reasons=(why,))
            self._add(key, fields, standing=Standing.DISQUALIFIED, reason=why)
            return
        if roll() < 0.08:
            self._row(
                "Hold",
                key,
                ago,
                stage=Stage.PROSPECTING,
                rule="prospecting.no_facts",
                reasons=("no source knows the account yet",),
            )
            self._add(key, fields)
            return
        ago -= self._row("Qualified", key, ago, stage=Stage.PROSPECTING)
        ago -= self.chance.uniform(1, 4)
        self.decisions.append(an_advance(key, Stage.PREPARATION, Stage.APPROACH, days_ago=ago))
        fields |= {
            "approach": pick(("premium", "question", "product")),
            "mails": 1,
            "profile": Profile.PROSPECT,
            "deck": f"decks/{key}.pptx",
        }
        self._approached(key, fields, ago)

    def _approached(self, key: str, fields: dict[str, Any], ago: float) -> None:
        roll = self.chance.random
        keen = {"premium": 0.3, "question": 0.47, "product": 0.22}[fields["approach"]]
        ago = self._touches(key, Stage.APPROACH, ago, self.chance.choice((1, 2, 3, 4, 5, 5, 5, 6, 6)))
        if roll() > keen:
            if roll() < 0.1:
                self._row(
                    "Stop",
                    key,
                    ago,
                    rule="signals.stop",
                    reasons=(
                        self.chance.choice(
                            (
                                "the address bounced on 2026-04-02",
                                "opted out on 2026-04-03",
                                "reported our mail as spam on 2026-04-04",
                            )
                        ),
                    ),
                )
                self._add(key, fields, standing=Standing.STOPPED, reason="stopped")
                return
            self._row("Park", key, ago, rule="approach.finished", reasons=("ended without an answer",))
            self._add(
                key,
                fields,
                stage=Stage.FOLLOW_UP,
                standing=Standing.NURTURE,
                reason="ended without an answer",
            )
            return
        label = self.chance.choice(
            (Label.INTERESTED, Label.MEETING, Label.QUESTION, Label.INTERESTED, Label.OBJECTION_TIMING)
        )
        self.replies.append(a_reply(key, label, days_ago=ago))
        if roll() < 0.2:
            self.replies.append(a_reply(key, Label.OUT_OF_OFFICE, days_ago=ago + 1))
        self.decisions.append(an_advance(key, Stage.APPROACH, Stage.PRESENTATION, days_ago=ago))
        amount = Decimal(self.chance.randrange(8, 120) * 1000)
        fields |= {
            "profile": Profile.OPPORTUNITY,
            "amount": amount,
            "predicted": 0.35,
            "pains": ("slow",) if roll() < 0.7 else (),
            "replies": 1,
            "last_reply_at": NOW - timedelta(days=ago),
        }
        self._dealt(key, fields, ago)

    def _dealt(self, key: str, fields: dict[str, Any], ago: float) -> None:
        entered, stage = ago, Stage.PRESENTATION
        for after, odds in ((Stage.OBJECTIONS, 0.6), (Stage.CLOSING, 0.75)):
            if self.chance.random() > odds or entered < 6:
                break
            entered -= self.chance.uniform(3, 16)
            self.decisions.append(an_advance(key, stage, after, days_ago=entered))
            if after is Stage.OBJECTIONS:
                label = self.chance.choice(
                    (Label.OBJECTION_PRICE, Label.OBJECTION_AUTHORITY, Label.OBJECTION_NEED, Label.BRUSH_OFF)
                )
                self.replies.append(a_reply(key, label, days_ago=entered))
            stage = after
        entered = self._touches(key, stage, entered, self.chance.randrange(1, 6))
        roll = self.chance.random()
        if stage is Stage.CLOSING and roll < 0.8:
            won = roll < 0.36
            self._row(
                "Close",
                key,
                entered,
                stage=stage,
                rule="closing.order",
                reasons=("said yes" if won else "no answer to 4 asks",),
                detail={"won": won},
            )
            self._add(
                key,
                fields,
                stage=Stage.FOLLOW_UP,
                standing=Standing.CUSTOMER if won else Standing.LOST,
                closed_at=NOW,
            )
            return
        step = NextStep(what="Decision on the offer", on=NOW.date() + timedelta(days=self.chance.randrange(1, 9)))
        if roll > 0.9:
            self._row(
                "AskHuman",
                key,
                entered,
                stage=stage,
                rule="replies.unclear",
                reasons=("the reply reads as other (40% sure)",),
            )
        self._add(
            key,
            fields,
            stage=stage,
            stage_entered_at=NOW - timedelta(days=entered),
            last_touch_at=NOW - timedelta(days=1),
            next_step=step if roll < 0.85 else None,
        )

    def _touches(self, key: str, stage: Stage, ago: float, n: int) -> float:
        for _ in range(n):
            self.decisions.append(a_touch(key, stage=stage, days_ago=ago))
            ago = max(0.5, ago - self.chance.uniform(1, 6))
        return ago

    def _row(self, kind: str, key: str, ago: float, **fields: Any) -> float:
        self.decisions.append(a_decision(kind, key, days_ago=ago, **fields))
        return 0.0

    def _add(self, key: str, fields: dict[str, Any], **more: Any) -> None:
        self.prospects.append(a_prospect(key, **(fields | more)))


def _fact(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value, "source": "crm", "observed_at": NOW}


def in_days(days: int) -> date:
    return NOW.date() + timedelta(days=days)
