"""The one door: who signs in again and how often, what is repeated, and what is said when nothing may be."""

from __future__ import annotations

import json

import pytest

from closeloop.adapters.salesforce.calls import FIRST_WAIT, LONGEST_WAIT, TRIES, Ambiguous, Calls, DailyLimit
from closeloop.adapters.salesforce.connection import SalesforceLogin, SignInRefused, connect
from closeloop.domain.errors import CrmRefused, CrmUnavailable
from tests.scripted_server import HANGUP, Answer, Hangup, ScriptedServer
from tests.unit.adapters.salesforce.scripts import EXPIRED, LIMIT, Waits, by_secret, by_session, error, ok, token

TOKEN = "POST /services/oauth2/token"


def test_an_expired_session_is_renewed_and_the_call_made_once_more(script: ScriptedServer) -> None:
    calls = by_secret(script)
    script.then(EXPIRED, token(script, "session 2"), ok({"fine": True}))
    assert calls.read("limits/") == {"fine": True}
    assert script.sessions[-1] == "Bearer session 2"
    assert [line for line in script.asked if line == TOKEN] == [TOKEN] * 2


def test_a_write_too_is_made_once_more_after_a_renewal_since_nothing_was_done(script: ScriptedServer) -> None:
    calls = by_secret(script)
    script.then(EXPIRED, token(script, "session 2"), ok({"fine": True}))
    assert calls.write("composite", {"a": 1}) == {"fine": True}
    assert script.bodies[-1] == script.bodies[1]


@pytest.mark.parametrize("answer", [EXPIRED, Answer(401, "<html>"), Answer(401, '{"error": "no"}')])
def test_a_session_that_is_refused_at_once_again_ends_after_one_renewal(
    script: ScriptedServer, answer: Answer
) -> None:
    calls = by_secret(script)
    script.then(answer, token(script, "session 2"), answer)
    with pytest.raises(SignInRefused, match="just given us"):
        calls.read("limits/")
    assert len(script.asked) == 4


def test_a_session_id_cannot_be_renewed_and_the_error_says_what_to_set(script: ScriptedServer) -> None:
    calls = by_session(script)
    script.then(EXPIRED)
    with pytest.raises(SignInRefused, match="CLOSELOOP_SALESFORCE_SESSION_ID"):
        calls.read("limits/")
    assert len(script.asked) == 1


def test_a_sign_in_that_fails_for_a_moment_is_tried_again_with_the_call(script: ScriptedServer) -> None:
    calls = by_secret(script)
    script.then(EXPIRED, Answer(503, "<html>"), EXPIRED, token(script, "session 2"), ok([1]))
    assert calls.read("limits/") == [1]


def test_a_session_that_expires_a_second_time_is_renewed_a_second_time(script: ScriptedServer) -> None:
    calls = by_secret(script)
    script.then(EXPIRED, token(script, "session 2"), ok([1]), EXPIRED, token(script, "session 3"), ok([2]))
    assert (calls.read("limits/"), calls.read("limits/")) == ([1], [2])
    assert script.sessions[-1] == "Bearer session 3"


def test_a_soap_envelope_gets_the_new_session(script: ScriptedServer) -> None:
    calls = by_secret(script)
    fault = Answer(500, "<e:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode></e:Fault>")
    script.then(fault, token(script, "session & 2"), Answer(200, "<fine/>"))
    assert calls.soap("/services/Soap/u/62.0", "<sessionId>session 1</sessionId>") == "<fine/>"
    assert script.bodies[-1] == b"<sessionId>session &amp; 2</sessionId>"


@pytest.mark.parametrize(
    "answer",
    [
        HANGUP,
        Answer(500, "<html>"),
        error(502, "X"),
        Answer(200, "{"),
        Answer(200, '{"a"', {"Content-Length": "4000"}),
        error(429, "TOO_MANY"),
        Answer(420, "<html>"),
        error(503, "SERVER_UNAVAILABLE"),
        error(500, "UNABLE_TO_LOCK_ROW"),
        error(400, "UNABLE_TO_LOCK_ROW"),
        error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
    ],
)
def test_what_passes_is_tried_again(script: ScriptedServer, answer: Answer | Hangup) -> None:
    calls = by_session(script)
    script.then(answer, ok([1]), answer, ok([2]))
    assert calls.read("limits/") == [1]
    assert calls.write("composite", {}, repeatable=True) == [2]
    assert calls.made == 4


@pytest.mark.parametrize("answer", [HANGUP, Answer(500, "<html>"), Answer(200, "{")])
def test_a_write_whose_answer_is_lost_is_not_made_again_unless_it_may_be(
    script: ScriptedServer, answer: Answer | Hangup
) -> None:
    calls = by_session(script)
    script.then(answer)
    with pytest.raises(Ambiguous):
        calls.write("composite", {})
    assert calls.made == 1


def test_waits_are_random_below_a_bound_that_doubles_up_to_the_longest(script: ScriptedServer) -> None:
    waits = Waits()
    calls = by_session(script, waits)
    script.then(*[error(503, "SERVER_UNAVAILABLE")] * TRIES)
    with pytest.raises(CrmUnavailable, match=f"{TRIES} times"):
        calls.read("limits/")
    assert waits.bounds == [min(LONGEST_WAIT, FIRST_WAIT * 2**n) for n in range(1, TRIES)]
    assert waits.seconds == [bound / 2 for bound in waits.bounds]


def test_real_waits_are_drawn_between_zero_and_the_bound(script: ScriptedServer) -> None:
    seconds: list[float] = []
    client = connect(SalesforceLogin(instance_url=script.url, session_id="a session"))
    calls = Calls(client, seconds.append)
    for _ in range(50):
        calls.wait(1)
    assert 0 <= min(seconds) < max(seconds) <= 2 * FIRST_WAIT
    assert len(set(seconds)) > 10


def test_a_spent_daily_limit_is_said_with_the_figures_and_not_asked_again(script: ScriptedServer) -> None:
    calls = by_session(script)
    script.then(LIMIT)
    with pytest.raises(DailyLimit, match=r"100,000 of 100,000.*within 24 hours"):
        calls.read("limits/")
    assert (calls.made, calls.usage) == (1, (100_000, 100_000))


def test_what_is_refused_is_not_asked_again(script: ScriptedServer) -> None:
    calls = by_session(script)
    script.then(error(400, "MALFORMED_QUERY", "\nunexpected token"))
    with pytest.raises(CrmRefused, match="MALFORMED_QUERY: unexpected token"):
        calls.read("query/")
    assert calls.made == 1


def test_how_much_of_the_limit_is_used_is_known_from_any_answer(script: ScriptedServer) -> None:
    calls = by_session(script)
    info = {"Sforce-Limit-Info": "api-usage=18/5000; per-app-api-usage=17/250(appName=x)"}
    script.then(Answer(200, json.dumps([]), info))
    calls.read("limits/")
    assert calls.usage == (18, 5000)
