"""Reads recorded jobs of Bulk API 1.0 as what they ask for and what became of each row.

The sandbox offers Bulk API 2.0, which does the same by other addresses: the rows and their outcomes are compared,
the protocol of making, closing and polling a job is not.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

_RESULT = re.compile(r"/job/(?P<job>\w+)/batch/\w+/result$")
_BATCH = re.compile(r"/job/(?P<job>\w+)/batch$")


@dataclass
class Jobs:
    """The jobs of one cassette, as far as it has been read."""

    asked: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, raw: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """Takes one exchange; a body and the outcomes of its rows, once both are known."""
        request, path = raw["request"], raw["request"]["uri"]
        if request["method"] == "POST" and path.endswith("/job"):
            names = ("operation", "object", "externalIdFieldName")
            found = {name: re.search(rf"<{name}>(\w+)</{name}>", str(request["body"])) for name in names}
            self.asked = {name: match.group(1) for name, match in found.items() if match}
        elif request["method"] == "POST" and (match := _BATCH.search(path)) and _is_table(request["body"]):
            content = _unchunked(str(request["body"]))
            ends = "CRLF" if "\r\n" in content else "LF"
            self.bodies[match["job"]] = {"job": {**self.asked, "lineEnding": ends}, "content": content}
        elif (match := _RESULT.search(path)) and match["job"] in self.bodies:
            return self.bodies.pop(match["job"]), _outcomes(raw["response"]["body"]["string"])
        return None


def _is_table(body: Any) -> bool:
    return isinstance(body, str) and "\r\n" in body


def _unchunked(text: str) -> str:
    """The content of a body that was recorded with its chunk sizes."""
    found, at = "", 0
    while size := int(text[at : (line := text.index("\r\n", at))], 16):
        found += text[line + 2 : line + 2 + size]
        at = line + 2 + size + 2
    return found


def _outcomes(content: str) -> list[dict[str, Any]]:
    rows = csv.DictReader(io.StringIO(content))
    return [
        {
            "id": row["Id"],
            "success": row["Success"] == "true",
            "created": row["Created"] == "true",
            "error": row["Error"],
        }
        for row in rows
    ]
