"""A mail without plain text is read like any other: what a person sees in it, and not what it quotes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.html_words import MOST_CHARACTERS, is_html, words_of


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Remove me,<br>please &amp; soon</p>", "Remove me,\nplease & soon"),
        ("<html><head><title>x</title><style>p {}</style></head><body>Stop</body></html>", "Stop"),
        ("<div>Yes</div><blockquote>stop <blockquote>me</blockquote> it</blockquote>", "Yes\n\n> …"),
        ("<blockquote>Hello</blockquote><p>Stop</p>", "> …\n\nStop"),
        ('<div>Yes<div class="gmail_quote"><div>stop</div></div></div><p>Anna</p>', "Yes\n> …\n\nAnna"),
        ('<p>Yes</p><div id="divRplyFwdMsg">From: Maja</div><div>stop</div>', "Yes"),
    ],
)
def test_what_is_seen_is_read_and_what_is_quoted_is_not(html: str, words: str) -> None:
    assert is_html(html)
    assert words_of(html) == words


def test_styles_as_long_as_a_book_hide_no_word() -> None:
    assert words_of(f"<head><style>{'p {color: red}' * 10_000}</style></head><p>Stop</p>") == "Stop"


@pytest.mark.parametrize("piece", ["<div>", "<!--", "<style>", "<blockquote", "</p>", "&amp", '<a href="'])
def test_an_attackers_markup_costs_no_more_than_its_length(piece: str) -> None:
    begun = time.process_time()
    words_of(piece * (MOST_CHARACTERS // len(piece)))
    assert time.process_time() - begun < 5


@given(st.text(alphabet="<>/!-&;dbp iv=\"'", max_size=200))
def test_any_markup_is_read(html: str) -> None:
    assert isinstance(words_of(html), str)
