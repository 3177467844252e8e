"""The figures: what is counted where, and who is not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.decisions import Channel
from closeloop.domain.leads import Quarantined
from closeloop.domain.prospect import CrmIds
from closeloop.domain.replies import on_event, on_reply
from closeloop.domain.signals import Label, SignalKind
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.transitions import apply
from tests.unit.busy_year import BusyYear
from tests.unit.invented_deals import NOW, a_deal, a_decision, a_prospect, a_reply, a_touch, an_advance, figures_of
from tests.unit.invented_playbook import a_playbook

STAGES = list(Stage)


def test_a_stage_that_was_passed_over_was_not_reached() -> None:
    person = a_prospect(stage=Stage.CLOSING)
    rows = [
        a_decision("Qualified", person.key, days_ago=20, stage=Stage.PROSPECTING),
        an_advance(person.key, Stage.PREPARATION, Stage.APPROACH, days_ago=9),
        an_advance(person.key, Stage.APPROACH, Stage.CLOSING, days_ago=3),
    ]
    figures = figures_of([person], rows)
    assert list(figures.funnel.values()) == [1, 1, 1, 0, 0, 1, 0]
    assert figures.stages[Stage.APPROACH].conversion == 1
    assert figures.stages[Stage.PRESENTATION].conversion is None


def test_an_objection_is_a_side_way_that_one_gets_on_from_by_leaving_it() -> None:
    stuck, back = a_prospect("00Q1", stage=Stage.OBJECTIONS), a_prospect("00Q2", stage=Stage.APPROACH)
    rows = [
        an_advance("00Q1", Stage.APPROACH, Stage.OBJECTIONS, days_ago=5),
        an_advance("00Q2", Stage.APPROACH, Stage.OBJECTIONS, days_ago=5),
        an_advance("00Q2", Stage.OBJECTIONS, Stage.APPROACH, days_ago=2),
    ]
    stages = figures_of([stuck, back], rows).stages
    assert stages[Stage.APPROACH].conversion == 0
    assert stages[Stage.OBJECTIONS].conversion == 0.5


def test_a_parked_prospect_counts_for_the_stages_it_was_in() -> None:
    parked = a_prospect(stage=Stage.FOLLOW_UP, standing=Standing.NURTURE)
    rows = [
        an_advance(parked.key, Stage.PREPARATION, Stage.APPROACH, days_ago=9),
        a_decision("Park", parked.key, days_ago=2),
    ]
    assert list(figures_of([parked], rows).funnel.values()) == [1, 1, 1, 0, 0, 0, 0]


def test_follow_up_counts_buyers_alone() -> None:
    sold = a_deal("00Q1", stage=Stage.FOLLOW_UP, standing=Standing.CUSTOMER)
    lost = a_deal("00Q2", stage=Stage.FOLLOW_UP, standing=Standing.LOST)
    assert figures_of([sold, lost]).funnel[Stage.FOLLOW_UP] == 1


def test_a_customer_who_opts_out_has_bought_all_the_same() -> None:
    gone = a_deal(stage=Stage.FOLLOW_UP, standing=Standing.STOPPED, closed_at=NOW)
    rows = [a_decision("Close", stage=Stage.CLOSING, detail={"won": True}), a_decision("Stop", days_ago=0)]
    figures = figures_of([gone], rows)
    assert (figures.deals.won, figures.deals.lost) == (1, 0)
    assert figures.amounts.won == Decimal(40_000)
    assert figures.funnel[Stage.FOLLOW_UP] == 1


def test_qualified_means_preparation_or_later() -> None:
    people = [a_prospect("00Q1"), a_prospect("00Q2", stage=Stage.FOLLOW_UP, standing=Standing.NURTURE)]
    rows = [a_decision("Qualified", "00Q2", stage=Stage.PROSPECTING)]
    assert figures_of(people, rows).qualified == 1


def test_time_in_a_stage_runs_from_entering_to_leaving() -> None:
    rows = [
        a_decision("Qualified", days_ago=30, stage=Stage.PROSPECTING),
        an_advance("00Q01", Stage.PREPARATION, Stage.APPROACH, days_ago=26),
        an_advance("00Q01", Stage.APPROACH, Stage.PRESENTATION, days_ago=20),
        a_decision("Close", days_ago=5, stage=Stage.PRESENTATION, detail={"won": False}),
    ]
    stages = figures_of([], rows).stages
    assert [stages[stage].median_days for stage in STAGES[:4]] == [0, 4, 6, 15]
    assert stages[Stage.CLOSING].median_days is None


def test_giving_up_is_no_way_through_a_stage() -> None:
    rows = [
        an_advance("00Q01", Stage.PREPARATION, Stage.APPROACH, days_ago=26),
        a_decision("Park", days_ago=1),
    ]
    assert figures_of([], rows).stages[Stage.APPROACH].median_days is None


def test_conversion_is_the_share_that_came_to_a_later_stage() -> None:
    people = [a_prospect(f"00Q{n}", stage=Stage.PREPARATION if n < 3 else Stage.APPROACH) for n in range(4)]
    row = an_advance("00Q3", Stage.PREPARATION, Stage.APPROACH, days_ago=1)
    stages = figures_of(people, [row]).stages
    assert stages[Stage.PREPARATION].conversion == 0.25
    assert stages[Stage.CLOSING].conversion is None


def test_touches_are_counted_by_channel_and_by_prospect() -> None:
    call = a_decision("Touch", detail={"channel": "call", "template": "Call", "sequence": "a", "step": 2})
    figures = figures_of([a_prospect()], [a_touch(), a_touch(), call])
    assert figures.touches_by_channel == {Channel.EMAIL: 2, Channel.CALL: 1}
    assert figures.persistence.touches == {3: 1}


def test_follow_up_touches_say_nothing_about_persistence() -> None:
    figures = figures_of([a_prospect()], [a_touch(stage=Stage.FOLLOW_UP)])
    assert figures.persistence.touches == {}
    assert figures.touches_by_channel == {Channel.EMAIL: 1}


@pytest.mark.parametrize(
    ("fields", "label", "is_early"),
    [
        ({"standing": Standing.NURTURE}, None, 1),
        ({"standing": Standing.LOST}, Label.OBJECTION_PRICE, 1),
        ({"standing": Standing.OPEN, "due_at": None, "next_step": None}, None, 1),
        ({"standing": Standing.OPEN, "due_at": NOW}, None, 0),
        ({"standing": Standing.STOPPED}, None, 0),
        ({"standing": Standing.DISQUALIFIED}, None, 0),
        ({"standing": Standing.CUSTOMER}, None, 0),
        ({"standing": Standing.NURTURE}, Label.NOT_NOW, 0),
        ({"standing": Standing.NURTURE}, Label.OUT_OF_OFFICE, 1),
    ],
)
def test_giving_up_before_the_fifth_touch_is_early(
    fields: dict[str, Any], label: Label | None, is_early: int
) -> None:
    replies = [a_reply("00Q01", label)] if label else []
    found = figures_of([a_prospect(**fields)], [a_touch()] * 4, replies).persistence
    assert found.dropped_early == is_early
    assert found.given_up == ({4: 1} if is_early else {})


def test_giving_up_after_the_fifth_touch_is_not_early() -> None:
    resting = a_prospect(stage=Stage.FOLLOW_UP, standing=Standing.NURTURE)
    found = figures_of([resting], [a_touch()] * 5).persistence
    assert (found.dropped_early, found.given_up) == (0, {5: 1})
    assert [row.ours for row in found.compared] == [0, 0, 0, 0, 1]
    assert sum(row.usual for row in found.compared) == pytest.approx(1)


def test_absence_notes_are_labels_but_nobody_wrote_back() -> None:
    written = a_prospect(mails=1, approach="question")
    replies = [a_reply("00Q01", Label.OUT_OF_OFFICE), a_reply(None, Label.BOUNCE)]
    figures = figures_of([written], replies=replies)
    assert figures.replies == {Label.OUT_OF_OFFICE: 1, Label.BOUNCE: 1}
    assert (figures.replied.hits, figures.replied.of) == (0, 1)


def test_approaches_are_compared_by_the_people_who_wrote_back() -> None:
    people = [a_prospect(f"00Q{n}", mails=1, approach="premium") for n in range(4)]
    replies = [a_reply("00Q1", Label.INTERESTED), a_reply("00Q1", Label.MEETING, days_ago=0)]
    replies.append(a_reply("00Q2", Label.OBJECTION_NEED))
    found = {row.kind: row for row in figures_of(people, replies=replies).approaches}
    assert (found["premium"].replied.hits, found["premium"].replied.of) == (2, 4)
    assert found["premium"].positive.hits == 1
    assert found["question"].replied.of == 0
    assert set(found) == {"premium", "question", "product"}


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (SignalKind.BOUNCED, "bounces"),
        (SignalKind.SPAM_REPORT, "complaints"),
        (SignalKind.UNSUBSCRIBED, "opt_outs"),
    ],
)
def test_what_ended_a_prospect_shows_in_deliverability(kind: SignalKind, field: str) -> None:
    """Runs the real rules, so that their words and ours cannot drift apart."""
    signal, _ = a_reply("00Q01", Label.OTHER)
    (stop,) = on_event(a_prospect(), signal.model_copy(update={"kind": kind}))
    after = apply(stop, a_prospect(), a_playbook(), NOW).prospect
    row = a_decision("Stop", rule=stop.rule, reasons=stop.reasons)
    found = figures_of([after], [row], outbox={"email": {"accepted": 4}}).deliverability
    assert {name: getattr(found, name) for name in ("bounces", "complaints", "opt_outs")} == {
        "bounces": 0,
        "complaints": 0,
        "opt_outs": 0,
    } | {field: 1}


@pytest.mark.parametrize("label", [Label.UNSUBSCRIBE, Label.LEGAL])
def test_a_no_in_words_is_an_opt_out(label: Label) -> None:
    _, understood = a_reply("00Q01", label)
    stop = on_reply(a_prospect(), understood.model_copy(update={"stop": True}), a_playbook(), NOW)[0]
    after = apply(stop, a_prospect(), a_playbook(), NOW).prospect
    assert figures_of([after]).deliverability.opt_outs == 1


def test_equal_reasons_meet_though_addresses_and_dates_differ() -> None:
    people = [
        a_prospect(
            f"00Q{n}",
            standing=Standing.DISQUALIFIED,
            reason=f"p{n}@a.example is a role address, seen on 2026-01-0{n}",
        )
        for n in (1, 2)
    ]
    assert figures_of(people).disqualified_for == {"… is a role address, seen": 2}


def test_a_hold_counts_only_while_it_is_the_last_word() -> None:
    hold = {"rule": "prospecting.no_facts", "reasons": ("nothing known yet",), "stage": Stage.PROSPECTING}
    rows = [a_decision("Hold", key, days_ago=3, **hold) for key in ("00Q1", "00Q2")]
    rows.append(a_decision("Qualified", "00Q2", days_ago=1, stage=Stage.PROSPECTING))
    (held,) = figures_of([a_prospect("00Q1"), a_prospect("00Q2")], rows).holds
    assert (held.prospects, held.times, held.reason) == (1, 2, "nothing known yet")


def test_deals_and_their_amounts_are_split_by_how_they_stand() -> None:
    standings = (Standing.OPEN, Standing.CUSTOMER, Standing.LOST, Standing.NURTURE, Standing.STOPPED)
    people = [a_deal(f"00Q{n}", standing=s, amount=10**n) for n, s in enumerate(standings)]
    people.append(a_prospect("00Q9", profile=Profile.PROSPECT))
    figures = figures_of(people)
    assert figures.deals.model_dump() == {"open": 1, "won": 1, "lost": 2, "paused": 1}
    assert figures.amounts.lost == 10100


def test_refused_rows_keep_file_line_and_reason() -> None:
    row = Quarantined(line=7, reason="no e-mail address", row={"Email": ""})
    (found,) = figures_of(quarantined=[("leads.csv", row)]).quarantined
    assert (found.source, found.line, found.reason) == ("leads.csv", 7, "no e-mail address")


def test_open_prospects_lead_the_list_and_a_deal_is_linked_by_its_own_record() -> None:
    crm = CrmIds(lead="00Q2", contact="003A", opportunity="006A")
    people = [
        a_deal("00Q1", standing=Standing.NURTURE, amount=10**6),
        a_deal("00Q2", crm=crm, deck="decks/a.pptx"),
    ]
    best = figures_of(people).best
    assert [row.key for row in best] == ["00Q2", "00Q1"]
    assert (best[0].record_id, best[0].deck) == ("006A", "decks/a.pptx")


def test_the_same_ledger_gives_the_same_figures() -> None:
    assert BusyYear().figures() == BusyYear().figures()


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Prospects anywhere, with any decisions in any order."""
    people, rows = [], []
    for number in range(draw(st.integers(0, 6))):
        key = f"00Q{number}"
        standing, stage = draw(st.sampled_from(Standing)), draw(st.sampled_from(Stage))
        make = draw(st.sampled_from((a_prospect, a_deal)))
        people.append(make(key, standing=standing, stage=stage, mails=draw(st.integers(0, 3))))
        for step in range(draw(st.integers(0, 6))):
            kind = draw(st.sampled_from(("Touch", "Advance", "Qualified", "Park", "Stop", "Close", "Hold", "New")))
            detail = draw(
                st.sampled_from(({}, {"from": "approach", "to": "closing"}, {"to": "nowhere"}, {"won": True}))
            )
            stage = draw(st.sampled_from(Stage))
            rows.append(a_decision(kind, key, days_ago=9 - step, stage=stage, detail=detail))
    return people, sorted(rows, key=lambda row: row.at)


