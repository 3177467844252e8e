"""What every ledger promises about prospects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.adapters.ledger import open_ledger
from closeloop.application.ports import Change, Ledger, Saved
from closeloop.domain.prospect import CrmIds, Enrollment, FactValue, NextStep, Objection
from closeloop.domain.stage import Profile, Stage, Standing
from tests.contract.ledger_samples import MINUTE, NOW, decision, fact, mail, person, reply


def test_a_prospect_added_twice_is_one_and_stays_as_it_was(ledger: Ledger) -> None:
    assert ledger.add_prospects([person(), person(company="Other")]) == 1
    assert ledger.add_prospects([person(company="Other"), person("00Q2")]) == 1
    assert ledger.prospects(["00Q1"])["00Q1"].company == "North Mills"


def test_a_prospect_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    full = person(
        email="Ana.Moreau@North.example",
        company="Śląsk & 東京 🧵",
        amount=Decimal("1200.50"),
        facts={
            "revenue": fact("revenue", Decimal("3.50")),
            "public": fact("public", value=True),
            "employees": fact(),
            "text": fact("text", "3.50"),
            "tagged": fact("tagged", '{"$decimal": "1"}'),
        },
        enrollment=Enrollment(sequence="approach", playbook_version="7", started_at=NOW),
        objection=Objection(label="objection_price", raised_in=Stage.APPROACH, raised_at=NOW),
        next_step=NextStep(what="call", on=NOW.date()),
        pains=("downtime", "scrap"),
    )
    ledger.add_prospects([full])
    back = ledger.prospects(["00Q1"])["00Q1"]
    assert back == full
    assert [type(one.value) for one in back.facts.values()] == [Decimal, bool, int, str, str]


_values: st.SearchStrategy[FactValue] = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["$decimal", '{"$decimal": "1"}', "12", "true", "1e5"]),
)


@given(values=st.lists(_values, max_size=4), zone=st.integers(-14, 14), micros=st.integers(0, 999_999))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_facts_keep_their_value_type_and_moment_whatever_they_are(
    values: list[FactValue], zone: int, micros: int
) -> None:
    at = datetime(2026, 3, 2, 9, 0, 0, micros, tzinfo=timezone(timedelta(hours=zone)))
    facts = {f"f{i}": fact(f"f{i}", value) for i, value in enumerate(values)}
    sql = open_ledger(":memory:")
    sql.add_prospects([person(facts=facts, due_at=at)])
    sql.cache_facts({"north.example": tuple(facts.values())}, NOW + MINUTE)
    back = sql.prospects(["00Q1"])["00Q1"]
    cached = sql.cached_facts(["north.example"], NOW)["north.example"]
    sql.close()
    assert back.due_at == at
    for kept in (tuple(back.facts.values()), cached):
        assert kept == tuple(facts.values())
        assert [type(one.value) for one in kept] == [type(value) for value in values]


def test_prospects_come_in_the_order_asked_for_and_strangers_are_left_out(ledger: Ledger) -> None:
    ledger.add_prospects(person(f"00Q{i}") for i in range(1, 4))
    assert list(ledger.prospects(["00Q3", "nobody", "00Q1", "00Q3"])) == ["00Q3", "00Q1"]


def test_due_gives_the_earliest_first_then_by_key(ledger: Ledger) -> None:
    ledger.add_prospects(
        [
            person("00Q4", due_at=NOW),
            person("00Q3", due_at=NOW),
            person("00Q2", due_at=NOW - MINUTE, stage=Stage.APPROACH),
            person("00Q1", due_at=NOW + timedelta(microseconds=1)),
            person("00Q5", due_at=None),
            person("00Q6", due_at=NOW - MINUTE, standing=Standing.STOPPED),
            person("00Q7", due_at=NOW - MINUTE, stage=Stage.CLOSING),
        ]
    )
    stages = [Stage.PROSPECTING, Stage.APPROACH]
    assert [one.key for one in ledger.due(stages, NOW, 10, [Standing.OPEN])] == ["00Q2", "00Q3", "00Q4"]
    assert [one.key for one in ledger.due(stages, NOW, 2, [Standing.OPEN])] == ["00Q2", "00Q3"]
    assert ledger.due([], NOW, 10, [Standing.OPEN]) == []


def test_moments_of_different_time_zones_sort_as_moments(ledger: Ledger) -> None:
    tokyo = timezone(timedelta(hours=9))
    ledger.add_prospects(
        [
            person("00Q1", due_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
            person("00Q2", due_at=datetime(2026, 3, 2, 17, 0, tzinfo=tokyo)),
            person("00Q3", due_at=datetime(2026, 3, 2, 18, 0, 1, tzinfo=tokyo)),
        ]
    )
    found = ledger.due([Stage.PROSPECTING], NOW, 9, [Standing.OPEN])
    assert [one.key for one in found] == ["00Q2", "00Q1"]


def test_a_saved_change_moves_a_prospect_to_its_new_stage_and_day(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    ledger.commit(Change(prospects=(person(stage=Stage.CLOSING, due_at=NOW + MINUTE, email="new@x.test"),)))
    assert ledger.due(list(Stage), NOW, 9, list(Standing)) == []
    assert [one.key for one in ledger.due([Stage.CLOSING], NOW + MINUTE, 9, [Standing.OPEN])] == ["00Q1"]
    assert ledger.by_address(["new@x.test", "00q1@north.example"]) == {"new@x.test": "00Q1"}


def test_all_prospects_come_by_key_and_may_be_saved_on_the_way(ledger: Ledger) -> None:
    ledger.add_prospects(person(f"00Q{i:04}") for i in reversed(range(1203)))
    seen = []
    for one in ledger.all_prospects():
        seen.append(one.key)
        if one.key.endswith("00"):
            ledger.commit(Change(prospects=(one.model_copy(update={"touches": 1}),)))
    assert seen == [f"00Q{i:04}" for i in range(1203)]


@pytest.mark.parametrize(
    "who", ["00Q1", "ANA@north.example", " jürgen  GROß ", "north mills", "003C", "001A", "006O"]
)
def test_find_knows_key_address_name_company_and_crm_ids(ledger: Ledger, who: str) -> None:
    ids = CrmIds(lead="00Q1", contact="003C", account="001A", opportunity="006O")
    ledger.add_prospects(
        [
            person(email="ana@north.example", first_name="Jürgen", last_name="Groß", crm=ids),
            person("00Q2", email="b@b.example", company="Else", last_name="Oki"),
        ]
    )
    assert [one.key for one in ledger.find(who)] == ["00Q1"]


def test_find_puts_exact_matches_first_and_gives_at_most_twenty(ledger: Ledger) -> None:
    ledger.add_prospects(person(f"00Q{i:02}", company="Mills of the North") for i in range(30))
    ledger.add_prospects([person("00Q99", company="Mills")])
    found = [one.key for one in ledger.find("mills")]
    assert found[0] == "00Q99"
    assert len(found) == 20
    assert ledger.find("  ") == []
    assert ledger.find("%") == []
    assert ledger.find("_") == []


def test_addresses_and_domains_are_matched_whatever_their_case(ledger: Ledger) -> None:
    ledger.add_prospects(
        [
            person("00Q2", email="Bo@North.Example", domain="North.example"),
            person("00Q1", email="ana@north.example"),
            person("00Q3", email="c@free.example", domain=None),
        ]
    )
    assert ledger.by_address(["BO@north.example", "x@x.test"]) == {"bo@north.example": "00Q2"}
    assert ledger.colleagues(["NORTH.example", "x.test"]) == {"north.example": ["00Q1", "00Q2"]}


def test_two_leads_with_one_address_always_give_the_same_prospect(ledger: Ledger) -> None:
    ledger.add_prospects([person("00Q2", email="a@a.example"), person("00Q1", email="A@a.example")])
    assert ledger.by_address(["a@a.example"]) == {"a@a.example": "00Q1"}


def test_questions_about_tens_of_thousands_of_keys_are_answered(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    many = [f"k{i}" for i in range(40_000)] + ["00Q1"]
    assert list(ledger.prospects(many)) == ["00Q1"]
    assert ledger.by_address([*many, "00q1@north.example"]) == {"00q1@north.example": "00Q1"}
    ledger.receive([reply(f"m{i}", address=f"a{i}@a.example") for i in range(3_000)], NOW)
    assert ledger.halted([person()]) == set()
    assert ledger.actions(many) == {}


def test_a_prospect_is_changed_until_the_stored_value_was_synced(ledger: Ledger) -> None:
    first, later = person(), person(stage=Stage.APPROACH, profile=Profile.PROSPECT)
    ledger.add_prospects([person("00Q2"), first])
    assert [one.key for one in ledger.changed_since_sync(9)] == ["00Q1", "00Q2"]
    assert [one.key for one in ledger.changed_since_sync(1)] == ["00Q1"]
    ledger.commit(Change(prospects=(later,)))
    ledger.mark_synced([first, person("00Q2")])
    assert ledger.changed_since_sync(9) == [later]
    ledger.mark_synced(ledger.changed_since_sync(9))
    assert ledger.changed_since_sync(9) == []


def test_saving_a_prospect_unchanged_gives_the_crm_nothing_to_do(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    ledger.mark_synced([person()])
    ledger.commit(Change(prospects=(person(),)))
    assert ledger.changed_since_sync(9) == []
    ledger.commit(Change(prospects=(person(touches=1),)))
    assert [one.touches for one in ledger.changed_since_sync(9)] == [1]


def test_those_in_play_at_an_account_are_its_customers_and_open_deals(ledger: Ledger) -> None:
    deal: dict[str, Any] = {"profile": Profile.OPPORTUNITY, "domain": "A.example"}
    ledger.add_prospects(
        [
            person("00Q1", stage=Stage.FOLLOW_UP, standing=Standing.CUSTOMER, **deal),
            person("00Q2", stage=Stage.OBJECTIONS, **deal),
            person("00Q3", stage=Stage.OBJECTIONS, domain="a.example"),
            person("00Q4", stage=Stage.FOLLOW_UP, standing=Standing.LOST, **deal),
            person("00Q5", stage=Stage.APPROACH, domain="a.example"),
            person("00Q6", stage=Stage.CLOSING, profile=Profile.OPPORTUNITY, domain="b.example"),
        ]
    )
    found = ledger.in_play(["a.example", "A.EXAMPLE", "c.example"])
    assert {domain: [one.key for one in there] for domain, there in found.items()} == {
        "a.example": ["00Q1", "00Q2"]
    }


def test_a_reply_that_somebody_else_has_handled_since_is_not_applied_again(ledger: Ledger) -> None:
    """Also when its prospect was read after that: the save before is then the one that was read."""
    ledger.receive([reply("1"), reply("2")], NOW)
    answered = person(replies=1)
    ledger.commit(Change(prospects=(answered,), handled_signals=(("inbound", "1"),)))
    again = Change(
        prospects=(answered.model_copy(update={"replies": 2}),),
        actions=(mail(),),
        handled_signals=(("inbound", "1"), ("inbound", "2")),
        read={answered.key: answered},
        signals_about={("inbound", "1"): answered.key, ("inbound", "2"): answered.key},
    )
    assert ledger.commit(again) == Saved(overtaken=frozenset({answered.key}))
    assert ledger.prospects([answered.key])[answered.key].replies == 1
    assert [one.id for one in ledger.waiting_signals(9)] == ["2"]


def test_a_save_that_was_overtaken_changes_nothing_and_leaves_its_signals_waiting(ledger: Ledger) -> None:
    ledger.add_prospects([person("00Q1"), person("00Q2")])
    read = ledger.prospects(["00Q1", "00Q2"])
    ledger.receive([reply("m1", prospect_key="00Q1"), reply("m2", prospect_key="00Q2")], NOW)
    ledger.commit(Change(prospects=(person("00Q1", touches=7),)))
    saved = ledger.commit(
        Change(
            prospects=(person("00Q1", touches=1), person("00Q2", touches=1)),
            decisions=(decision("00Q1"), decision("00Q2")),
            actions=(mail("00Q1"), mail("00Q2")),
            handled_signals=(("inbound", "m1"), ("inbound", "m2")),
            read=read,
            signals_about={("inbound", "m1"): "00Q1", ("inbound", "m2"): "00Q2"},
        )
    )
    assert saved == Saved(new_actions=1, overtaken=frozenset({"00Q1"}))
    assert {key: p.touches for key, p in ledger.prospects(["00Q1", "00Q2"]).items()} == {"00Q1": 7, "00Q2": 1}
    assert [row.prospect_key for row in ledger.decisions()] == ["00Q2"]
    assert list(ledger.actions([mail("00Q1").key, mail("00Q2").key])) == [mail("00Q2").key]
    assert [signal.id for signal in ledger.waiting_signals(9)] == ["m1"]


def test_a_prospect_as_it_was_read_is_saved(ledger: Ledger) -> None:
    first = person(facts={"annual_revenue_usd": fact("annual_revenue_usd", Decimal("12.50"))})
    ledger.add_prospects([first])
    read = ledger.prospects([first.key])
    later = read[first.key].model_copy(update={"touches": 1})
    assert ledger.commit(Change(prospects=(later,), read=read)).overtaken == frozenset()
    assert ledger.prospects([first.key]) == {first.key: later}
