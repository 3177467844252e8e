"""One request's work in the org: who does it, when, and what came of it.

Invariant: `operations` tells what is true after the request: an operation that was rolled back says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.schema import Schema
from sandbox.salesforce.store import Store
from sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from sandbox.salesforce.admin.settings import Setup

_WISH = re.compile(r"(\w+)\s*=\s*(\w+)")
_CLIENT = re.compile(r"client\s*=\s*([\w.-]{1,80})", re.IGNORECASE)
Guard = Callable[[str, str, Sequence[str]], None]


def _unguarded(_operation: str, _kind: str, _ids: Sequence[str]) -> None:
    """Lets every write pass."""


@dataclass
class Call:
    """The context that data changes and queries run in.

    `guard` is asked before each record is written, with the operation, the object and the ids it touches; it
    refuses by raising. `strikes` are the faults that befell single records.
    """

    store: Store
    moment: datetime
    user_id: str
    setup: Setup
    operations: list[dict[str, Any]] = field(default_factory=list)
    username: str = ""
    # Whether field security applies: it is set up for the integration user, people see everything.
    secured: bool = True
    version: str = "59.0"
    client: str = ""
    transaction: str = ""
    save_duplicates: bool = False
    duplicate_details: bool = False
    # Records that duplicate rules do not see: a lead that is just being converted is no duplicate of its contact.
    exempt: frozenset[str] = frozenset()
    guard: Guard = _unguarded
    strikes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = stamp(self.moment)
        self.today = self.now[:10]

    @property
    def schema(self) -> Schema:
        """The org's objects and fields."""
        return self.setup.schema

    @property
    def visible(self) -> Schema:
        """The objects and fields that the caller may see."""
        return self.setup.visible if self.secured else self.setup.schema

    def told(self, headers: Mapping[str, str]) -> None:
        """Takes over what the headers of a request (or of a composite's part) ask of the writes that follow."""
        given = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
        wishes = dict(_WISH.findall(given.get("sforce-duplicate-rule-header", "").lower()))
        self.save_duplicates = wishes.get("allowsave") == "true"
        self.duplicate_details = wishes.get("includerecorddetails") == "true"
        found = _CLIENT.search(given.get("sforce-call-options", ""))
        self.client = found.group(1) if found else ""

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
