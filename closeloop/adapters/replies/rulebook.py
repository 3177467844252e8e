"""The rule files of all languages, read and compiled once. What is wrong in one is named with its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from closeloop.adapters.replies.patterns import Phrase, compile_phrase
from closeloop.adapters.replies.phrase_index import WORD, PhraseIndex, Slot, Tried
from closeloop.adapters.replies.time_words import TimeWords
from closeloop.domain.signals import Label

LANGUAGES = ("en", "de", "es", "th")
_THAI = re.compile("[\u0e00-\u0e7f]")
PARTS = ("say", "weak", "unless")
_NOTHING = "(?!)"


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where other people's words begin, in all languages together (a German may write below English headers)."""

    wrote_start: re.Pattern[str]
    wrote: re.Pattern[str]
    original: re.Pattern[str]
    forwarded: re.Pattern[str]
    header_from: re.Pattern[str]
    header_more: re.Pattern[str]
    sign_off: re.Pattern[str]
    sent_from: re.Pattern[str]
    greeting: re.Pattern[str]
    disclaimer: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """One language. A sentence has a label when a phrase of its `say` is in it and none of its `unless`.

    `weak` counts when nothing else does. Signs are no labels: `machine_command`, `absence`, `automatic`, `joint` …
    """

    language: str
    words: frozenset[str]
    index: PhraseIndex
    time: TimeWords


@dataclass(frozen=True, slots=True)
class Reading:
    """A language as far as it matters for one text."""

    time: TimeWords
    tried: Tried


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All languages."""

    languages: Mapping[str, Rules]
    cuts: Cuts

    def of(self, text: str) -> list[Reading]:
        """English and the language of this plain text; all Latin ones when it is too short to tell."""
        words = set(WORD.findall(text))
        return [Reading(rules.time, rules.index.tried(text, words)) for rules in self._spoken(text, words)]

    def others(self, text: str) -> list[Reading]:
        """The languages that `of` leaves out: a mail may mix two, and a no in the second one counts too."""
        words = set(WORD.findall(text))
        spoken = {rules.language for rules in self._spoken(text, words)}
        left = [rules for name, rules in self.languages.items() if name not in spoken and name != "th"]
        return [Reading(rules.time, rules.index.tried(text, words)) for rules in left]

    def _spoken(self, text: str, words: set[str]) -> list[Rules]:
        if _THAI.search(text):
            return [self.languages["th"], self.languages["en"]]
        scores = {name: len(words & rules.words) for name, rules in self.languages.items() if name != "th"}
        best = max(scores, key=lambda name: scores[name])
        if scores[best] < 2 or list(scores.values()).count(scores[best]) > 1:
            return [self.languages[name] for name in scores]
        return [self.languages[name] for name in dict.fromkeys((best, "en"))]


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """The rules as shipped. Raises `ValueError` naming the file and the phrase that cannot be read."""
    raw = {language: _read(language) for language in LANGUAGES}
    return Rulebook({name: _rules(name, found) for name, found in raw.items()}, _cuts(raw.values()))


def _read(language: str) -> dict[str, Any]:
    text = files(__package__).joinpath("rules", f"{language}.yaml").read_text(encoding="utf-8")
    found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    if not isinstance(found, dict):
        raise ValueError(f"rules/{language}.yaml: a mapping is expected")
    return found


def _rules(language: str, raw: dict[str, Any]) -> Rules:
    time = TimeWords(raw["dates"])

    def phrases(sources: Iterable[str]) -> tuple[Phrase, ...]:
        return tuple(compile_phrase(text_of(source), spaced=language != "th", when=time.when) for source in sources)

    try:
        index = PhraseIndex(_slots(raw, phrases), spaced=language != "th")
    except (ValueError, KeyError) as error:
        raise ValueError(f"rules/{language}.yaml: {error}") from error
    return Rules(language, frozenset(raw["words"]), index, time)


def text_of(source: object) -> str:
    """A phrase of a rule file. YAML makes a mapping of an unquoted one with a colon: a rule that never speaks."""
    if not isinstance(source, str):
        raise ValueError(f"phrase {source!r} is no text; put it in quotes")
    return source


def _slots(
    raw: dict[str, Any], phrases: Callable[[Iterable[str]], tuple[Phrase, ...]]
) -> Iterator[tuple[Slot, Phrase]]:
    for name, found in raw["labels"].items():
        for part in PARTS:
            for phrase in phrases(found.get(part, ())):
                yield (Label(name).value, part), phrase
    for name, found in raw["signs"].items():
        for phrase in phrases(found):
            yield ("sign", name), phrase


def _cuts(raw: Iterable[dict[str, Any]]) -> Cuts:
    found = list(raw)
    merged = {
        name: [pattern for language in found for pattern in language["cut"].get(name, [])]
        for name in Cuts.__dataclass_fields__
    }
    return Cuts(**{name: _any_of(patterns) for name, patterns in merged.items()})


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or _NOTHING, re.IGNORECASE)
