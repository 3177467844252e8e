"""Forgetting a person in the org: finding what we made for them, and deleting it.

Invariant: only records that carry a key or mark of ours are ever called ours, and a file that people changed since
is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from closeloop.adapters.salesforce.calls import Calls, Request
from closeloop.adapters.salesforce.failures import LOCKS, Ambiguous
from closeloop.adapters.salesforce.files import LINK_FIELDS, OURS
from closeloop.adapters.salesforce.our_fields import KEY
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.results import refused, retry, uncertain, words
from closeloop.adapters.salesforce.soql import chunks, in_list, quote
from closeloop.application.crm_erasure import QUESTION, CrmPerson, CrmTrace, CrmTraces, is_named
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

IDS_PER_DELETE = 200
KEYS_PER_QUERY = 100
GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND")
"""What the org says of a record that is not there any more."""
Row = dict[str, Any]


class Eraser:
    """Finds and deletes, in batches."""

    def __init__(self, calls: Calls, reader: Reader, version: str, email_fields: dict[str, str]) -> None:
        """`email_fields`: what Lead and Contact call the address."""
        self._calls, self._reader = calls, reader
        self._base = f"/services/data/v{version}/composite/sobjects"
        self._emails = email_fields

    def traces(self, person: CrmPerson) -> CrmTraces:
        people = [
            *self._people("Lead", person.leads, person.addresses),
            *self._people("Contact", person.contacts, person.addresses),
        ]
        places = [*dict.fromkeys((*(one.id for one in people), *person.leads, *person.contacts, *person.deals))]
        made = [
            *self._by_key("Task", person.task_keys),
            *self._by_key("Event", person.event_keys),
            *self._questions(person, [one.id for one in people]),
            *self._files(places, person.deck_marks),
        ]
        return CrmTraces(people=tuple(people), made=tuple({one.id: one for one in made}.values()))

    def delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        """By object: a call takes at most ten changes from one object to another."""
        ordered = sorted(records, key=lambda record: record.object)
        parts = [
            list(part)
            for _, group in groupby(ordered, key=lambda record: record.object)
            for part in chunks(list(group), size=IDS_PER_DELETE)
        ]
        done = {outcome.key: outcome for part in parts for outcome in self._delete(part)}
        return [done[record.id] for record in records]

    def _delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        ids = [record.id for record in records]
        asked = Request("DELETE", self._base, params={"ids": ",".join(ids), "allOrNone": "false"})
        try:
            answer = self._calls.json(asked, repeatable=True)
        except Ambiguous as problem:
            return [uncertain(record_id, str(problem)) for record_id in ids]
        except (CrmUnavailable, CrmRefused) as problem:
            return [retry(record_id, str(problem)) for record_id in ids]
        return [_outcome(record_id, result) for record_id, result in zip(ids, answer, strict=True)]

    def _people(self, name: str, ids: Sequence[str], addresses: Sequence[str]) -> Iterable[CrmTrace]:
        """By id, and by address: also a record that was made by hand, or under another id."""
        asked = [f"SELECT Id FROM {name} WHERE Id IN {in_list(part)}" for part in chunks(ids)]
        if email := self._emails.get(name):
            asked += [f"SELECT Id FROM {name} WHERE {email} IN {in_list(part)}" for part in chunks(addresses)]
        found = dict.fromkeys(row["Id"] for row in self._reader.queries(asked))
        return [
            CrmTrace(object=name, id=record_id, theirs="it is a record of the company's own") for record_id in found
        ]

    def _by_key(self, name: str, keys: Sequence[str]) -> Iterable[CrmTrace]:
        if not keys or KEY not in self._reader.fields(name):
            return []
        select = f"SELECT Id FROM {name} WHERE {KEY} IN"
        asked = [f"{select} {in_list(part)}" for part in chunks(keys, size=KEYS_PER_QUERY)]
        return [CrmTrace(object=name, id=row["Id"]) for row in self._reader.queries(asked)]

    def _questions(self, person: CrmPerson, found: Sequence[str]) -> Iterable[CrmTrace]:
        """Of the questions who is who, those that name the person: the org cannot search a long text."""
        if KEY not in self._reader.fields("Task"):
            return []
        ids = {*found, *person.leads, *person.contacts}
        asked = f"SELECT Id, WhoId, Subject, Description, {KEY} FROM Task WHERE {KEY} LIKE {quote(QUESTION + '%')}"
        rows = self._reader.queries([asked])
        return [
            CrmTrace(object="Task", id=row["Id"]) for row in rows if is_named(_told(row), person.addresses, ids)
        ]

    def _files(self, places: Sequence[str], marks: Sequence[str]) -> Iterable[CrmTrace]:
        select = f"SELECT {LINK_FIELDS} FROM ContentDocumentLink WHERE LinkedEntityId IN"
        asked = [f"{select} {in_list(part)}" for part in chunks(places)] if marks else []
        found: dict[str, CrmTrace] = {}
        for row in self._reader.queries(asked):
            document = row["ContentDocument"]
            if str(document["Description"] or "").startswith(tuple(marks)):
                found[row["ContentDocumentId"]] = _file(row["ContentDocumentId"], document)
        return found.values()


def _file(record_id: str, document: Row) -> CrmTrace:
    reason = str(document["LatestPublishedVersion"]["ReasonForChange"] or "")
    theirs = "" if reason.startswith(OURS) else "a person put a newer version in its place"
    return CrmTrace(object="ContentDocument", id=record_id, theirs=theirs)


def _told(task: Row) -> str:
    return "\n".join(str(value) for name, value in task.items() if name not in {"Id", "attributes"} and value)


def _outcome(record_id: str, result: Row) -> CrmOutcome:
    if result["success"]:
        return CrmOutcome(key=record_id, state=ActionState.ACCEPTED, record_id=record_id, existed=True)
    detail = words(result["errors"])
    if any(code in detail for code in GONE):
        return CrmOutcome(key=record_id, state=ActionState.ACCEPTED, record_id=record_id, detail="gone already")
    return retry(record_id, detail) if any(code in detail for code in LOCKS) else refused(record_id, detail)
