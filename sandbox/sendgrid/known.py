"""What of a mail send request must exist on the account: its batch, its unsubscribe group.

Looked up before the rules are checked, so that the rules stay free of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import agenda
from sandbox.world import World

BATCH_LIVES_SECONDS = 864_000


@dataclass(frozen=True)
class Known:
    """The groups and batches that exist, of those a request names."""

    groups: frozenset[int] = frozenset()
    batches: frozenset[str] = frozenset()


def known_of(world: World, payload: Any) -> Known:
    """What exists of the things that this payload names; a payload of any shape is looked through."""
    if not isinstance(payload, Mapping):
        return Known()
    batch_id, asm = payload.get("batch_id"), payload.get("asm")
    group = asm.get("group_id") if isinstance(asm, Mapping) else None
    batches = {batch_id} if isinstance(batch_id, str) and is_batch(world, batch_id) else ()
    groups = {group} if isinstance(group, int) and is_group(world, group) else ()
    return Known(frozenset(groups), frozenset(batches))


def is_batch(world: World, batch_id: str) -> bool:
    """Whether POST /v3/mail/batch gave this id out, at most ten days ago."""
    oldest = agenda.now(world) - BATCH_LIVES_SECONDS
    row = world.db.execute(
        "SELECT 1 FROM sendgrid_batches WHERE batch_id = ? AND created >= ?", (batch_id, oldest)
    ).fetchone()
    return row is not None


def is_group(world: World, group_id: int) -> bool:
    """Whether an unsubscribe group has this id."""
    if isinstance(group_id, bool) or not 0 < group_id < 2**63:
        return False
    return world.db.execute("SELECT 1 FROM sendgrid_groups WHERE id = ?", (group_id,)).fetchone() is not None
