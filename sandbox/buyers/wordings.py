"""The sentences buyers use, read from wordings.json, in the person's language where there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.buyers.chance import Chance
from sandbox.buyers.personas import Outcome

FILE = Path(__file__).with_name("wordings.json")


@dataclass(frozen=True)
class Wording:
    """A text with $fields, the language it is in, and the kind of date it names, if any."""

    text: str
    language: str
    when: str = ""


@cache
def wordings() -> dict[str, dict[str, tuple[Wording, ...]]]:
    """All wordings by "label" or "label/tone" and language."""
    listed: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return {
        key: {
            language: tuple(_wording(item, language) for item in items) for language, items in by_language.items()
        }
        for key, by_language in listed.items()
        if key != "about"
    }


def choose(chance: Chance, outcome: Outcome, language: str, *name: object) -> Wording:
    """The wording of an outcome; English where the person's language has none."""
    key = f"{outcome.label}/{outcome.tone}" if outcome.tone else outcome.label
    by_language = wordings()[key]
    chosen = by_language.get(language) or by_language["en"]
    return chance.pick(chosen, "wording", key, *name)


def _wording(item: str | dict[str, str], language: str) -> Wording:
    if isinstance(item, str):
        return Wording(item, language)
    return Wording(item["text"], language, item["when"])
