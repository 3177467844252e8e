"""The other side: the script that an able developer writes in an afternoon. No Prefect, no ledger, no promises.

`python -m tests.bench.twin JOB.json RESULT.json`. It reads every Lead, enriches from the same registry, scores,
renders a mail from a template, sends by the thousand and writes back by the thousand, all at once over one
connection pool. It imports nothing of the product. What it leaves out is what it does not promise: it never
looks again before it sends, keeps no record, and started twice it writes to everybody twice.

Whom to write to stands in the job, so that both sides send the same number of mails to the same people.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from jinja2 import Environment

from tests.bench.meter import Meter, peak_megabytes

API = "/services/data/v62.0"
FIELDS = (
    "Id, OwnerId, Owner.Name, Status, Email, FirstName, LastName, Title, Company, Phone, Website, Country, "
    "Industry, NumberOfEmployees, AnnualRevenue, LeadSource, Description, HasOptedOutOfEmail, IsConverted"
)
AT_ONCE = 4
MAILS, WRITES, COLLECTION = 1000, 1000, 200
Row = dict[str, Any]

TEXT = """\
Hello {{ first }},

With {{ "{:,}".format(employees) }} people, {{ company }} handles more supplier invoices than anybody can check by \
hand. (Source: {{ source }}.)

Before I ask you for anything, I would like to give you something: a two-page benchmark of invoice effort in \
companies of your size. It is free, and it obliges you to nothing, not even to a call.

What Tallyard Match does about it: three-way matching that learns from corrections. In practice, seven of ten \
invoices need nobody, so the team looks only at those that differ. 71 % of invoices passed untouched after eight \
weeks (Tallyard customer survey 2025).

Shall I send it to you? A plain "yes" is enough; there is no form to fill in.

Maren Holt
Account director, Tallyard Ltd

--
Tallyard Ltd, 14 Quayside Road, Bristol BS1 6UL, United Kingdom
Reply with 'stop' and I will not write again.
"""
HTML = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{{ subject }}</title></head>
<body style="margin:0;padding:24px 20px;font:16px/1.55 -apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:580px;overflow-wrap:anywhere">
{% for paragraph in paragraphs %}<p style="margin:0 0 16px">{{ paragraph }}</p>
{% endfor %}
<p style="margin:28px 0 0;padding:12px 0 0;border-top:1px solid #8c8c8c55;font-size:13px;color:#767676">
Tallyard Ltd, 14 Quayside Road, Bristol BS1 6UL, United Kingdom</p>
</div></body></html>
"""
TEXT_TEMPLATE = Environment(autoescape=False).from_string(TEXT)  # noqa: S701 - plain text has nothing to escape
HTML_TEMPLATE = Environment(autoescape=True).from_string(HTML)


async def run(job: Row) -> int:
    """The whole pass; how many Leads were read."""
    registry = read_registry(Path(job["registry"]))
    chosen = set(job["mail_to"])
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=job["url"], limits=limits, timeout=60, trust_env=False) as http:
        crm = {"Authorization": f"Bearer {await sign_in(http, job)}"}
        leads = [row async for row in read_leads(http, crm)]
        facts = {lead["Id"]: facts_of(lead, registry) for lead in leads}
        mails = [mail(lead, facts[lead["Id"]], job) for lead in leads if lead["Email"] in chosen]
        await together(send(http, part, job) for part in parts(mails, MAILS))
        updates = [lead_update(lead, score(lead, facts[lead["Id"]]), lead["Email"] in chosen) for lead in leads]
        tasks = [task_of(item, job["now"]) for item in mails]
        await together(write(http, crm, part, "PATCH") for part in parts(updates, WRITES))
        await together(write(http, crm, part, "POST") for part in parts(tasks, WRITES))
    return len(leads)


async def together(work: Iterator[Coroutine[Any, Any, None]]) -> None:
    """All of them, at most `AT_ONCE` at a time (the pool's limit)."""
    await asyncio.gather(*work)


def parts(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


# Reading


async def sign_in(http: httpx.AsyncClient, job: Row) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": job["client_id"],
        "client_secret": job["client_secret"],
    }
    answer = await http.post("/services/oauth2/token", data=form)
    return str(answer.raise_for_status().json()["access_token"])


async def read_leads(http: httpx.AsyncClient, crm: dict[str, str]) -> AsyncIterator[Row]:
    address = str(httpx.URL(f"{API}/query/", params={"q": f"SELECT {FIELDS} FROM Lead ORDER BY Id"}))
    while address:
        page = (await http.get(address, headers=crm)).raise_for_status().json()
        for row in page["records"]:
            yield row
        address = page.get("nextRecordsUrl", "")


