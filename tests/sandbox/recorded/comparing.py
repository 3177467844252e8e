"""Compares what the sandbox answers with what the real org answered, value by value.

Invariant: ids are compared through the pairs found so far, times by their form; everything else must be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_ID = re.compile(r"[0-9a-zA-Z]{15}(?:[0-9a-zA-Z]{3})?")
_PREFIX = re.compile(r"[0-9][0-9a-zA-Z]{2}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
_VERSION = re.compile(r"/v\d+\.0/")
_KEYS = ("name", "value", "referenceId")
MISSING = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One value that differs: where it stands, what was recorded, what the sandbox says."""

    where: str
    recorded: Any
    ours: Any


@dataclass
class Comparison:
    """The pairs of ids known in one cassette, and how many values were compared so far."""

    pairs: dict[str, str] = field(default_factory=dict)
    compared: int = 0

    def differences(self, recorded: Any, ours: Any, where: str = "") -> Iterator[Difference]:
        """The differences below one place, in the order of the recorded answer."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name in [*recorded, *(name for name in ours if name not in recorded)]:
                found = (recorded.get(name, MISSING), ours.get(name, MISSING))
                yield from self.differences(*found, f"{where}.{name}" if where else name)
        elif isinstance(recorded, list) and isinstance(ours, list):
            for name, one, other in self._matched(recorded, ours):
                yield from self.differences(one, other, f"{where}[{name}]")
        else:
            self.compared += 1
            if not self._same(recorded, ours):
                yield Difference(where, recorded, ours)

    def _matched(self, recorded: list[Any], ours: list[Any]) -> Iterator[tuple[str, Any, Any]]:
        """Pairs of items: by name or id where they have one (the order says nothing then), else by place."""
        keys = [self._key(item) for item in recorded]
        others = {self._own_key(item): item for item in ours}
        if None in keys or None in others or len(set(keys)) < len(keys) or len(others) < len(ours):
            for at in range(max(len(recorded), len(ours))):
                one = recorded[at] if at < len(recorded) else MISSING
                yield str(at), one, ours[at] if at < len(ours) else MISSING
            return
        by_key = dict(zip(keys, recorded, strict=True))
        for key in [*by_key, *(key for key in others if key not in by_key)]:
            yield str(key), by_key.get(key, MISSING), others.get(key, MISSING)

    def _key(self, item: Any) -> str | None:
        key = self._own_key(item)
        return self.pairs.get(key, key) if key else None

    def _own_key(self, item: Any) -> str | None:
        if not isinstance(item, dict):
            return None
        if "childSObject" in item:
            return f"{item['childSObject']}.{item['field']}"
        address = (item.get("attributes") or {}).get("url")
        if isinstance(address, str):
            return address.rpartition("/")[2]
        return next((str(item[name]) for name in _KEYS if name in item), None)

    def _same(self, recorded: Any, ours: Any) -> bool:
        if isinstance(recorded, str) and isinstance(ours, str):
            return self._same_text(recorded, ours)
        equal = type(recorded) is type(ours) and bool(recorded == ours)
        return equal or self._same_number(recorded, ours)

    def _same_number(self, recorded: Any, ours: Any) -> bool:
        numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (recorded, ours))
        return numbers and bool(recorded == ours)

    def _same_text(self, recorded: str, ours: str) -> bool:
        if recorded == ours:
            return True
        if _is_id(recorded) and _is_id(ours):
            # An id met for the first time is bound to the one the sandbox gave in its place.
            return self.pairs.setdefault(recorded, ours) == ours and recorded[:3] == ours[:3]
        if _MOMENT.fullmatch(recorded) and _MOMENT.fullmatch(ours):
            return True
        return self.translated(_VERSION.sub("/", recorded)) == _VERSION.sub("/", ours)

    def translated(self, text: str) -> str:
        """A recorded text with every known id replaced by the sandbox's."""
        return re.sub(r"[0-9a-zA-Z]{18}", lambda match: self.pairs.get(match.group(), match.group()), text)


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None and _PREFIX.match(text) is not None
