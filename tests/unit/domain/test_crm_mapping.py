"""The CRM mapping: what is wrong with one is said by place, and names and words are found both ways."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from closeloop.domain.crm_mapping import WORDS, CrmMapping, Rule
from tests.unit.domain.people import crm_mapping


def content() -> dict[str, Any]:
    return crm_mapping().model_dump(mode="json")


def changed(place: str, **values: Any) -> dict[str, Any]:
    """The shipped mapping with one field changed."""
    found = content()
    name, word = place.split(".")
    found["objects"][name]["fields"][word] |= values
    return found


def test_the_shipped_mapping_speaks_of_every_word() -> None:
    assert {name: set(here.fields) for name, here in crm_mapping().objects.items()} == {
        name: set(words) for name, words in WORDS.items()
    }


@pytest.mark.parametrize(
    ("place", "values", "problem"),
    [
        ("Lead.phone", {"rule": "ours"}, "Lead.phone: people write this and the process only reads it"),
        ("Lead.opt_out", {"rule": "theirs"}, "Lead.opt_out: a no must reach the CRM"),
        ("Contact.do_not_contact", {"rule": "fill_if_blank"}, "Contact.do_not_contact: a no must reach the CRM"),
        ("Lead.hold", {"field": "Status"}, "Lead: 2 words share the field Status"),
        ("Lead.status", {"values": {"working": "New"}}, "the org's value for disqualified, converted"),
        ("Lead.stage", {"field": "Closeloop Stage"}, "String should match pattern"),
        ("Lead.stage", {"rule": "mine"}, "Input should be 'ours'"),
        ("Lead.stage", {"rule": {"theirs": "enforce"}}, "Input should be 'ours'"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(place: str, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CrmMapping.model_validate(changed(place, **values))
    assert problem in str(caught.value)


def test_unknown_missing_and_left_out_words_are_told_apart() -> None:
    found = content()
    fields = found["objects"]["Lead"]["fields"]
    fields["stagee"] = fields.pop("stage")
    fields["email"] = None
    fields["score"] = None
    with pytest.raises(ValidationError) as caught:
        CrmMapping.model_validate(found)
    assert "Lead has no word stagee" in str(caught.value)
    assert "Lead needs a field for email" in str(caught.value)
    assert "score" not in str(caught.value).partition("there are")[0]


def test_an_object_that_is_missing_is_named() -> None:
    found = content()
    del found["objects"]["Account"]
    with pytest.raises(ValidationError, match="the object Account is missing"):
        CrmMapping.model_validate(found)


def test_ours_may_be_enforced() -> None:
    found = CrmMapping.model_validate(changed("Lead.stage", rule={"ours": "enforce"}))
    mapped = found.of("Lead", "stage")
    assert mapped is not None
    assert mapped.rule is Rule.ENFORCED


def test_a_value_without_a_word_in_the_org_is_not_said() -> None:
    found = CrmMapping.model_validate(changed("Lead.industry", values={"Manufacturing": "Industrie"}))
    mapped = found.of("Lead", "industry")
    assert mapped is not None
    assert (mapped.says("Manufacturing"), mapped.says("Media"), mapped.says(None)) == ("Industrie", None, None)


def test_names_are_found_both_ways() -> None:
    mapping = crm_mapping()
    assert mapping.org_field("Lead", "employees") == "NumberOfEmployees"
    assert mapping.word_of("Contact", "HasOptedOutOfEmail") == "opt_out"
    assert mapping.word_of("Contact", "Nowhere__c") is None
    assert mapping.org_value("Opportunity", "deal_stage", "won") == "Closed Won"
