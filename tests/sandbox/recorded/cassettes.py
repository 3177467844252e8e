"""Reads the recordings that the `cumulusci` wheel carries; the package is looked up, never imported.

Invariant: every recorded exchange is either returned or named with the reason why it is left out.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.sandbox.recorded import bulk_v1

_ELSEWHERE = {
    "https://github.com/": "not Salesforce: the device login of GitHub",
    "githubusercontent.com": "not Salesforce: a file on GitHub",
    "/tooling/": "Tooling API (Apex tests): Closeloop neither writes nor tests Apex",
    "/services/async/": "the protocol of Bulk API 1.0; its rows are played as Bulk API 2.0 jobs",
    "/connect/": "Connect API: Closeloop works with no communities",
    "/sobjects/Case/": "Case: no object of the sales process",
    "/sobjects/Custom__c/": "Custom__c: a custom object of the recorded org",
    "RecordType": "RecordType: the sandbox org has only the master record type",
    "/sobjects/Account/describe#person": "person accounts are not switched on in the sandbox org",
}


@dataclass(frozen=True)
class Exchange:
    """One request and what the real org answered."""

    cassette: str
    method: str
    path: str
    query: str
    body: Any
    status: int
    answer: Any

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class LeftOut:
    """A recorded exchange that is not played, and why."""

    cassette: str
    title: str
    reason: str


def home() -> Path | None:
    """Where the package lies, or None if it is not installed."""
    found = importlib.util.find_spec("cumulusci")
    return Path(found.origin).parent if found is not None and found.origin else None


def load(root: Path) -> dict[str, list[Exchange | LeftOut]]:
    """The exchanges of each cassette, in the order they were recorded in."""
    files = [*root.glob("**/cassettes/*.yaml"), *root.glob("tests/shared_cassettes/*.yaml")]
    return {path.stem: list(_read(root, path)) for path in sorted(files, key=lambda path: path.name)}


def _read(root: Path, path: Path) -> Iterator[Exchange | LeftOut]:
    content = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    jobs = bulk_v1.Jobs()
    for raw in content.get("interactions", []) if "interactions" in content else [content]:
        if "include_file" in raw:
            # Describes and the organization are shared by most cassettes and played once, from their own files.
            continue
        rows = jobs.read(raw)
        if rows is not None:
            yield Exchange(path.stem, "BULK", "/services/data/v59.0/jobs/ingest", "", rows[0], 200, rows[1])
        else:
            yield _exchange(path.stem, raw)


def _exchange(cassette: str, raw: dict[str, Any]) -> Exchange | LeftOut:
    request, response = raw["request"], raw["response"]
    split = urlsplit(request["uri"].replace("vxx.0", "v59.0"))
    mark = "#person" if "PersonAccount" in cassette else ""
    title = f"{request['method']} {split.path}"
    for part, reason in _ELSEWHERE.items():
        if part in f"{request['uri']}{mark}":
            return LeftOut(cassette, title, reason)
    if cassette.startswith("ManualEdit"):
        return LeftOut(cassette, title, "edited by hand by its authors: no longer what the org answered")
    return Exchange(
        cassette,
        request["method"],
        split.path,
        split.query,
        _parsed(request.get("body")),
        response["status"]["code"],
        _parsed((response.get("body") or {}).get("string")),
    )


def _parsed(body: Any) -> Any:
    text = body.decode() if isinstance(body, bytes) else body
    return json.loads(text.replace("vxx.0", "v59.0")) if text else None
