"""The little language of the rule files, and that its short cut leaves nothing out."""

from __future__ import annotations

import pytest

from closeloop.adapters.replies.normal import marked, plain, sentences
from closeloop.adapters.replies.patterns import Phrase, compile_phrase
from closeloop.adapters.replies.phrase_index import WORD, PhraseIndex, Slot
from closeloop.adapters.replies.rulebook import PARTS, rulebook, text_of
from tests.unit.adapters.replies.labelled import labelled


def _matches(phrase: str, text: str, *, spaced: bool = True) -> bool:
    return compile_phrase(phrase, spaced=spaced, when="march").matches(plain(marked(text)))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("(remove|take) me", "Please REMOVE  me."),
        ("[please] stop writ*", "stop writing"),
        ("not ... interested", "We are not at all interested"),
        ("^no$", "No!"),
        ("in @number weeks", "in 3 weeks"),
        ("ask @name", "please ask Jane Miller"),
        ("again @when", "again march"),
        ("can not come", "I can’t come"),
        ("use [it]", "we use"),
        ("use [it]", "we use it, yes"),
        ("moglich", "Möglich"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert _matches(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("use", "we refuse"),
        ("no", "now"),
        ("^no$", "no way"),
        ("not ... interested", "not one two three four five interested"),
        ("ask @name", "please ask somebody"),
        ("stop writ*", "stop the press"),
    ],
)
def test_a_phrase_is_not_found(phrase: str, text: str) -> None:
    assert not _matches(phrase, text)


def test_thai_phrases_need_no_blanks() -> None:
    assert _matches("ไม่[ค่อย]สนใจ", "เราไม่ค่อยสนใจครับ", spaced=False)


@pytest.mark.parametrize("broken", ["(a|b", "a)", "[a", "a]"])
def test_a_broken_phrase_is_refused_with_its_words(broken: str) -> None:
    with pytest.raises(ValueError, match="phrase"):
        compile_phrase(broken, spaced=True)


def test_a_phrase_that_yaml_took_for_a_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match="put it in quotes"):
        text_of({"^(assistant)": None})


def test_every_phrase_that_matches_is_tried() -> None:
    """The index is a short cut: with it and without it the same phrases match on every labelled reply."""
    for rules in rulebook().languages.values():
        entries = _entries(rules.index)
        for row in labelled():
            text = "\n".join(plain(marked(sentence)) for sentence in sentences(row.found.said))
            tried = {
                phrase.source
                for some in rules.index.tried(text, set(WORD.findall(text))).values()
                for phrase in some
            }
            assert {phrase.source for _, phrase in entries if phrase.matches(text)} <= tried


def _entries(index: PhraseIndex) -> list[tuple[Slot, Phrase]]:
    tables = [*index._by_word.values(), *index._by_part.values(), index._always]
    return list({number: (slot, phrase) for entries in tables for number, slot, phrase in entries}.values())


def test_every_label_has_rules_in_english() -> None:
    slots = {slot for slot, _ in _entries(rulebook().languages["en"].index)}
    spoken = {label for label, part in slots if part in PARTS}
    assert {"legal", "unsubscribe", "interested", "objection_trust", "referral"} <= spoken


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("On 14. March we decide", 1),
        ("A line that a mail program broke because it was far too long for\nit goes on here.", 1),
        ("Short\nlines", 2),
        ("", 0),
        ("...", 0),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, count: int) -> None:
    assert len(sentences(text)) == count