@settings(max_examples=60, deadline=None)
@given(lives())
def test_nobody_counts_twice_and_everybody_stands_somewhere(world: tuple[list[Any], list[Any]]) -> None:
    people, rows = world
    figures = figures_of(people, rows)
    reached = list(figures.funnel.values())
    assert max(reached) == reached[0] == figures.leads == len(people) == sum(figures.standings.values())
    assert sum(figures.deals.model_dump().values()) == sum(p.is_deal for p in people)
    assert figures.persistence.dropped_early <= sum(figures.persistence.given_up.values())


def test_days_are_counted_from_the_first_decision_where_nothing_came_before() -> None:
    rows = [
        a_decision("Hold", days_ago=10, stage=Stage.PROSPECTING),
        a_decision("Qualified", days_ago=7, stage=Stage.PROSPECTING),
    ]
    assert rows[1].at - rows[0].at == timedelta(days=3)
    assert figures_of([], rows).stages[Stage.PROSPECTING].median_days == 3


def test_a_hold_says_whether_a_person_is_to_act_or_only_time_to_pass() -> None:
    rows = [
        a_decision("Hold", "00Q01", rule="replies.out_of_office", reasons=("away",)),
        a_decision("AskHuman", "00Q02", rule="replies.unclear", reasons=("unclear",)),
    ]
    holds = {held.rule: held for held in figures_of([a_prospect("00Q01"), a_prospect("00Q02")], rows).holds}
    assert not holds["replies.out_of_office"].needs_person
    assert holds["replies.unclear"].needs_person
    assert holds["replies.unclear"].prospects == 1


