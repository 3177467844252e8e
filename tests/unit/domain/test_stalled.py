"""Stalled deals: when a deal stands still, and the one cause that is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closeloop.domain.figures import Cause, StalledDeal
from closeloop.domain.prospect import Fact, NextStep, Objection, Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.stalled import Account, LastReply, stalled
from closeloop.domain.survival import kaplan_meier
from tests.unit.invented_deals import NOW, a_deal, a_prospect, figures_of, in_days
from tests.unit.invented_playbook import USUAL_DAYS, a_playbook

USUAL = USUAL_DAYS[Stage.PRESENTATION.number - 1]
WELL_KNOWN = Account(contacts=3, has_decider=True)
NEXT_WEEK = NextStep(what="Meeting", on=in_days(7))


def look(deal: Prospect, account: Account = WELL_KNOWN, reply: LastReply | None = None) -> StalledDeal | None:
    return stalled(deal, account, reply, a_playbook(), NOW)


def found(deal: Prospect, account: Account = WELL_KNOWN, reply: LastReply | None = None) -> StalledDeal:
    result = look(deal, account, reply)
    assert result is not None
    return result


def overdue_deal(**fields: Any) -> Prospect:
    """Longer than twice the usual time in presentation, with a next step next week."""
    return a_deal(stage_entered_at=NOW - timedelta(days=2 * USUAL + 1), **({"next_step": NEXT_WEEK} | fields))


def test_a_deal_within_its_time_with_a_next_step_moves() -> None:
    assert look(a_deal(stage_entered_at=NOW - timedelta(days=2 * USUAL))) is None


def test_a_deal_is_overdue_after_twice_the_usual_time() -> None:
    result = found(overdue_deal())
    assert result.cause is Cause.OVERDUE
    assert result.days_in_stage == 2 * USUAL + 1
    assert result.evidence == f"{2 * USUAL + 1} days in presentation, usual are {USUAL}"


def test_a_deal_without_a_next_step_stands_still() -> None:
    result = found(a_deal(next_step=None, stage_entered_at=NOW - timedelta(days=3)))
    assert result.cause is Cause.NO_NEXT_STEP
    assert "Anna Okafor" in result.action


def test_a_deal_that_has_just_entered_may_still_agree_on_its_next_step() -> None:
    assert look(a_deal(next_step=None, stage_entered_at=NOW - timedelta(days=1))) is None


def test_an_agreed_day_long_past_is_no_next_step() -> None:
    past = NextStep(what="Meeting with Okafor", on=in_days(-USUAL - 1))
    result = found(a_deal(next_step=past))
    assert result.cause is Cause.NO_NEXT_STEP
    assert "“Meeting with Okafor” was agreed" in result.evidence


def test_an_agreed_day_just_past_still_counts() -> None:
    assert look(a_deal(next_step=NextStep(what="Meeting", on=in_days(-USUAL)))) is None


def test_their_own_word_that_they_cannot_decide_names_the_cause() -> None:
    objection = Objection(
        label="objection_authority", raised_in=Stage.PRESENTATION, raised_at=NOW - timedelta(days=20)
    )
    result = found(overdue_deal(objection=objection, next_step=None), Account(contacts=1, has_decider=False))
    assert result.cause is Cause.NO_AUTHORITY
    assert "26 May 2026" in result.evidence


def test_silence_after_an_objection_to_the_price_names_the_cause() -> None:
    reply = LastReply(at=NOW - timedelta(days=12), label=Label.OBJECTION_PRICE)
    result = found(overdue_deal(last_touch_at=NOW - timedelta(days=4)), reply=reply)
    assert result.cause is Cause.SILENT_AFTER_PRICE
    assert "silent for 12 days" in result.evidence


@pytest.mark.parametrize(
    ("silent_days", "touched_days_ago"),
    [(3, 1), (12, 13)],
    ids=["they have not been silent for long", "we have not answered yet"],
)
def test_the_price_is_not_blamed_too_soon(silent_days: int, touched_days_ago: int) -> None:
    reply = LastReply(at=NOW - timedelta(days=silent_days), label=Label.OBJECTION_PRICE)
    deal = overdue_deal(last_touch_at=NOW - timedelta(days=touched_days_ago))
    assert found(deal, reply=reply).cause is Cause.OVERDUE


def seniority(value: str) -> dict[str, Fact]:
    return {"seniority": Fact(name="seniority", value=value, source="crm", observed_at=NOW)}


def test_nobody_who_signs_is_a_cause_only_where_titles_are_known() -> None:
    nobody = Account(contacts=2, has_decider=False)
    deal = overdue_deal(facts=seniority("other"), title="Analyst")
    assert found(deal, nobody).cause is Cause.NO_AUTHORITY
    assert found(overdue_deal(facts=seniority("unknown")), nobody).cause is Cause.OVERDUE
    assert found(deal, WELL_KNOWN).cause is Cause.OVERDUE


def test_one_person_alone_is_a_cause() -> None:
    result = found(overdue_deal(), Account(contacts=1, has_decider=True))
    assert result.cause is Cause.SINGLE_CONTACT
    assert "only person we know at Account plc" in result.evidence


def test_colleagues_are_counted_over_the_whole_ledger() -> None:
    deal = overdue_deal()
    colleague = a_prospect("00Q02")
    stopped = a_prospect("00Q03", standing=Standing.STOPPED)
    assert figures_of([deal, stopped]).stalled_causes == {Cause.SINGLE_CONTACT: 1}
    assert figures_of([deal, colleague]).stalled_causes == {Cause.OVERDUE: 1}


def test_only_open_deals_are_looked_at_and_the_largest_comes_first() -> None:
    deals = [
        a_deal("00Q1", next_step=None, stage_entered_at=NOW - timedelta(days=9), amount=10),
        a_deal("00Q2", next_step=None, stage_entered_at=NOW - timedelta(days=9), amount=20),
        a_deal("00Q3", next_step=None, standing=Standing.NURTURE),
        a_prospect("00Q4", stage_entered_at=NOW - timedelta(days=400)),
    ]
    assert [deal.key for deal in figures_of(deals).stalled] == ["00Q2", "00Q1"]


def test_silence_after_several_touches_is_a_cause() -> None:
    touches = [NOW - timedelta(days=days) for days in (9, 6, 3)]
    result = stalled(overdue_deal(), WELL_KNOWN, None, a_playbook(), NOW, touches=touches)
    assert result is not None
    assert result.cause is Cause.NO_ANSWER
    assert result.evidence == "3 touches without an answer, nothing heard ever"


def test_a_deal_whose_pain_has_no_evidence_names_that() -> None:
    assert found(overdue_deal(pains=())).cause is Cause.NO_PAIN_EVIDENCE


def test_the_limit_is_learned_where_enough_stays_are_known() -> None:
    """Nine of ten leave within nine days, so ten days are long, whatever the playbook thinks usual."""
    curve = kaplan_meier([day for day in range(1, 11) for _ in range(4)], [])
    deal = a_deal(stage_entered_at=NOW - timedelta(days=10))
    result = stalled(deal, WELL_KNOWN, None, a_playbook(), NOW, curve=curve)
    assert result is not None
    assert result.evidence == "10 days in presentation, 9 of 10 leave within 9 (from 40 stays)"
    assert look(deal) is None


def test_causes_are_counted_by_stage() -> None:
    deals = [
        a_deal("00Q1", next_step=None, stage_entered_at=NOW - timedelta(days=9)),
        a_deal("00Q2", next_step=None, stage=Stage.CLOSING, stage_entered_at=NOW - timedelta(days=9)),
    ]
    by_stage = figures_of(deals).stalled_by_stage
    assert by_stage == {Stage.PRESENTATION: {Cause.NO_NEXT_STEP: 1}, Stage.CLOSING: {Cause.NO_NEXT_STEP: 1}}
