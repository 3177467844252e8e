"""A no or a threat in any language, whichever language the rest of a reply seems to be in.

Recall comes first here: one mail too few is a small loss, one mail after a no is the worst mistake there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import yaml

from closeloop.adapters.replies import labels as labelling
from closeloop.adapters.replies.labels import Found
from closeloop.adapters.replies.normal import unmarked
from closeloop.adapters.replies.rulebook import Reading
from closeloop.domain.signals import Label


def look_again(found: Found, lines: list[str], readings: list[Reading]) -> None:
    """Look at single lines too, since two sentences without a full stop may look like one that was broken.

    What excuses the first is then no excuse for the second.
    """
    for label in labelling.SAFETY:
        if label not in found and any(is_said(label, line, readings) for line in lines):
            found.sentences[label] = [0]


def cast(found: Found, said: list[str], readings: list[Reading], others: list[Reading]) -> None:
    """Add opt-outs and legal demands that `others`, the languages not looked at so far, find; then the rest of
    them.

    What the `unless` of the reply's own language excuses stays excused: `are you GDPR compliant?` is no threat.
    """
    for label in labelling.SAFETY:
        excused = [phrase for reading in readings for phrase in reading.tried.get((label.value, "unless"), ())]
        for number, sentence in enumerate(said):
            if _is_caught(label, sentence, others) and not any(phrase.matches(sentence) for phrase in excused):
                known = found.sentences.setdefault(label, [])
                found.sentences[label] = sorted({*known, number})


def _is_caught(label: Label, sentence: str, others: list[Reading]) -> bool:
    if _nets()[label].search(unmarked(sentence)):
        return True
    return is_said(label, sentence, others)


def is_said(label: Label, sentence: str, readings: list[Reading]) -> bool:
    """Whether a rule of one of these languages finds the label in this sentence, and none excuses it."""
    return any(
        any(phrase.matches(sentence) for phrase in reading.tried.get((label.value, "say"), ()))
        and not any(phrase.matches(sentence) for phrase in reading.tried.get((label.value, "unless"), ()))
        for reading in readings
    )


@lru_cache(maxsize=1)
def _nets() -> Mapping[Label, re.Pattern[str]]:
    raw = yaml.safe_load(files(__package__).joinpath("rules", "others.yaml").read_text(encoding="utf-8"))
    return {Label(name): re.compile("|".join(f"(?:{one})" for one in found)) for name, found in raw.items()}
