"""What a scripted Salesforce answers, and calls to it that wait no real time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from tests.scripted_server import Answer, ScriptedServer

LEAD = "00Q000000000001EAA"
EXPIRED = Answer(401, json.dumps([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]))
LIMIT = Answer(
    403,
    json.dumps([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]),
    {"Sforce-Limit-Info": "api-usage=100000/100000"},
)


@dataclass
class Waits:
    """Every wait that was asked for, and the bound each was drawn from."""

    seconds: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)

    def jitter(self, most: float) -> float:
        self.bounds.append(most)
        return most / 2


def token(script: ScriptedServer, session_id: str) -> Answer:
    return ok({"access_token": session_id, "instance_url": script.url})


def ok(body: Any, **headers: str) -> Answer:
    return Answer(200, json.dumps(body), headers)


def error(status: int, code: str, message: str = "so it is") -> Answer:
    return Answer(status, json.dumps([{"errorCode": code, "message": message}]))


def page(*ids: str, more: str | None = None) -> Answer:
    rest = {"nextRecordsUrl": more} if more else {}
    return ok({"records": [{"Id": i} for i in ids], "done": more is None, **rest})


def composite(*bodies: Any) -> Answer:
    parts = [{"referenceId": f"part{n}", "httpStatusCode": 200, "body": body} for n, body in enumerate(bodies)]
    return ok({"compositeResponse": parts})


def done(number: int) -> dict[str, Any]:
    return {"id": f"00T{number:012}EAA", "success": True, "errors": []}


def failed(code: str, message: str = "m", **more: Any) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": [], **more}]}


def by_session(script: ScriptedServer, waits: Waits | None = None) -> Calls:
    waits = waits or Waits()
    login = SalesforceLogin(instance_url=script.url, session_id="a session")
    return Calls(connect(login), waits.seconds.append, waits.jitter)


def by_secret(script: ScriptedServer, waits: Waits | None = None) -> Calls:
    """Signed in as `session 1`."""
    waits = waits or Waits()
    script.then(token(script, "session 1"))
    login = SalesforceLogin(instance_url=script.url, client_id="a", client_secret="b")
    return Calls(connect(login), waits.seconds.append, waits.jitter)


def sent(script: ScriptedServer, number: int) -> list[list[dict[str, Any]]]:
    """The records of each collection in the given request."""
    requests = json.loads(script.bodies[number])["compositeRequest"]
    return [request["body"]["records"] for request in requests]