def read_registry(path: Path) -> dict[str, Row]:
    """Companies by the name of their site."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {label(row["website"]): row for row in rows if row["website"]}


def label(site: str) -> str:
    """`www.acme.co` and `https://acme.com/about` give `acme`."""
    found = re.match(r"(?:https?://)?(?:www\.)?([^/\s]+)\.\w+", site)
    return found[1].split(".")[-1].lower() if found else site.lower()


def facts_of(lead: Row, registry: dict[str, Row]) -> Row:
    """Employees, industry and country, from the CRM first and the registry second."""
    found = registry.get(label(lead["Email"].partition("@")[2]), {})
    number = re.search(r"\d[\d,]*", str(found.get("employees") or ""))
    return {
        "employees": lead["NumberOfEmployees"] or (int(number[0].replace(",", "")) if number else 0),
        "industry": lead["Industry"] or next(iter(found.get("industries", [])), ""),
        "country": lead["Country"] or found.get("country", ""),
        "source": found.get("wikipedia_url", "your website"),
    }


def score(lead: Row, facts: Row) -> int:
    """A profile of four criteria whose weights make 100."""
    title = (lead["Title"] or "").lower()
    leads_people = any(word in title for word in ("chief", "head", "director", "vp", "cfo", "coo", "cio"))
    size = 45 if facts["employees"] >= 500 else 10
    return size + 25 * bool(facts["industry"]) + 15 * bool(facts["country"]) + 15 * leads_people


# Sending


def mail(lead: Row, facts: Row, job: Row) -> Row:
    """One personalization and what the Task about it needs."""
    subject = f"For {lead['Company']}: a two-page benchmark of invoice effort"
    said = {"first": lead["FirstName"] or "there", "company": lead["Company"], **facts}
    text = TEXT_TEMPLATE.render(said)
    html = HTML_TEMPLATE.render(subject=subject, paragraphs=text.split("\n\n")[:-1])
    stop = f"{job['public_url']}/unsubscribe/{lead['Id']}"
    return {
        "lead": lead,
        "text": text,
        "personalization": {
            "to": [{"email": lead["Email"], "name": f"{lead['FirstName'] or ''} {lead['LastName']}".strip()}],
            "subject": subject,
            "custom_args": {"action_key": f"first:{lead['Id']}"},
            "substitutions": {
                "%text%": text,
                "%html%": html,
                "%reply%": f"reply+{lead['Id']}@replies.tallyard.example",
            },
            "headers": {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        },
    }


async def send(http: httpx.AsyncClient, mails: list[Row], job: Row) -> None:
    body = {
        "from": {"email": "maren.holt@mail.tallyard.example", "name": "Maren Holt (Tallyard Ltd)"},
        "reply_to": {"email": "%reply%"},
        "personalizations": [item["personalization"] for item in mails],
        "content": [{"type": "text/plain", "value": "%text%"}, {"type": "text/html", "value": "%html%"}],
        "categories": ["approach"],
    }
    key = {"Authorization": f"Bearer {job['sendgrid_key']}"}
    (await http.post("/v3/mail/send", json=body, headers=key)).raise_for_status()


# Writing back


def lead_update(lead: Row, points: int, written_to: bool) -> Row:
    fields = {"Closeloop_Stage__c": "approach" if written_to else "prospecting", "Closeloop_Score__c": points}
    status = {"Status": "Working - Contacted"} if written_to else {}
    return {"attributes": {"type": "Lead"}, "Id": lead["Id"], **fields, **status}


def task_of(item: Row, now: str) -> Row:
    lead = item["lead"]
    return {
        "attributes": {"type": "Task"},
        "WhoId": lead["Id"],
        "OwnerId": lead["OwnerId"],
        "Subject": f"Email: {item['personalization']['subject']}"[:255],
        "Description": item["text"],
        "ActivityDate": datetime.fromisoformat(now).date().isoformat(),
        "Status": "Completed",
        "Priority": "Normal",
        "TaskSubtype": "Email",
    }


async def write(http: httpx.AsyncClient, crm: dict[str, str], records: list[Row], method: str) -> None:
    """Five collections of 200 in one call."""
    requests = [
        {
            "method": method,
            "url": f"{API}/composite/sobjects",
            "referenceId": f"part{number}",
            "body": {"allOrNone": False, "records": part},
        }
        for number, part in enumerate(parts(records, COLLECTION))
    ]
    answer = await http.post(f"{API}/composite", json={"compositeRequest": requests}, headers=crm)
    results = [result for part in answer.raise_for_status().json()["compositeResponse"] for result in part["body"]]
    refused = [result["errors"] for result in results if not result["success"]]
    if refused:
        raise RuntimeError(f"{len(refused)} records were refused: {refused[0]}")


def main(job: Row) -> Row:
    """Run it; what this process used."""
    meter = Meter()
    with meter.lap("pass"):
        read = asyncio.run(run(job))
    return {
        "cpu_seconds": meter.cpu_seconds,
        "wall_seconds": meter.wall_seconds,
        "peak_megabytes": peak_megabytes(os.getpid()),
        "leads_read": read,
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
