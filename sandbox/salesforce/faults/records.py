"""Strikes single records about to be written: another transaction holds them, or what they hang on.

Invariant: a struck record has written nothing; the journal's entry of the call names each one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.faults.script import Subject, script_of
from sandbox.salesforce.errors import locked
from sandbox.world import World

_KINDS = frozenset({"lock"})
Guard = Callable[[str, str, Sequence[str]], None]


def guard(world: World, strikes: list[dict[str, object]]) -> Guard:
    """The check that every write of one call passes; what strikes is added to `strikes`."""

    def check(operation: str, kind: str, ids: Sequence[str]) -> None:
        script = script_of(world)
        if not script.counts:
            return
        strike = script.strike(Subject("record", _KINDS, "", "", [(operation, kind)], ids))
        if strike is None:
            return
        wanted = strike.counted.rule.match.record
        held = next((each for each in ids if wanted and each[:15] == wanted[:15]), ids[0] if ids else "")
        strikes.append({**strike.entry(), "operation": operation, "object": kind, "record": held})
        raise locked(int(strike.options["status"]), held)

    return check
