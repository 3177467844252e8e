"""A source is said in words that the customer may read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.prospect import Fact
from closeloop.domain.sources import dated_source, is_public, spoken_source
from tests.unit.domain.people import NOW


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("registry:https://en.wikipedia.org/wiki/Marriott_International", "Wikipedia, “Marriott International”"),
        ("registry:https://en.wikipedia.org/wiki/Nestl%C3%A9", "Wikipedia, “Nestlé”"),
        ("registry:https://www.register.example/company/12", "register.example"),
        ("registry:a printed list", "a printed list"),
        ("crm:industry", "our records"),
        ("import:line 12", "our records"),
        ("email:domain", "the e-mail address"),
        ("reply:msg-1", "your reply"),
        ("Annual report 2025, page 41", "Annual report 2025, page 41"),
    ],
)
def test_a_source_is_said_in_plain_words(source: str, said: str) -> None:
    assert spoken_source(source) == said


def test_the_period_of_a_value_is_part_of_its_source() -> None:
    fact = Fact(name="employees", value=5, source="crm:employees", observed_at=NOW, as_of="2024")
    assert dated_source(fact) == "our records, as of 2024"


@given(st.text(min_size=1), st.sampled_from(["registry:", "crm:", "", "registry:https://"]))
def test_every_source_has_words(text: str, kind: str) -> None:
    assert spoken_source(kind + text)


def test_only_what_everybody_can_look_up_is_a_public_source() -> None:
    assert is_public("registry:https://en.wikipedia.org/wiki/Volvo")
    assert not any(
        is_public(source) for source in ("crm:employees", "import:line 4", "email:domain", "reply:1", "")
    )
