"""The rules of a fault script, as `POST /_control/faults` takes them.

Invariant: a rule that was accepted can strike; whatever it could not mean is refused with the name of the field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What each kind may be told besides match, nth, probability and times, with its default.
KINDS: dict[str, dict[str, object]] = {
    "expired_session": {},
    "revoked_session": {},
    "daily_limit": {},
    "server_error": {"status": 500, "html": False},
    "lock": {"per": "call", "status": 500},
    "slow": {"seconds": 1.0, "body": False},
    "cut_body": {"declared": "whole"},
    "reset_before": {},
    "reset_after_commit": {},
    "forbidden": {},
    "duplicate_delivery": {"copies": 1, "fresh_ids": False},
    "shuffle_delivery": {},
    "late_delivery": {"seconds": 3600.0},
    "stale_cursor": {},
    "busy": {"status": 429},
}
OPERATIONS = (
    "query",
    "retrieve",
    "create",
    "update",
    "upsert",
    "delete",
    "convert",
    "composite",
    "bulk",
    "limits",
    "describe",
    "token",
    "soap",
    "deliver",
    "send",
    "schedule",
    "suppress",
    "read_back",
    "configure",
    "enrich",
)
SERVICES = ("salesforce", "sendgrid", "webhooks", "vendors")
_CHOICES: dict[tuple[str, str], tuple[object, ...]] = {
    ("server_error", "status"): (500, 502, 503),
    ("lock", "status"): (400, 500),
    ("lock", "per"): ("call", "record"),
    ("cut_body", "declared"): ("whole", "half"),
    ("busy", "status"): (429, 420),
}
_MATCHED = ("service", "method", "path", "object", "operation", "record")
_SHARED = {"kind", "match", "nth", "probability", "times"}
DELIVERIES = frozenset({"duplicate_delivery", "shuffle_delivery", "late_delivery"})
LONGEST_WAIT = 600.0
LONGEST_DELAY = 30 * 86_400.0
MOST_COPIES = 50


class RuleError(ValueError):
    """A fault script that cannot be carried out; its text says what to send."""


@dataclass(frozen=True)
class Match:
    """Which calls a rule is about; what is not given matches everything.

    But a rule that gives neither service, path nor operation is not about SendGrid or the vendors: a script written
    to trouble a CRM shall not lose mails.
    """

    service: str | None = None
    method: str | None = None
    path: re.Pattern[str] | None = None
    object: str | None = None
    operation: str | None = None
    record: str | None = None


@dataclass(frozen=True)
class Rule:
    """One rule: a kind of fault, the calls it is about, and how often it strikes."""

    kind: str
    match: Match
    nth: frozenset[int] | None
    probability: float | None
    times: int | None
    options: Mapping[str, Any]
    given: Mapping[str, Any]

    @property
    def level(self) -> str:
        """What it counts: whole calls, written records or webhook deliveries."""
        if self.kind in DELIVERIES:
            return "delivery"
        return "record" if self.options.get("per") == "record" else "call"


def read(given: object) -> Rule:
    """The rule that a JSON value means; RuleError if it means none."""
    if not isinstance(given, dict):
        raise RuleError('a rule is an object like {"kind": "server_error", "nth": [1]}')
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise RuleError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if unknown := sorted(set(given) - _SHARED - set(KINDS[kind])):
        known = ", ".join(sorted(_SHARED | set(KINDS[kind])))
        raise RuleError(f"a {kind} rule knows no {unknown[0]!r}; known are {known}")
    nth, probability = _nth(given.get("nth")), _probability(given.get("probability"))
    if nth is not None and probability is not None:
        raise RuleError("give nth or probability, not both")
    options = {name: _option(kind, name, given.get(name, default)) for name, default in KINDS[kind].items()}
    return Rule(kind, _match(given.get("match")), nth, probability, _times(given.get("times")), options, given)


def _match(given: object) -> Match:
    if given is None:
        return Match()
    if not isinstance(given, dict) or set(given) - set(_MATCHED):
        raise RuleError(f"match is an object with some of {', '.join(_MATCHED)}")
    for name, value in given.items():
        if value is not None and (not isinstance(value, str) or not value):
            raise RuleError(f"match.{name} must be a text")
    if given.get("service") not in (None, *SERVICES):
        raise RuleError(f"match.service must be one of {', '.join(SERVICES)}, not {given['service']!r}")
    operation = given.get("operation")
    if operation is not None and operation not in OPERATIONS:
        raise RuleError(f"match.operation must be one of {', '.join(OPERATIONS)}, not {operation!r}")
    return Match(
        service=given.get("service"),
        method=given["method"].upper() if given.get("method") else None,
        path=_pattern(given.get("path")),
        object=given["object"].lower() if given.get("object") else None,
        operation=operation,
        record=given.get("record"),
    )


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as problem:
        raise RuleError(f"match.path is not a regular expression: {problem}") from None


def _nth(given: object) -> frozenset[int] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not given or not all(_counts(each) for each in given):
        raise RuleError("nth is a list of calls counted from 1, for example [1, 3]")
    return frozenset(given)


def _probability(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise RuleError("probability is a number from 0 to 1")
    return float(given)


def _times(given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or not _counts(given):
        raise RuleError("times is how often the rule strikes at most: a whole number from 1, or null")
    return given


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _option(kind: str, name: str, value: object) -> object:
    choices = _CHOICES.get((kind, name))
    if choices is not None:
        if isinstance(value, bool) or value not in choices:
            raise RuleError(f"{name} of a {kind} rule must be one of {', '.join(map(str, choices))}")
        return value
    if name == "seconds":
        longest = LONGEST_DELAY if kind in DELIVERIES else LONGEST_WAIT
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 <= float(str(value)) <= longest:
            raise RuleError(f"seconds must be a number from 0 to {longest:.0f}")
        return float(str(value))
    if name == "copies":
        if not isinstance(value, int) or not _counts(value) or value > MOST_COPIES:
            raise RuleError(f"copies must be a whole number from 1 to {MOST_COPIES}")
        return value
    if not isinstance(value, bool):
        raise RuleError(f"{name} of a {kind} rule must be true or false")
    return value
