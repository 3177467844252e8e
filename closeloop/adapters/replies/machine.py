"""Whether a person wrote this, by headers first: bounces, automatic answers, people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib.resources import files

import yaml

_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*((?:.*(?:\r?\n[ \t]+.*)*))", re.MULTILINE)


class Writer(Enum):
    """Who or what wrote a mail."""

    PERSON = "person"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class _MachineRules:
    automatic_headers: Mapping[str, re.Pattern[str]]
    bounce_headers: Mapping[str, re.Pattern[str]]
    patterns: Mapping[str, re.Pattern[str]]


def written_by(subject: str, text: str, headers: str, sender: str) -> Writer:
    """A bounce is looked for first: taken for a reply it would start a loop."""
    rules, fields = _rules(), header_fields(headers)
    if _is_bounce(rules, fields, subject, text, sender):
        return _bounce(rules.patterns, f"{subject}\n{text}")
    if _any_header(rules.automatic_headers, fields) or rules.patterns["automatic_subjects"].search(subject):
        return Writer.AUTOMATIC
    return Writer.PERSON


def speaks_of_absence(subject: str) -> bool:
    """`Out of office: …` and its like."""
    return _rules().patterns["absence_subjects"].search(subject) is not None


def says_all(subject: str) -> bool:
    """True when the subject of a new mail is the message: `unsubscribe` with an empty body."""
    return _rules().patterns["subject_is_the_message"].search(subject) is not None


def header_fields(block: str) -> dict[str, str]:
    """Names in lower case to values, folded lines joined; a name that comes twice keeps both values."""
    fields: dict[str, str] = {}
    for name, value in _HEADER.findall(block):
        before = fields.get(name.lower())
        one_line = " ".join(value.split())
        fields[name.lower()] = one_line if before is None else f"{before}\n{one_line}"
    return fields


def _is_bounce(rules: _MachineRules, fields: dict[str, str], subject: str, text: str, sender: str) -> bool:
    if _any_header(rules.bounce_headers, fields) or rules.patterns["bounce_senders"].search(sender.strip("<> ")):
        return True
    if fields.get("return-path") == "<>" and rules.patterns["bounce_subjects"].search(subject):
        return True
    return bool(
        rules.patterns["bounce_subjects"].search(subject) and rules.patterns["bounce_text"].search(text)
    ) or bool(rules.patterns["bounce_text"].match(text.lstrip()))


def _bounce(patterns: Mapping[str, re.Pattern[str]], whole: str) -> Writer:
    """A failure unless it only speaks of a delay: mail to a dead address harms every later one."""
    delayed = patterns["delay"].search(whole) and not patterns["permanent"].search(whole)
    return Writer.DELAY if delayed else Writer.BOUNCE


def _any_header(wanted: Mapping[str, re.Pattern[str]], fields: dict[str, str]) -> bool:
    return any(name in fields and pattern.search(fields[name]) for name, pattern in wanted.items())


@lru_cache(maxsize=1)
def _rules() -> _MachineRules:
    raw = yaml.safe_load(files(__package__).joinpath("rules", "machine.yaml").read_text(encoding="utf-8"))
    compiled = {
        name: re.compile(found, re.IGNORECASE | re.MULTILINE if name == "bounce_text" else re.IGNORECASE)
        for name, found in raw.items()
        if isinstance(found, str)
    }
    return _MachineRules(_compiled(raw["automatic_headers"]), _compiled(raw["bounce_headers"]), compiled)


def _compiled(found: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in found.items()}
