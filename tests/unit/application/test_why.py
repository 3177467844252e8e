"""`why`: who is meant, and that the story leaves nothing out."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeloop.application.ports import Change, StoryLine
from closeloop.application.why import Story, fold, tell, why
from closeloop.domain.prospect import Prospect
from tests.fakes.ledger import MemoryLedger
from tests.unit.invented_deals import NOW, a_deal, a_decision, a_prospect


def a_ledger(*people: Prospect) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.add_prospects(people)
    return ledger


def a_line(text: str, minute: int = 0, kind: str = "decision") -> StoryLine:
    return StoryLine(at=NOW + timedelta(minutes=minute), kind=kind, text=text)


def test_an_address_names_one_person_though_others_match_too() -> None:
    namesake = a_prospect("00Q02", company="00q01@account.example")
    story = why(a_ledger(a_prospect("00Q01"), namesake), " 00q01@ACCOUNT.example ")
    assert isinstance(story, Story)
    assert story.key == "00Q01"


def test_a_company_with_several_people_asks_back() -> None:
    ledger = a_ledger(a_prospect("00Q01"), a_prospect("00Q02"))
    candidates = why(ledger, "Account plc")
    assert not isinstance(candidates, Story)
    assert sorted(one.email for one in candidates) == ["00q01@account.example", "00q02@account.example"]


def test_nobody_found_is_an_empty_answer() -> None:
    assert why(a_ledger(a_prospect()), "nobody at all") == ()


def test_the_story_says_where_the_prospect_stands_and_what_was_decided() -> None:
    ledger = a_ledger(a_deal())
    row = a_decision("Hold", reasons=("away",), rule="replies.out_of_office")
    ledger.commit(Change(decisions=(row,)))
    story = why(ledger, "00Q01")
    assert isinstance(story, Story)
    assert (story.name, story.next_step) == ("Anna Okafor", "Meeting with Okafor")
    assert story.amount == 40_000
    assert any("away" in episode.text for episode in story.episodes)


def test_the_story_goes_into_json_and_back() -> None:
    story = tell(a_deal(), [a_line("qualified")])
    assert Story.model_validate_json(story.model_dump_json()) == story


def test_repetition_is_folded_and_counted() -> None:
    (waited, moved) = fold([a_line("waits", 0), a_line("waits", 5), a_line("waits", 9), a_line("moved", 10)])
    assert (waited.times, waited.until) == (3, NOW + timedelta(minutes=9))
    assert (moved.times, moved.text) == (1, "moved")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("fact", "signal")))))
def test_folding_loses_no_line_and_keeps_the_order(lines: list[tuple[str, str]]) -> None:
    told = fold(a_line(text, n, kind) for n, (text, kind) in enumerate(lines))
    unfolded = [(episode.text, episode.kind) for episode in told for _ in range(episode.times)]
    assert unfolded == lines