def test_speed_runs_from_their_reply_to_our_next_step() -> None:
    replies = [a_reply("00Q01", Label.QUESTION, days_ago=5), a_reply("00Q02", Label.QUESTION, days_ago=3)]
    rows = [a_touch(days_ago=9), a_touch(days_ago=4.75), a_touch(days_ago=1)]
    found = figures_of([a_prospect("00Q01"), a_prospect("00Q02")], rows, replies).speed
    assert (found.whole.answered, found.whole.median_hours) == (1, 6)
    assert found.by_stage[Stage.APPROACH].within_a_day.hits == 1
    assert set(found.by_owner) == {"Mina Sato"}


def test_a_no_wants_no_answer_and_a_question_that_has_none_is_waiting() -> None:
    replies = [a_reply("00Q01", Label.UNSUBSCRIBE, days_ago=2), a_reply("00Q02", Label.QUESTION, days_ago=2)]
    rows = [a_touch("00Q01", days_ago=9), a_touch("00Q02", days_ago=9)]
    assert figures_of([a_prospect("00Q01"), a_prospect("00Q02")], rows, replies).speed.waiting == 1


def test_persistence_is_told_by_owner_and_by_the_stage_that_was_reached() -> None:
    quick = a_prospect("00Q1", owner_name="Jonas Berg", standing=Standing.LOST, stage=Stage.FOLLOW_UP)
    rows = [an_advance("00Q1", Stage.PREPARATION, Stage.APPROACH, days_ago=9), a_touch("00Q1", days_ago=8)]
    found = figures_of([quick], rows).persistence
    assert [(one.owner, one.given_up, one.dropped_early) for one in found.by_owner] == [("Jonas Berg", 1, 1)]
    assert found.dropped_by_stage == {Stage.APPROACH: 1}


def test_priority_is_amount_times_willingness() -> None:
    keen, silent = a_deal("00Q1", amount=10_000), a_deal("00Q2", amount=12_000)
    figures = figures_of([keen, silent], replies=[a_reply("00Q1", Label.MEETING)])
    assert [row.key for row in figures.best] == ["00Q1", "00Q2"]
    assert figures.best[0].state_of_mind is not None
    assert figures.best[0].state_of_mind.evidence[0].what == "wrote: a meeting"
