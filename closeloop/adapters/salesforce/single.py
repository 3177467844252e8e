"""One record a request, 25 requests a call: for records whose answer in a collection does not say enough.

Invariant: only records that were surely not written are sent this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.failures import Ambiguous
from closeloop.adapters.salesforce.results import Keyed, Result, outcome_of, retry, uncertain
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

REQUESTS_PER_CALL = 25
NOT_DONE = 300


class Manner(Protocol):
    """How the records are written."""

    @property
    def operation(self) -> str: ...

    @property
    def key_field(self) -> str | None: ...

    @property
    def repeatable(self) -> bool: ...


def write_alone(calls: Calls, base: str, records: Sequence[Keyed], manner: Manner) -> list[Result]:
    """One result per record, in order. `base` is the path of `sobjects`."""
    results: list[Result] = []
    for start in range(0, len(records), REQUESTS_PER_CALL):
        results += _one_call(calls, base, records[start : start + REQUESTS_PER_CALL], manner)
    return results


def _one_call(calls: Calls, base: str, records: Sequence[Keyed], manner: Manner) -> list[Result]:
    requests = [_request(base, record, manner, number) for number, record in enumerate(records)]
    body = {"allOrNone": False, "compositeRequest": requests}
    try:
        answer = calls.write("composite", body, repeatable=manner.repeatable)
    except Ambiguous as problem:
        return [uncertain(record.key, str(problem)) for record in records]
    except (CrmUnavailable, CrmRefused) as problem:
        return [retry(record.key, str(problem)) for record in records]
    parts = {part["referenceId"]: part for part in answer["compositeResponse"]}
    return [_result(record, parts[f"part{number}"], manner) for number, record in enumerate(records)]


def _request(base: str, record: Keyed, manner: Manner, number: int) -> dict[str, Any]:
    method, url, values = "POST", f"{base}/{record.object}", dict(record.values)
    if manner.operation != "insert" and manner.key_field:
        key = quote(str(values.pop(manner.key_field)), safe="")
        field = "" if manner.key_field == "Id" else f"/{manner.key_field}"
        method, url = "PATCH", f"{url}{field}/{key}"
    return {"method": method, "url": url, "referenceId": f"part{number}", "body": values}


def _result(record: Keyed, part: dict[str, Any], manner: Manner) -> Result:
    body = part["body"]
    if part["httpStatusCode"] < NOT_DONE:
        record_id = body["id"] if isinstance(body, dict) else record.values.get("Id")
        return CrmOutcome(key=record.key, state=ActionState.ACCEPTED, record_id=record_id)
    errors = body if isinstance(body, list) else [body]
    return outcome_of(record, {"success": False, "errors": errors}, manner.key_field)
