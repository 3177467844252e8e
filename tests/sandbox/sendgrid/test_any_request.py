"""Whatever is sent to any path of the mail sandbox, the answer is no 500 of ours, and has the API's shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox import control
from sandbox.inbox import urls as inbox
from sandbox.sendgrid import urls
from sandbox.world import open_world

KEY = "Bearer SG.sandbox.key"
WORDS = st.sampled_from(
    "enabled url http://x.example/a hostname r.example send_raw spam_check security_policy name description Product"
    " is_default recipient_emails ann@one.example delete_all emails batch_id status pause cancel query limit"
    " to_email='a' personalizations to email from subject content type text/plain value asm group_id signature"
    " template_id mail_settings sandbox_mode enable headers custom_args send_at attachments \ud800 \x00".split(" ")
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=6)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=10
)
PIECES = st.sampled_from("x 1 99999999999999999999 ann@one.example %00 %ff %2F .. é global a'b { _%".split())
PATHS = st.sampled_from([*sorted({path for _, path, _ in urls.TABLE}), "/v3/nothing/{x}", "/_control/sendgrid"])
CONTROL = st.sampled_from("/_control/inbound /_control/machines /_control/faults /_inbox/{x} /_inbox".split())
BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
QUERIES = st.sampled_from(
    " limit=5 query=a%ff query=subject%3D%22%00%22 offset=99999999999999999999999 page=9e9".split(" ")
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    world = open_world()
    routes = [*urls.routes(world), *control.routes(world), *inbox.routes(world)]
    # An exception of ours is raised in the test, where it can be seen; a test client opens no socket.
    with TestClient(Starlette(routes=routes), raise_server_exceptions=True) as served:
        yield served


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]),
    PATHS | CONTROL,
    PIECES,
    BODIES,
    QUERIES,
)
@example("POST", "/v3/asm/groups", "x", b'{"name": "\\ud800", "description": "x"}', "")
@example("GET", "/v3/asm/groups/{group_id:int}", "99999999999999999999", b"", "")
@example("POST", "/v3/mail/send", "x", b'{"asm": {"group_id": [1]}, "batch_id": {}}', "")
@example("POST", "/v3/mail/send", "x", b"[" * 100_000, "")
@example("GET", "/v3/suppression/{name}/{email}", "..", b"", "")
def test_any_request_gets_an_answer_in_the_apis_shape(
    client: TestClient, method: str, path: str, piece: str, body: bytes, query: str
) -> None:
    url = re.sub(r"\{[^}]*\}", lambda _: piece, path)
    headers = {"Authorization": KEY, "Content-Type": "application/json"}
    answer = client.request(method, f"{url}?{query}", content=body, headers=headers, follow_redirects=False)
    assert answer.status_code < 500
    # A client may fold `..` in a path, which then leads out of the API.
    if answer.request.url.path.startswith("/v3/") and answer.status_code >= 400 and method != "HEAD":
        errors = answer.json()["errors"]
        assert errors
        assert all({"message", "field", "help"} == set(each) for each in errors)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in urls.TABLE])
def test_every_path_wants_the_key(client: TestClient, method: str, path: str) -> None:
    url = path.replace("{group_id:int}", "1").replace("{", "").replace("}", "")
    answer = client.request(method, url, content=b"{}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"].startswith("The provided authorization grant is invalid")
