"""Another client, written by other people for the real thing (aio-sf), works against the sandbox unmodified."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from tests.sandbox.conftest import Sandbox

aio_sf = pytest.importorskip(
    "aio_sf", reason="aio-sf is not installed: pip install --no-deps -r requirements-recordings.lock"
)

Answer = TypeVar("Answer")
# Its classes are known at run time only.
AioClient = Any


@pytest.fixture
def client(sandbox: Sandbox) -> AioClient:
    known = sandbox.salesforce
    login = aio_sf.ClientCredentialsAuth(sandbox.url, known["client_id"], known["client_secret"])
    return aio_sf.SalesforceClient(login, version="v62.0")


def run(client: AioClient, story: Callable[[AioClient], Awaitable[Answer]]) -> Answer:
    """Runs one story with a client that logs in at its beginning and closes at its end."""

    async def told() -> Answer:
        async with client:
            return await story(client)

    return asyncio.run(told())


def people(count: int) -> list[dict[str, Any]]:
    return [
        {"LastName": f"Person {number}", "Company": "Acme", "Closeloop_Key__c": f"k{number}"}
        for number in range(count)
    ]


async def inserted(client: AioClient, count: int) -> list[str]:
    results = await client.collections.insert(people(count), "Lead", all_or_none=False)
    assert all(result["success"] for result in results)
    return [result["id"] for result in results]


async def rows(client: AioClient, soql: str) -> list[dict[str, Any]]:
    return list(await (await client.query.soql(soql)).collect_all())


def test_it_logs_in_once_for_several_calls(client: AioClient, sandbox: Sandbox) -> None:
    async def story(client: AioClient) -> tuple[str, str]:
        first = client.access_token
        await rows(client, "SELECT Id FROM User")
        return first, client.access_token

    before, after = run(client, story)
    assert before == after


def test_it_creates_queries_updates_and_deletes(client: AioClient) -> None:
    async def story(client: AioClient) -> None:
        ids = await inserted(client, 250)
        changes = [{"Id": record_id, "Title": "CTO"} for record_id in ids[:3]]
        assert all(result["success"] for result in await client.collections.update(changes, "Lead"))
        found = await rows(client, "SELECT Id, Title, Owner.Name FROM Lead WHERE Title = 'CTO' ORDER BY Id")
        assert [record["Id"] for record in found] == ids[:3]
        assert all(result["success"] for result in await client.collections.delete(ids[:3]))
        assert len(await client.query.soql("SELECT Id FROM Lead")) == 247
        assert len(await client.query.soql("SELECT Id FROM Lead", include_deleted=True)) == 250

    run(client, story)


def test_it_upserts_by_external_id_and_hears_of_each_bad_record(client: AioClient) -> None:
    async def story(client: AioClient) -> None:
        await inserted(client, 1)
        records = [*people(2), {"LastName": "", "Company": "B", "Closeloop_Key__c": "bad"}]
        results = await client.collections.upsert(records, "Closeloop_Key__c", "Lead", all_or_none=False)
        assert [result.get("created") for result in results[:2]] == [False, True]
        assert results[2]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"

    run(client, story)


def test_it_reads_more_than_one_page(client: AioClient) -> None:
    async def story(client: AioClient) -> list[dict[str, Any]]:
        await inserted(client, 2100)
        return await rows(client, "SELECT Closeloop_Key__c FROM Lead")

    assert len({record["Closeloop_Key__c"] for record in run(client, story)}) == 2100


def test_it_finds_every_key_that_it_knows_of_a_describe(client: AioClient) -> None:
    kinds = pytest.importorskip("aio_sf.api")

    async def story(client: AioClient) -> tuple[Any, Any, Any]:
        describe = client.describe
        return await describe.sobject("Lead"), await describe.list_sobjects(), await describe.get_limits()

    lead, objects, limits = run(client, story)
    assert set(kinds.SObjectDescribe.__required_keys__) <= set(lead)
    assert set(kinds.FieldInfo.__required_keys__) <= set(lead["fields"][0])
    assert set(kinds.SObjectInfo.__required_keys__) <= set(objects[0])
    assert limits["DailyApiRequests"]["Remaining"] < limits["DailyApiRequests"]["Max"]


def test_it_reads_by_bulk_query(client: AioClient) -> None:
    async def story(client: AioClient) -> list[str]:
        await inserted(client, 25)
        job = await client.bulk_v2.execute_query(
            "SELECT Id, Closeloop_Key__c FROM Lead ORDER BY Id", poll_interval=0
        )
        assert job["numberRecordsProcessed"] == 25
        pages: list[str] = []
        locator = None
        while not pages or locator:
            page, locator = await client.bulk_v2.get_job_results(job["id"], locator, max_records=10)
            pages.append(page)
        return [row["Closeloop_Key__c"] for page in pages for row in csv.DictReader(io.StringIO(page))]

    assert run(client, story) == [f"k{number}" for number in range(25)]


def test_it_is_told_when_a_statement_is_wrong(client: AioClient) -> None:
    import httpx

    async def story(client: AioClient) -> None:
        await client.query.soql("SELECT Nope FROM Lead")

    with pytest.raises(httpx.HTTPStatusError) as caught:
        run(client, story)
    assert caught.value.response.json()[0]["errorCode"] == "INVALID_FIELD"
