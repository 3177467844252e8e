"""The rule files of all languages, read and compiled once. What is wrong in one is named with its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from closeloop.adapters.replies.patterns import Phrase, compile_phrase
from closeloop.adapters.replies.time_words import TimeWords
from closeloop.domain.signals import Label

LANGUAGES = ("en", "de", "es", "th")
_THAI = re.compile("[\u0e00-\u0e7f]")
_WORD = re.compile(r"[a-z]+")
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
class LabelRules:
    """When a sentence has this label: some phrase of `say`, none of `unless`; `weak` when nothing else."""

    label: Label
    say: tuple[Phrase, ...]
    weak: tuple[Phrase, ...]
    unless: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """One language."""

    language: str
    words: frozenset[str]
    labels: tuple[LabelRules, ...]
    signs: Mapping[str, tuple[Phrase, ...]]
    """Phrases that are no label: `machine_command`, `absence`, `automatic`, `stays`, `joint`, `gone` …"""
    time: TimeWords


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All languages."""

    languages: Mapping[str, Rules]
    cuts: Cuts

    def of(self, text: str) -> list[Rules]:
        """English and the language of this plain text; all Latin ones when it is too short to tell."""
        if _THAI.search(text):
            return [self.languages["th"], self.languages["en"]]
        words = set(_WORD.findall(text))
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
        return tuple(compile_phrase(str(source), spaced=language != "th", when=time.when) for source in sources)

    try:
        labels = tuple(
            LabelRules(Label(name), *(phrases(found.get(part, ())) for part in ("say", "weak", "unless")))
            for name, found in raw["labels"].items()
        )
        signs = {name: phrases(found) for name, found in raw["signs"].items()}
    except (ValueError, KeyError) as error:
        raise ValueError(f"rules/{language}.yaml: {error}") from error
    return Rules(language, frozenset(raw["words"]), labels, signs, time)


def _cuts(raw: Iterable[dict[str, Any]]) -> Cuts:
    found = list(raw)
    merged = {
        name: [pattern for language in found for pattern in language["cut"].get(name, [])]
        for name in Cuts.__dataclass_fields__
    }
    return Cuts(**{name: _any_of(patterns) for name, patterns in merged.items()})


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or _NOTHING, re.IGNORECASE)
