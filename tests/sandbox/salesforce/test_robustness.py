"""Whatever a client sends is answered in Salesforce's terms; nothing breaks and nothing half-done stays."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce import dml
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.models import Org, org_of, snapshot
from sandbox.salesforce.soql.run import run
from sandbox.world import open_world
from tests.sandbox.conftest import Sandbox

BASE = "/services/data/v66.0"
WORDS = st.sampled_from(
    "SELECT FROM WHERE AND OR NOT IN LIKE GROUP BY HAVING ORDER LIMIT OFFSET ASC NULLS LAST ( ) , = != < >= : '"
    " Lead Task Id Name Title Who.Name Owner.Name What.Type COUNT() COUNT(Id) SUM(AnnualRevenue) FIELDS(ALL) n"
    " 'x' '%\\_%' 5 -1.5 null true TODAY LAST_N_DAYS:3 N_YEARS_AGO:99999 2026-01-01 2026-01-01T00:00:00Z"
    " CALENDAR_YEAR(CreatedDate) (SELECT Id FROM Tasks) Email Description DoNotCall".split(" ")
)
JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=90)
    | st.lists(st.integers(), max_size=2)
)
FIELDS = st.sampled_from(
    "LastName Company FirstName Email AnnualRevenue NumberOfEmployees OwnerId DoNotCall Status CleanStatus Latitude"
    " Closeloop_Key__c Closeloop_Next_Step_Date__c EmailBouncedDate Name Owner Nothing attributes Id".split()
)


@pytest.fixture(scope="module")
def org() -> Org:
    return org_of(open_world())


@given(st.lists(WORDS, min_size=1, max_size=14), st.booleans())
def test_any_words_are_a_query_or_a_refusal(org: Org, words: list[str], whole: bool) -> None:
    statement = " ".join(["SELECT Id FROM Lead WHERE", *words] if whole else words)
    with contextlib.suppress(ApiError):
        run(org.call(), statement, BASE).page(0, 10)


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_a_refusal(org: Org, text: str) -> None:
    with contextlib.suppress(ApiError):
        run(org.call(), text, BASE).page(0, 10)


@settings(max_examples=150)
@given(st.dictionaries(FIELDS, JSON, max_size=6), st.booleans())
def test_any_body_is_a_record_or_a_refusal_that_wrote_nothing(org: Org, body: dict[str, Any], full: bool) -> None:
    body = {"LastName": "A", "Company": "B", **body} if full else body
    before = snapshot(org.world)
    try:
        with org.store.transaction():
            record_id = dml.create(org.call(), org.store.schema["Lead"], body)
    except ApiError:
        assert snapshot(org.world) == before
        return
    assert org.store.get(org.store.schema["Lead"], record_id) is not None
    org.store.clear()


def test_thousands_of_conditions_are_no_problem_but_a_bottomless_one_is_refused(org: Org) -> None:
    many = " OR ".join(f"Title = '{number}'" for number in range(4000))
    assert run(org.call(), f"SELECT Id FROM Lead WHERE {many}", BASE).total == 0
    deep = "(" * 3000 + "Title = 'x'" + ")" * 3000
    with pytest.raises(ApiError) as caught:
        run(org.call(), f"SELECT Id FROM Lead WHERE {deep}", BASE)
    assert caught.value.code == "QUERY_TOO_COMPLICATED"


def test_an_address_beyond_16_kilobytes_is_refused(sandbox: Sandbox) -> None:
    ids = ",".join("'00Q000000000001EAA'" for _ in range(900))
    answer = sandbox.rest("GET", "query", params={"q": f"SELECT Id FROM Lead WHERE Id IN ({ids})"})
    assert answer.status_code == 414
