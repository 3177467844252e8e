"""What only the Salesforce adapter has to do: few calls, honest counts, and telling apart what is sure."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from closeloop.adapters.salesforce.calls import TRIES, Calls
from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from closeloop.adapters.salesforce.conversion import convert
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmUpdate
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable, UsageError
from tests.contract.crm_orgs import SandboxOrg, draft, lead_row, login_to, person, task, wish
from tests.sandbox.conftest import Sandbox
from tests.scripted_server import HANGUP, Answer, Hangup, ScriptedServer, closed_port, scripted_server

LEAD = "00Q000000000001EAA"


@pytest.fixture
def org(salesforce: SandboxOrg) -> SandboxOrg:
    return salesforce


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with scripted_server() as served:
        yield served


def calls_to(url: str) -> Calls:
    waits: list[float] = []
    return Calls(connect(SalesforceLogin(instance_url=url, session_id="a session")), sleep=waits.append)


def refusing_crm() -> SalesforceCrm:
    """A CRM whose sign-in cannot be reached."""

    def nobody() -> None:
        raise CrmUnavailable("Salesforce cannot be reached")

    return SalesforceCrm(nobody, sleep=lambda _: None)  # type: ignore[arg-type]


def api_calls(sandbox: Sandbox) -> int:
    return sum(entry["summary"].get("calls", 1) for entry in sandbox.journal("salesforce"))


def test_the_calls_we_count_are_the_calls_the_org_counts(org: SandboxOrg) -> None:
    crm = org.crm
    crm.ready()
    crm.upsert_leads([draft(n) for n in range(5)])
    leads = crm.changed_leads(org.beginning, 2_000)
    crm.look([person(lead.id) for lead in leads])
    crm.update([CrmUpdate(object="Lead", record_id=lead.id, fields={"Title": "CFO"}, reason="") for lead in leads])
    (made, *_) = crm.convert([wish(leads[0].id, leads[0].owner_id)])
    crm.contact_roles({made.ids["opportunity"]: (made.ids["contact"], "Decision Maker")})
    crm.create_tasks([task("task:1", leads[1].id, leads[1].owner_id)])
    assert crm.calls_made() == api_calls(org.sandbox) > 7


def test_a_thousand_writes_are_one_call(org: SandboxOrg) -> None:
    org.crm.ready()
    people = [Record(str(n), "Lead", lead_row(n)) for n in range(1_001)]
    before = org.crm.calls_made()
    assert {o.state for o in org.crm.writer.upsert(people[:1_000], by="Email")} == {ActionState.ACCEPTED}
    assert org.crm.calls_made() == before + 1
    org.crm.writer.upsert(people, by="Email")
    assert org.crm.calls_made() == before + 3


def test_outcomes_of_a_large_batch_are_those_of_their_own_records(org: SandboxOrg) -> None:
    bad = {3, 199, 200, 777}
    drafts = [draft(n, email="nonsense") if n in bad else draft(n) for n in range(1_000)]
    outcomes = org.crm.upsert_leads(drafts)
    assert {int(o.key) for o in outcomes if o.state is ActionState.REJECTED} == bad
    emails = {row["Id"]: row["Email"] for row in org.rows("Lead", "Id", "Email")}
    assert all(emails[str(o.record_id)] == draft(int(o.key)).email for o in outcomes if o.record_id)


def test_fields_the_org_lacks_are_left_out_and_the_rest_is_written(org: SandboxOrg) -> None:
    (lead,) = org.insert("Lead", [lead_row()])
    fields = {"Title": "CFO", "Closeloop_Nowhere__c": "x"}
    (outcome,) = org.crm.update([CrmUpdate(object="Lead", record_id=lead, fields=fields, reason="")])
    assert outcome.state is ActionState.ACCEPTED
    assert org.crm.read("Lead", [lead], list(fields)) == {lead: {"Title": "CFO"}}


# signing in


def test_a_wrong_secret_is_refused_and_never_shown(sandbox: Sandbox) -> None:
    login = SalesforceLogin(instance_url=sandbox.url, client_id="sandbox-client-id", client_secret="wrong-one")
    with pytest.raises(CrmRefused, match="refuses the sign-in") as caught:
        connect(login)
    assert "wrong-one" not in f"{caught.value} {login!r}"


def test_an_instance_that_nobody_serves_is_unavailable() -> None:
    login = SalesforceLogin(instance_url=f"http://127.0.0.1:{closed_port()}", client_id="a", client_secret="b")
    with pytest.raises(CrmUnavailable, match="cannot be reached"):
        connect(login)


def test_settings_that_are_not_complete_are_wrong_use() -> None:
    with pytest.raises(UsageError, match="CLOSELOOP_SALESFORCE_CLIENT_ID"):
        connect(SalesforceLogin(instance_url="https://acme.my.salesforce.com"))


def test_a_session_that_ends_is_signed_in_again(sandbox: Sandbox) -> None:
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)))
    crm.ready()
    crm.calls.client.session_id = "an old session"
    crm.calls.client.headers["Authorization"] = "Bearer an old session"
    assert crm.changed_leads(None, 10) == []


# what is sure and what is not


def error(code: str) -> str:
    return json.dumps([{"errorCode": code, "message": "so it is"}])


@pytest.mark.parametrize(
    ("answer", "state", "times"),
    [
        (HANGUP, ActionState.UNCERTAIN, 1),
        (Answer(500, error("UNKNOWN_EXCEPTION")), ActionState.UNCERTAIN, 1),
        (Answer(200, "<html>"), ActionState.UNCERTAIN, 1),
        (Answer(503, error("SERVER_UNAVAILABLE")), ActionState.PLANNED, TRIES),
        (Answer(429, error("TOO_MANY")), ActionState.PLANNED, TRIES),
        (Answer(403, error("REQUEST_LIMIT_EXCEEDED")), ActionState.PLANNED, 1),
    ],
    ids=["hangup", "500", "no JSON", "unavailable", "429", "limit"],
)
def test_a_write_that_could_happen_twice_is_repeated_only_when_it_surely_did_not_happen(
    script: ScriptedServer, answer: Answer | Hangup, state: ActionState, times: int
) -> None:
    script.then(*[answer] * times)
    writer = Writer(calls_to(script.url), "62.0")
    (outcome,) = writer.insert([Record("k", "Task", {"Subject": "Call"})])
    assert (outcome.key, outcome.state) == ("k", state)
    assert len(script.bodies) == times


def composite(body: object) -> Answer:
    part = {"referenceId": "part0", "httpStatusCode": 200, "body": body}
    return Answer(200, json.dumps({"compositeResponse": [part]}))


def test_locked_records_are_tried_again_and_wrong_ones_are_not(script: ScriptedServer) -> None:
    failed = [
        {"success": False, "errors": [{"statusCode": code, "message": "m"}]}
        for code in ("UNABLE_TO_LOCK_ROW", "REQUIRED_FIELD_MISSING")
    ]
    script.then(composite(failed), composite(failed[:1]), composite(failed[:1]))
    outcomes = Writer(calls_to(script.url), "62.0").insert([Record(k, "Task", {}) for k in "ab"])
    assert [outcome.state for outcome in outcomes] == [ActionState.PLANNED, ActionState.REJECTED]
    assert outcomes[0].retry_after


def test_a_refused_connection_changes_nothing() -> None:
    calls = calls_to(f"http://127.0.0.1:{closed_port()}")
    (outcome,) = Writer(calls, "62.0").insert([Record("k", "Task", {})])
    assert outcome.state is ActionState.PLANNED


def test_a_read_is_tried_again_until_there_is_an_answer(script: ScriptedServer) -> None:
    rows = json.dumps({"records": [{"Id": LEAD}], "done": True})
    script.then(HANGUP, Answer(503, error("SERVER_UNAVAILABLE")), Answer(200, rows))
    calls = calls_to(script.url)
    assert list(Reader(calls).query("SELECT Id FROM Lead")) == [{"Id": LEAD}]
    assert calls.made == 3


def test_a_read_that_never_gets_an_answer_says_try_later(script: ScriptedServer) -> None:
    script.then(*[HANGUP] * TRIES)
    with pytest.raises(CrmUnavailable, match="5 times"):
        list(Reader(calls_to(script.url)).query("SELECT Id FROM Lead"))


def test_a_refused_read_is_not_tried_again(script: ScriptedServer) -> None:
    script.then(Answer(403, error("INSUFFICIENT_ACCESS")))
    with pytest.raises(CrmRefused, match="INSUFFICIENT_ACCESS"):
        list(Reader(calls_to(script.url)).query("SELECT Id FROM Lead"))


ENVELOPE = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{}</e:Body></e:Envelope>'


def fault(code: str) -> Answer:
    inner = f"<e:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: so it is</faultstring></e:Fault>"
    return Answer(500, ENVELOPE.format(inner))


def soap_error(code: str) -> Answer:
    inner = (
        '<r xmlns="urn:partner.soap.sforce.com"><result><errors><message>m</message>'
        f"<statusCode>{code}</statusCode></errors><success>false</success></result></r>"
    )
    return Answer(200, ENVELOPE.format(inner))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (HANGUP, ActionState.UNCERTAIN),
        (Answer(502, "<html>"), ActionState.UNCERTAIN),
        (Answer(200, "not XML"), ActionState.UNCERTAIN),
        (fault("UNKNOWN_EXCEPTION"), ActionState.UNCERTAIN),
        (fault("INVALID_SESSION_ID"), ActionState.PLANNED),
        (fault("REQUEST_LIMIT_EXCEEDED"), ActionState.PLANNED),
        (soap_error("UNABLE_TO_LOCK_ROW"), ActionState.PLANNED),
        (soap_error("CANNOT_UPDATE_CONVERTED_LEAD"), ActionState.UNCERTAIN),
        (soap_error("FIELD_CUSTOM_VALIDATION_EXCEPTION"), ActionState.REJECTED),
    ],
    ids=["hangup", "502", "no XML", "unknown", "session", "limit", "lock", "already", "validation"],
)
def test_a_conversion_is_refused_for_good_only_by_what_is_wrong_with_its_lead(
    script: ScriptedServer, answer: Answer | Hangup, state: ActionState
) -> None:
    script.then(answer)
    (outcome,) = convert(calls_to(script.url), [wish(LEAD, "005000000000001EAA")])
    assert outcome.state is state
    assert (outcome.retry_after is not None) == (state is ActionState.PLANNED)


def test_writes_to_an_org_that_cannot_be_reached_raise_nothing() -> None:
    update = CrmUpdate(object="Lead", record_id=LEAD, fields={"Title": "CFO"}, reason="")
    outcomes = [
        *refusing_crm().upsert_leads([draft(7)]),
        *refusing_crm().update([update]),
        *refusing_crm().create_tasks([task("task:1", LEAD, "005000000000001EAA")]),
        *refusing_crm().convert([wish(LEAD, "005000000000001EAA")]),
        *refusing_crm().contact_roles({"006000000000001EAA": ("003000000000001EAA", "Decision Maker")}),
    ]
    assert [o.key for o in outcomes] == ["7", LEAD, "task:1", f"convert:{LEAD}", "006000000000001EAA"]
    assert {outcome.state for outcome in outcomes} == {ActionState.PLANNED}


def test_reads_of_an_org_that_cannot_be_reached_say_try_later() -> None:
    for read in (lambda: refusing_crm().changed_leads(None, 10), lambda: refusing_crm().ready()):
        with pytest.raises(CrmUnavailable):
            read()
