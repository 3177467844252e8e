"""Texts of the playbook in several languages: read, written back, and put together into whole editions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from closeloop.domain.playbook import Approach, Playbook
from closeloop.domain.stage import Stage
from closeloop.domain.texts import Text, in_language, speaking
from tests.unit.domain.people import playbook

OFFER: dict[str, Any] = {"kind": "premium", "sequence": "s", "offer": {"en": "a report", "th": "รายงาน"}}


def _given(**changes: Any) -> dict[str, Any]:
    """The shipped playbook as a file holds it, with changes at `place__in__it`."""
    held: dict[str, Any] = json.loads(json.dumps(playbook().model_dump(mode="json")))
    for place, value in changes.items():
        *path, last = place.split("__")
        here: Any = held
        for name in path:
            here = here[int(name)] if name.isdigit() else here[name]
        here[int(last) if last.isdigit() else last] = value
    return held


def test_a_plain_text_is_one_in_the_playbook_s_own_language() -> None:
    with speaking("th"):
        approach = Approach.model_validate(OFFER | {"offer": "รายงาน"})
    assert approach.offer == "รายงาน"
    assert approach.offer.said_in("th") == "รายงาน"
    assert approach.offer.said_in("en") is None


def test_a_text_in_two_languages_reads_as_its_own_and_knows_the_other() -> None:
    offer = Approach.model_validate(OFFER).offer
    assert offer == "a report"
    assert offer.said_in("th") == "รายงาน"


def test_a_text_is_written_back_as_it_was_given() -> None:
    assert Approach.model_validate(OFFER).model_dump()["offer"] == OFFER["offer"]
    assert Approach.model_validate(OFFER | {"offer": "a report"}).model_dump()["offer"] == "a report"
    assert Playbook.model_validate(playbook().model_dump(mode="json")) == playbook()


@pytest.mark.parametrize(
    ("offer", "complaint"),
    [
        ({"th": "รายงาน"}, "the text in 'en', the playbook's own language, is missing"),
        ({"en": "a report", "th": " "}, "the text in th is empty"),
        ({"en": "a report", "thai": "รายงาน"}, "'thai' is no language"),
        ({"en": "a report", "th": 3}, "the text in th is empty"),
        (["a report"], "one text for each language"),
        (7, "one text for each language"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(offer: Any, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Approach.model_validate(OFFER | {"offer": offer})


def test_the_shipped_playbook_is_whole_in_english_and_thai() -> None:
    assert playbook().languages == ("en", "th")
    assert playbook().untranslated() == {"th": ()}


def test_an_edition_has_every_text_in_its_language_and_changes_nothing_else() -> None:
    thai = playbook().edition("th")
    assert thai.product.benefits[0].feature == "ระบบจับคู่เอกสารสามทางที่เรียนรู้จากการแก้ไขของผู้ใช้"
    assert thai.closing.alternatives[1] == "เริ่มพร้อมกันทุกบริษัทในไตรมาสหน้า"
    assert thai.stages[Stage.CLOSING].sells == "คำสั่งซื้อ"
    assert {stage: rule.weight for stage, rule in thai.stages.items()} == {
        stage: rule.weight for stage, rule in playbook().stages.items()
    }
    assert thai.product.base_price == playbook().product.base_price
    assert playbook().edition("th") is thai, "made once"
    assert playbook().edition("en") is playbook()


def test_one_text_that_is_missing_takes_the_whole_language_away() -> None:
    found = Playbook.model_validate(_given(product__pains__0__says="Only in English."))
    assert found.languages == ("en",)
    assert found.untranslated() == {"th": ("product.pains.0.says",)}


def test_a_playbook_may_be_thai_first() -> None:
    with pytest.raises(ValidationError, match="the text in 'de', the playbook's own language, is missing"):
        Playbook.model_validate(_given(locale="de"))
    found = Playbook.model_validate(_given(locale="th"))
    assert found.product.benefits[0].feature.startswith("ระบบจับคู่")
    assert found.languages[0] == "th"
    assert found.edition("en").product.benefits[0].feature.startswith("Three-way")


def test_a_text_that_lacks_the_language_stays_as_it_is() -> None:
    approach = Approach.model_validate(OFFER | {"offer": "a report"})
    assert in_language(approach, "th").offer == "a report"


def test_the_schema_lets_an_editor_offer_both_forms() -> None:
    schema = Approach.model_json_schema()["properties"]["offer"]
    assert [form["type"] for form in schema["anyOf"]] == ["string", "object"]


def test_a_text_is_a_plain_string_to_everybody_else() -> None:
    assert json.dumps(Text("a", "en", {"th": "ก"})) == '"a"'
    assert isinstance(Text("a"), str)
