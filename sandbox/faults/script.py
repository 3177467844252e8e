"""Decides which call a fault script strikes, and counts.

Invariant: the same script, seed and order of calls strike the same calls; of several rules that would strike,
the first one does, and every rule counts every call it matches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults.rules import Rule, RuleError, read
from sandbox.world import World

_PART = "faults"
MOST_RULES = 200


@dataclass(frozen=True)
class Subject:
    """What may be struck: a call, a record about to be written, or a delivery.

    `parts` are the pairs of operation and object in it; `kinds` are the faults that make sense for it.
    """

    level: str
    kinds: frozenset[str]
    method: str
    path: str
    parts: Sequence[tuple[str, str | None]] = ()
    records: Sequence[str] = ()
    service: str = "salesforce"


@dataclass
class Counted:
    """A rule with what became of it."""

    rule: Rule
    matched: int = 0
    struck: int = 0
    # A revoked session stays so: from its first strike on, the rule strikes every call to this service.
    lasting: str = ""


@dataclass
class Strike:
    """One fault that happens now."""

    number: int
    counted: Counted
    subject: Subject
    journalled: bool = field(default=False)

    @property
    def kind(self) -> str:
        return self.counted.rule.kind

    @property
    def options(self) -> Mapping[str, Any]:
        return self.counted.rule.options

    def entry(self) -> dict[str, Any]:
        """The strike as the journal shows it."""
        return {"kind": self.kind, "rule": self.number, "strike": self.counted.struck}


class Script:
    """The rules in force."""

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self.seed = seed
        self.counts = [Counted(rule) for rule in rules]

    def strike(self, subject: Subject) -> Strike | None:
        """Counts the subject with every rule it matches; the fault that happens to it, if any."""
        found: Strike | None = None
        for number, counted in enumerate(self.counts):
            if not _matches(counted, subject):
                continue
            counted.matched += 1
            if found is None and self._due(number, counted):
                counted.struck += 1
                counted.lasting = subject.service if counted.rule.kind == "revoked_session" else ""
                found = Strike(number, counted, subject)
        return found

    def _due(self, number: int, counted: Counted) -> bool:
        rule = counted.rule
        if counted.lasting:
            return True
        if rule.times is not None and counted.struck >= rule.times:
            return False
        if rule.nth is not None:
            return counted.matched in rule.nth
        return rule.probability is None or self._share(number, counted.matched) < rule.probability

    def _share(self, number: int, matched: int) -> float:
        digest = hashlib.blake2b(f"{self.seed}|{number}|{matched}".encode(), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 2**56

    def report(self) -> dict[str, Any]:
        """The script with how many subjects each rule matched and how often it struck."""
        shown = [{**each.rule.given, "matched": each.matched, "struck": each.struck} for each in self.counts]
        return {"seed": self.seed, "rules": shown}


def _matches(counted: Counted, subject: Subject) -> bool:
    rule = counted.rule
    if rule.level != subject.level or rule.kind not in subject.kinds:
        return False
    match = rule.match
    if match.service not in (None, subject.service):
        return False
    if counted.lasting:
        return counted.lasting == subject.service
    if subject.service in {"sendgrid", "vendors"} and not (match.service or match.path or match.operation):
        return False
    if match.method not in (None, subject.method):
        return False
    if match.path is not None and match.path.search(subject.path) is None:
        return False
    if match.record is not None and not _touched(match.record, subject.records):
        return False
    return _part_of(match.operation, match.object, subject.parts)


def _touched(record: str, records: Sequence[str]) -> bool:
    # Ids come in 15 and in 18 characters; the first 15 tell them apart.
    return any(each[:15] == record[:15] for each in records)


def _part_of(operation: str | None, wanted: str | None, parts: Sequence[tuple[str, str | None]]) -> bool:
    if operation is None and wanted is None:
        return True
    return any(operation in (None, done) and wanted in (None, (name or "").lower()) for done, name in parts)


def script_of(world: World) -> Script:
    """The script in force in this world; an empty one at first."""
    found = world.parts.get(_PART)
    return found if isinstance(found, Script) else replace(world, Script())


def replace(world: World, script: Script) -> Script:
    """Puts another script in force; nothing is left of the one before."""
    world.parts[_PART] = script
    return script


def reading(body: Mapping[str, Any]) -> Script:
    """The script that a control request means; RuleError names the rule that is wrong."""
    given, seed = body.get("rules"), body.get("seed", 0)
    if not isinstance(given, list) or not given:
        raise RuleError('send {"rules": [{"kind": "server_error", "nth": [1]}], "seed": 1}; DELETE ends a script')
    if len(given) > MOST_RULES:
        raise RuleError(f"a script has at most {MOST_RULES} rules")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise RuleError("seed must be a whole number")
    rules = []
    for number, each in enumerate(given):
        try:
            rules.append(read(each))
        except RuleError as problem:
            raise RuleError(f"rules[{number}]: {problem}") from None
    return Script(rules, seed)
