"""One request's work in the org: who does it, when, and what came of it.

Invariant: `operations` tells what is true after the request: an operation that was rolled back says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.salesforce.schema import Schema
from sandbox.salesforce.store import Store
from sandbox.salesforce.values import stamp


@dataclass
class Call:
    """The context that data changes and queries run in."""

    store: Store
    moment: datetime
    user_id: str
    operations: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = stamp(self.moment)
        self.today = self.now[:10]

    @property
    def schema(self) -> Schema:
        return self.store.schema

    def note(self, op: str, kind: str, record_id: str | None, success: bool, key: str | None, **more: Any) -> None:
        """Remembers one operation for the journal."""
        entry = {"op": op, "object": kind, "id": record_id, "success": success, "key": key, **more}
        self.operations.append(entry)

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """A savepoint whose undone operations are marked as failed in the journal."""
        first = len(self.operations)
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            self.undo(first)
            raise

    def undo(self, first: int = 0) -> None:
        """Marks the operations since `first` as undone."""
        for operation in self.operations[first:]:
            if operation["success"]:
                operation |= {"success": False, "rolled_back": True}
