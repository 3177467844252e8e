"""One selection for mail, deck, talk track and answers; and who is who at an account."""

from __future__ import annotations

from typing import Any

import pytest

from closeloop.domain.buying_centre import Part, buying_centre, missing, part_of
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.messages import AnswerProps, ObjectionProps
from closeloop.domain.preparation import evident_pains, pain_props
from closeloop.domain.prospect import Objection, Prospect
from closeloop.domain.stage import Stage
from closeloop.domain.talk_track import talk_track
from closeloop.domain.wording import mail_props
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect


def prepared(facts: dict[str, Any] | None = None, **fields: Any) -> Prospect:
    person = prospect(facts, **fields)
    return person.model_copy(update={"pains": tuple(pain.id for pain in evident_pains(person, playbook()))})


def payload(template: str) -> dict[str, Any]:
    return {"template": template, "step": 1}


@pytest.mark.parametrize("facts", [GOOD_FACTS, {"employees": 40_000}, {"country": "DE"}, {}])
def test_mail_deck_talk_track_and_answers_say_the_same_of_a_prospect(facts: dict[str, Any]) -> None:
    objection = Objection(label="objection_price", raised_in=Stage.APPROACH, raised_at=NOW)
    person = prepared(facts, objection=objection)
    chosen = pain_props(person, playbook(), on=NOW.date())
    answer = mail_props(payload("question_answer"), person, playbook(), NOW)
    to_objection = mail_props(payload("objection_answer"), person, playbook(), NOW)
    deck = deck_content(person, playbook(), NOW.date())
    track = talk_track(person, playbook(), NOW.date())
    assert isinstance(answer, AnswerProps)
    assert isinstance(to_objection, ObjectionProps)
    assert deck.pains == answer.pains == to_objection.pains == chosen
    assert deck.questions == answer.questions
    for benefit in playbook().product.benefits:
        wanted = benefit.so_what in {point.so_what for point in chosen}
        assert (benefit.so_what in track) is wanted
        assert any(benefit.feature in said for said in answer.facts) is (wanted or not chosen)
    assert all(point.pain in track and point.proof in track for point in chosen)
    assert all(question in track for question in deck.questions)
    assert to_objection.answer in track


def test_a_seller_is_told_to_ask_where_nothing_has_evidence() -> None:
    assert talk_track(prepared({}), playbook(), NOW.date()).startswith("No point has evidence here yet: ask first")


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("CFO", Part.DECISION_MAKER),
        ("VP Finance", Part.DECISION_MAKER),
        ("VP Marketing", Part.INFLUENCER),
        ("Head of IT", Part.INFLUENCER),
        ("Accounts Payable Manager", Part.USER),
        ("Assistant to the CFO", Part.GATEKEEPER),
        ("Purchasing Manager", Part.GATEKEEPER),
        (None, Part.UNKNOWN),
    ],
)
def test_a_title_tells_the_part(title: str | None, part: Part) -> None:
    assert part_of(prospect(title=title), ("finance", "operations"))[0] is part


def test_somebody_who_met_us_is_the_champion_and_the_view_says_who_is_missing() -> None:
    met = prospect(key="2", title="Head of IT", meetings=1, first_name="Ben")
    members = buying_centre([met, prospect(key="1", title="CFO")])
    assert [member.part for member in members] == [Part.DECISION_MAKER, Part.CHAMPION]
    assert missing(members) == (Part.USER,)
    track = talk_track(prospect(key="1", title="CFO"), playbook(), NOW.date(), [met])
    assert "- champion: Ben Okafor, Head of IT (they agreed to a meeting)" in track
    assert "- missing: user" in track
