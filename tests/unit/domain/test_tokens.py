"""What the tests hold unit/domain to: tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.tokens import make_token, read_token

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def with_checksum(fifteen: str) -> str:
    """The 18-character form of a Salesforce id, written the long way."""
    marks = ""
    for start in (0, 5, 10):
        group = fifteen[start : start + 5]
        marks += LETTERS[sum(1 << place for place, letter in enumerate(group) if letter.isupper())]
    return fifteen + marks


IDS = st.text("abcXYZ0189QqZz", min_size=15, max_size=15).map(with_checksum)


@given(key=IDS, secret=st.text(min_size=1), upper=st.booleans())
def test_a_token_leads_back_to_its_id_whatever_mail_systems_do_to_its_case(
    key: str, secret: str, upper: bool
) -> None:
    token = make_token(key, secret)
    assert read_token(token.upper() if upper else token, secret) == key


@given(key=IDS, place=st.integers(0, 29), letter=st.sampled_from("0123456789abcdef"))
def test_a_token_that_was_tampered_with_leads_nowhere(key: str, place: int, letter: str) -> None:
    token = make_token(key, "secret")
    if token[place] != letter:
        assert read_token(token[:place] + letter + token[place + 1 :], "secret") is None


@given(key=IDS)
def test_a_token_of_another_secret_leads_nowhere(key: str) -> None:
    assert read_token(make_token(key, "theirs"), "ours") is None


@given(text=st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_token(text, "secret") is None
