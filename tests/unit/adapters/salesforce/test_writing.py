"""Writing: an outcome for each record, whatever the answer is; locks pass, duplicates are linked, limits stop."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.domain.actions import ActionState
from tests.scripted_server import HANGUP, Answer, ScriptedServer
from tests.unit.adapters.salesforce.scripts import (
    LEAD,
    LIMIT,
    Waits,
    by_session,
    composite,
    done,
    error,
    failed,
    sent,
)

ACCEPTED, REJECTED, PLANNED, UNCERTAIN = (
    ActionState.ACCEPTED,
    ActionState.REJECTED,
    ActionState.PLANNED,
    ActionState.UNCERTAIN,
)
KEY = "Closeloop_Key__c"
LOCKED = failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")


def writer(script: ScriptedServer, waits: Waits | None = None) -> Writer:
    return Writer(by_session(script, waits), "62.0")


def tasks(count: int, **values: Any) -> list[Record]:
    return [Record(f"t{n:04}", "Task", {KEY: f"t{n:04}", **values}) for n in range(count)]


def people(count: int) -> list[Record]:
    return [Record(str(n), "Lead", {"Email": f"p{n}@north.example"}) for n in range(count)]


# an answer that is lost


def test_an_insert_with_a_key_is_repeated_and_knows_the_record_it_made_before(script: ScriptedServer) -> None:
    there = f"duplicate value found: {KEY} duplicates value on record with id: 00T000000000001"
    script.then(HANGUP, composite([failed("DUPLICATE_VALUE", there), done(2)]))
    first, second = writer(script).insert(tasks(2), unique=KEY)
    assert (first.state, first.record_id) == (ACCEPTED, "00T000000000001EAA")
    assert second.state is ACCEPTED


def test_a_value_that_another_field_shares_is_no_record_of_ours(script: ScriptedServer) -> None:
    there = "duplicate value found: Serial__c duplicates value on record with id: 00T000000000001"
    script.then(composite([failed("DUPLICATE_VALUE", there)]))
    (outcome,) = writer(script).insert(tasks(1), unique=KEY)
    assert outcome.state is REJECTED


def test_updates_and_upserts_are_repeated(script: ScriptedServer) -> None:
    script.then(HANGUP, composite([done(1)]), Answer(500, "<html>"), composite([done(1)]))
    (changed,) = writer(script).update([Record("k", "Lead", {"Id": LEAD, "Title": "CFO"})])
    (put,) = writer(script).upsert(people(1), by="Email")
    assert (changed.state, put.state) == (ACCEPTED, ACCEPTED)


def test_a_part_that_failed_inside_the_org_may_have_been_written(script: ScriptedServer) -> None:
    whole = {"referenceId": "part0", "httpStatusCode": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION"}]}
    script.then(composite())
    script.answers[-1] = Answer(200, json.dumps({"compositeResponse": [whole]}))
    (outcome,) = writer(script).insert([Record("k", "Task", {})])
    assert outcome.state is UNCERTAIN


# locks


def test_locked_records_are_tried_again_in_ever_smaller_company(script: ScriptedServer) -> None:
    waits = Waits()
    script.then(
        composite([LOCKED] * 25 + [done(n) for n in range(5)]),
        composite([done(1)] * 19 + [LOCKED], [LOCKED] + [done(1)] * 4),
        composite([LOCKED], [done(2)]),
    )
    outcomes = writer(script, waits).insert(tasks(30), unique=KEY)
    assert [[len(part) for part in sent(script, n)] for n in range(3)] == [[30], [20, 5], [1, 1]]
    assert [outcome.key for outcome in outcomes] == [f"t{n:04}" for n in range(30)]
    assert [outcome.state for outcome in outcomes].count(PLANNED) == 1
    assert len(waits.seconds) == 2


def test_a_collection_that_is_locked_as_a_whole_is_tried_again(script: ScriptedServer) -> None:
    body = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m"}]
    part = {"referenceId": "part0", "httpStatusCode": 500, "body": body}
    script.then(Answer(200, json.dumps({"compositeResponse": [part]})), composite([done(1)]))
    (outcome,) = writer(script).insert(tasks(1), unique=KEY)
    assert outcome.state is ACCEPTED


# the daily limit


def test_a_spent_limit_stops_the_writing_and_what_is_left_waits_hours(script: ScriptedServer) -> None:
    whole_call = [[done(n) for n in range(200)]] * 5
    script.then(composite(*whole_call), LIMIT)
    outcomes = writer(script).insert(tasks(2_500), unique=KEY)
    assert len(script.asked) == 2
    assert [o.state for o in outcomes] == [ACCEPTED] * 1_000 + [PLANNED] * 1_500
    assert {o.retry_after for o in outcomes[1_000:]} == {timedelta(hours=6)}


# what concerns one record only


def test_one_record_that_breaks_a_rule_costs_itself_only(script: ScriptedServer) -> None:
    script.then(composite([done(1), failed("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A rule of the admin"), done(3)]))
    outcomes = writer(script).upsert(people(3), by="Email")
    assert [o.state for o in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert "A rule of the admin" in outcomes[1].detail


# duplicate rules


def match(record_id: str, kind: str, confidence: float) -> dict[str, Any]:
    record = {"attributes": {"type": kind, "url": f"/services/data/v62.0/sobjects/{kind}/{record_id}"}}
    found = {"matchConfidence": confidence, "record": {**record, "Id": record_id}}
    return {"entityType": kind, "matchRecords": [found], "rule": "R", "size": 1, "success": True}


def duplicate(spelling: str, *matches: dict[str, Any]) -> dict[str, Any]:
    details = {"allowSave": True, "duplicateRule": "Standard", "matchResults": list(matches)}
    return failed("DUPLICATES_DETECTED", "Use one of these records?", **{spelling: details})


@pytest.mark.parametrize("spelling", ["duplicateResut", "duplicateResult"])
def test_a_duplicate_is_linked_to_the_best_match_of_its_own_object(script: ScriptedServer, spelling: str) -> None:
    matches = [
        match("003000000000001EAA", "Contact", 100.0),
        match("00Q000000000008EAA", "Lead", 80.0),
        match("00Q000000000009EAA", "Lead", 95.0),
    ]
    script.then(composite([duplicate(spelling, *matches)]))
    (outcome,) = writer(script).upsert(people(1), by="Email")
    assert (outcome.state, outcome.record_id) == (ACCEPTED, "00Q000000000009EAA")
    assert "already there" in outcome.detail


def single(*results: dict[str, Any]) -> Answer:
    """What requests about one record each are answered."""
    bodies = [[{"errorCode": error.pop("statusCode"), **error} for error in r["errors"]] for r in results]
    parts = [{"referenceId": f"part{n}", "httpStatusCode": 400, "body": body} for n, body in enumerate(bodies)]
    return Answer(200, json.dumps({"compositeResponse": parts}))


def test_a_duplicate_that_a_collection_does_not_name_is_asked_about_alone(script: ScriptedServer) -> None:
    stopped = duplicate("duplicateResut", match("00Q000000000009EAA", "Lead", 95.0))
    script.then(composite([failed("DUPLICATES_DETECTED"), done(2)]), single(stopped))
    first, second = writer(script).upsert(people(2), by="Email")
    assert (first.state, first.record_id, second.state) == (ACCEPTED, "00Q000000000009EAA", ACCEPTED)
    (request,) = json.loads(script.bodies[1])["compositeRequest"]
    assert (request["method"], request["body"]) == ("PATCH", {})
    assert request["url"] == "/services/data/v62.0/sobjects/Lead/Email/p0%40north.example"


def test_a_duplicate_of_another_object_is_refused_in_words(script: ScriptedServer) -> None:
    stopped = duplicate("duplicateResut", match("003000000000001EAA", "Contact", 100.0))
    script.then(composite([stopped]), single(stopped))
    (outcome,) = writer(script).upsert(people(1), by="Email")
    assert outcome.state is REJECTED
    assert "Use one of these records?" in outcome.detail


def test_a_refusal_of_the_whole_call_is_for_a_later_pass(script: ScriptedServer) -> None:
    script.then(error(403, "API_DISABLED_FOR_ORG"))
    outcomes = writer(script).upsert(people(3), by="Email")
    assert {o.state for o in outcomes} == {PLANNED}
