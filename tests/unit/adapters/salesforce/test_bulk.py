"""Bulk: a job starts once, its results find their rows, and what it cannot settle goes another way."""

from __future__ import annotations

import csv
import io
import json

from closeloop.adapters.salesforce.calls import TRIES
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.domain.actions import ActionState
from tests.scripted_server import HANGUP, Answer, Hangup, ScriptedServer
from tests.unit.adapters.salesforce.scripts import LIMIT, by_session, composite, done, error, ok, sent

JOB = "7500000000000AAAAA"
ACCEPTED, REJECTED, PLANNED, UNCERTAIN = (
    ActionState.ACCEPTED,
    ActionState.REJECTED,
    ActionState.PLANNED,
    ActionState.UNCERTAIN,
)
OPEN, COMPLETE = ok({"id": JOB, "state": "Open"}), ok({"id": JOB, "state": "JobComplete"})
WORKING, STARTED = ok({"id": JOB, "state": "InProgress"}), ok({"id": JOB, "state": "UploadComplete"})
TAKEN = Answer(201)


def writer(script: ScriptedServer) -> Writer:
    return Writer(by_session(script), "62.0", bulk_rows=3)


def people(count: int) -> list[Record]:
    return [
        Record(str(n), "Lead", {"Email": f"P{n}@north.example", "Title": None if n else 'CFO, "acting"\nhead'})
        for n in range(count)
    ]


def table(*rows: dict[str, str]) -> Answer:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["sf__Id"]
    text = io.StringIO()
    out = csv.DictWriter(text, names, quoting=csv.QUOTE_ALL)
    out.writeheader()
    out.writerows(rows)
    return Answer(200, text.getvalue())


def written(n: int) -> dict[str, str]:
    return {"sf__Id": f"00Q00000000000{n}EAA", "sf__Created": "true", "Email": f"p{n}@north.example"}


def refused(n: int, said: str) -> dict[str, str]:
    return {"sf__Id": "", "sf__Error": said, "Email": f"p{n}@north.example"}


def alone(status: int, body: object) -> Answer:
    part = {"referenceId": "part0", "httpStatusCode": status, "body": body}
    return Answer(200, json.dumps({"compositeResponse": [part]}))


def test_rows_below_the_threshold_go_in_collections(script: ScriptedServer) -> None:
    script.then(composite([done(1), done(2)]))
    writer(script).upsert(people(2), by="Email")
    assert script.asked == ["POST /services/data/v62.0/composite"]


