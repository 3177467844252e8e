"""Which of a thousand phrases are worth trying on a text: those with an anchor in it.

Never leaves a phrase out that could match; the phrases themselves decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from closeloop.adapters.replies.patterns import Phrase

Slot: TypeAlias = tuple[str, str]
"""What a phrase belongs to: a label and its part (`say`, `weak`, `unless`), or `sign` and a sign's name."""
Tried: TypeAlias = Mapping[Slot, list[Phrase]]

WORD = re.compile(r"[^\W_]+")
_Entry: TypeAlias = tuple[int, Slot, Phrase]


class PhraseIndex:
    """An index over the anchors of one language's phrases."""

    def __init__(self, phrases: Iterable[tuple[Slot, Phrase]], *, spaced: bool) -> None:
        self._by_word: dict[str, list[_Entry]] = {}
        self._by_part: dict[str, list[_Entry]] = {}
        self._always: list[_Entry] = []
        for number, (slot, phrase) in enumerate(phrases):
            self._add((number, slot, phrase), spaced)

    def _add(self, entry: _Entry, spaced: bool) -> None:
        anchors = entry[2].anchors
        if not anchors:
            self._always.append(entry)
        for anchor in anchors:
            word = max(WORD.findall(anchor.rstrip("*")), key=len, default="")
            whole = spaced and word and not anchor.endswith("*")
            table, key = (self._by_word, word) if whole else (self._by_part, word or anchor)
            table.setdefault(key, []).append(entry)

    def tried(self, text: str, words: set[str]) -> dict[Slot, list[Phrase]]:
        """The phrases to try on `text`, by what they belong to; `words` are the words of the text."""
        found = {entry[0]: entry for entry in self._always}
        for word in words & self._by_word.keys():
            for entry in self._by_word[word]:
                found[entry[0]] = entry
        for part, entries in self._by_part.items():
            if part in text:
                for entry in entries:
                    found[entry[0]] = entry
        slots: dict[Slot, list[Phrase]] = {}
        for _, slot, phrase in found.values():
            slots.setdefault(slot, []).append(phrase)
        return slots
