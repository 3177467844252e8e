"""What the org says about itself: versions, resources, describes, limits and record counts.

Invariant: every address given here is one that this sandbox answers.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import describe
from sandbox.salesforce.rest.request import Answer, Request

_FIRST, _LAST = 31, 68
_SEASONS = ("Spring", "Summer", "Winter")
_RESOURCES = ("sobjects", "query", "queryAll", "composite", "limits")


def versions() -> list[dict[str, str]]:
    """The API versions an org offers, oldest first."""
    return [
        {"label": _season(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(_FIRST, _LAST + 1)
    ]


def _season(number: int) -> str:
    # Three releases a year; version 68 is Winter '27.
    back = _LAST - number
    season = _SEASONS[(2 - back) % 3]
    year = 27 - (back + (0 if back == 0 else 2)) // 3
    return f"{season} '{year}"


def resources(request: Request) -> Answer:
    """GET the version itself: its resources."""
    return Answer(200, {name: f"{request.base}/{name}" for name in _RESOURCES})


def global_describe(request: Request) -> Answer:
    """GET sobjects."""
    found = [describe.overview(kind, request.base) for kind in request.call.visible.types.values()]
    return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})


def basic(request: Request, name: str) -> Answer:
    """GET sobjects/X: the overview and the records used last."""
    kind = request.kind(name)
    rows = request.call.store.rows(kind)[-5:]
    names = next((item.name for item in kind.fields.values() if "n" in item.flags), "Id")
    recent = [_recent(request, kind.name, row["Id"], row[names]) for row in reversed(rows)]
    return Answer(200, {"objectDescribe": describe.overview(kind, request.base), "recentItems": recent})


def _recent(request: Request, kind: str, record_id: str, name: Any) -> dict[str, Any]:
    attributes = {"type": kind, "url": f"{request.base}/sobjects/{kind}/{record_id}"}
    return {"attributes": attributes, "Id": record_id, "Name": name}


def whole(request: Request, name: str) -> Answer:
    """GET sobjects/X/describe."""
    kind = request.kind(name)
    types = [each.info for each in request.call.setup.record_types if each.object == kind.name]
    return Answer(200, describe.whole(request.call.visible, kind, request.base, types))


def limits(request: Request) -> Answer:
    """GET limits."""
    jobs = request.org.jobs
    spent = {"DailyBulkApiBatches": jobs.batches, "DailyBulkV2QueryJobs": jobs.queries}
    return Answer(200, request.org.limits.report(spent))


def record_count(request: Request) -> Answer:
    """GET limits/recordCount?sObjects=A,B; without names, every object."""
    given = [name for name in request.query.get("sObjects", "").split(",") if name.strip()]
    names = given or list(request.call.schema.types)
    kinds = [kind for kind in (request.call.schema.find(name.strip()) for name in names) if kind is not None]
    counts = []
    for kind in kinds:
        sql = f"SELECT COUNT(*) FROM {kind.table} WHERE IsDeleted = 0"
        counts.append({"count": request.call.store.db.execute(sql).fetchone()[0], "name": kind.name})
    return Answer(200, {"sObjects": [count for count in counts if count["count"]]})