def test_results_find_their_rows_in_any_order_and_case(script: ScriptedServer) -> None:
    script.then(
        OPEN,
        TAKEN,
        STARTED,
        WORKING,
        COMPLETE,
        table(written(2), written(0)),
        table(refused(1, "X:bad:--")),
        table(),
    )
    outcomes = writer(script).upsert(people(3), by="Email")
    assert [o.state for o in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert [o.record_id for o in outcomes] == ["00Q000000000000EAA", None, "00Q000000000002EAA"]
    assert len(script.asked) == 8


def test_the_csv_says_null_and_keeps_every_letter(script: ScriptedServer) -> None:
    script.then(OPEN, TAKEN, STARTED, COMPLETE, table(*map(written, range(3))), table(), table())
    writer(script).upsert(people(3), by="Email")
    rows = list(csv.DictReader(io.StringIO(script.bodies[1].decode(), newline="")))
    assert rows[0] == {"Email": "P0@north.example", "Title": 'CFO, "acting"\nhead'}
    assert rows[1] == {"Email": "P1@north.example", "Title": "#N/A"}
    assert json.loads(script.bodies[0])["externalIdFieldName"] == "Email"


def test_a_field_that_only_some_rows_have_is_left_alone_in_the_others(script: ScriptedServer) -> None:
    script.then(OPEN, TAKEN, STARTED, COMPLETE, table(), table(), table())
    ids = [f"00Q00000000000{n}EAA" for n in range(3)]
    fields: list[dict[str, object]] = [{"Title": "CFO"}, {"HasOptedOutOfEmail": True}, {}]
    writer(script).update([Record(i, "Lead", {"Id": i, **some}) for i, some in zip(ids, fields, strict=True)])
    assert script.bodies[1].decode().splitlines() == [
        "Id,Title,HasOptedOutOfEmail",
        f"{ids[0]},CFO,",
        f"{ids[1]},,true",
        f"{ids[2]},,",
    ]


def test_locked_and_duplicate_and_unprocessed_rows_are_tried_again_in_collections(script: ScriptedServer) -> None:
    script.then(
        *(OPEN, TAKEN, STARTED, COMPLETE, table(written(0))),
        table(
            refused(1, "UNABLE_TO_LOCK_ROW:m:--"), refused(2, "DUPLICATES_DETECTED:Use one of these records?:--")
        ),
        table({"Email": "P3@north.example"}),
        composite([done(1), done(3)]),
        alone(400, [{"errorCode": "DUPLICATES_DETECTED", "message": "no details"}]),
    )
    outcomes = writer(script).upsert(people(4), by="Email")
    assert [o.state for o in outcomes] == [ACCEPTED, ACCEPTED, REJECTED, ACCEPTED]
    assert [r["Email"] for r in sent(script, 7)[0]] == [f"P{n}@north.example" for n in (1, 3)]


def test_an_upload_whose_answer_is_lost_is_thrown_away_and_made_anew(script: ScriptedServer) -> None:
    aborted = ok({"id": JOB, "state": "Aborted"})
    rest = (OPEN, TAKEN, STARTED, COMPLETE, table(*map(written, range(3))), table(), table())
    script.then(OPEN, HANGUP, aborted, *rest)
    assert {o.state for o in writer(script).upsert(people(3), by="Email")} == {ACCEPTED}
    assert json.loads(script.bodies[2]) == {"state": "Aborted"}


def test_a_start_whose_answer_is_lost_is_not_repeated_when_the_job_runs(script: ScriptedServer) -> None:
    rest = (COMPLETE, table(*map(written, range(3))), table(), table())
    script.then(OPEN, TAKEN, HANGUP, WORKING, *rest)
    assert {o.state for o in writer(script).upsert(people(3), by="Email")} == {ACCEPTED}
    assert [line.split()[0] for line in script.asked].count("PATCH") == 1


def test_a_start_that_did_not_arrive_is_made_again(script: ScriptedServer) -> None:
    rest = (STARTED, COMPLETE, table(*map(written, range(3))), table(), table())
    script.then(OPEN, TAKEN, HANGUP, OPEN, *rest)
    assert {o.state for o in writer(script).upsert(people(3), by="Email")} == {ACCEPTED}
    assert [line.split()[0] for line in script.asked].count("PATCH") == 2


def test_an_org_without_bulk_is_written_to_in_collections(script: ScriptedServer) -> None:
    script.then(error(400, "FEATURENOTENABLED"), composite([done(1), done(2), done(3)]))
    assert {o.state for o in writer(script).upsert(people(3), by="Email")} == {ACCEPTED}


def test_a_job_that_is_lost_from_sight_is_uncertain(script: ScriptedServer) -> None:
    lost: list[Answer | Hangup] = [HANGUP] * TRIES
    script.then(OPEN, TAKEN, STARTED, *lost)
    outcomes = writer(script).upsert(people(3), by="Email")
    assert {o.state for o in outcomes} == {UNCERTAIN}
    assert JOB in outcomes[0].detail


def test_a_failed_job_leaves_rows_it_says_nothing_about_uncertain(script: ScriptedServer) -> None:
    ended = ok({"id": JOB, "state": "Failed"})
    script.then(OPEN, TAKEN, STARTED, ended, table(written(0)), table(), table({"Email": "p2@north.example"}))
    script.then(composite([done(2)]))
    outcomes = writer(script).upsert(people(3), by="Email")
    assert [o.state for o in outcomes] == [ACCEPTED, UNCERTAIN, ACCEPTED]


def test_a_spent_limit_stops_before_the_job(script: ScriptedServer) -> None:
    script.then(LIMIT)
    outcomes = writer(script).upsert(people(3), by="Email")
    assert {o.state for o in outcomes} == {PLANNED}
    assert len(script.asked) == 1
