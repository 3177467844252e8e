"""The fake CRM's part about forgetting a person."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from closeloop.adapters.salesforce import files
from closeloop.application.crm_erasure import QUESTION, CrmPerson, CrmTrace, CrmTraces, is_named
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState
from tests.fakes.crm_attachments import CrmAttachments

Row = dict[str, Any]
SAID = ("WhoId", "Subject", "Description", "Closeloop_Key__c")


class CrmErasings(CrmAttachments):
    """Finds and deletes."""

    records: dict[str, dict[str, Row]]

    def traces(self, person: CrmPerson) -> CrmTraces:
        self._call()
        people = [
            CrmTrace(object=name, id=row["Id"], theirs="it is a record of the company's own")
            for name, ids in (("Lead", person.leads), ("Contact", person.contacts))
            for row in self.rows(name)
            if row["Id"] in ids or (row.get("Email") or "").lower() in person.addresses
        ]
        places = {*(one.id for one in people), *person.leads, *person.contacts, *person.deals}
        made = [
            CrmTrace(object=name, id=row["Id"])
            for name, keys in (("Task", person.task_keys), ("Event", person.event_keys))
            for row in self.rows(name)
            if row.get("Closeloop_Key__c") in keys
        ]
        ids = {*(one.id for one in people), *person.leads, *person.contacts}
        made += [
            CrmTrace(object="Task", id=row["Id"])
            for row in self.rows("Task")
            if (row.get("Closeloop_Key__c") or "").startswith(QUESTION)
            and is_named("\n".join(str(row.get(name)) for name in SAID), person.addresses, ids)
        ]
        near = set().union(*(self._documents(place) for place in places)) if places else set()
        made += [
            CrmTrace(object="ContentDocument", id=v["ContentDocumentId"], theirs=_theirs(v))
            for v in self.rows("ContentVersion")
            if v["IsLatest"] and v["ContentDocumentId"] in near and v["Description"].startswith(person.deck_marks)
        ]
        return CrmTraces(people=tuple(people), made=tuple(made))

    def delete(self, records: Sequence[CrmTrace]) -> list[CrmOutcome]:
        self._call()
        return [self._written("delete", record.id, partial(self._delete, record)) for record in records]

    def _delete(self, record: CrmTrace) -> CrmOutcome:
        if record.object == "ContentDocument":
            here = [
                (name, row["Id"])
                for name in ("ContentVersion", "ContentDocumentLink")
                for row in self.rows(name)
                if row["ContentDocumentId"] == record.id
            ]
        else:
            here = [(record.object, record.id)] if record.id in self.records[record.object] else []
        for name, found in here:
            del self.records[name][found]
        detail = "" if here else "gone already"
        return CrmOutcome(
            key=record.id,
            state=ActionState.ACCEPTED,
            record_id=record.id,
            existed=bool(here),
            detail=detail,
        )


def _theirs(version: Row) -> str:
    return "" if version["ReasonForChange"].startswith(files.OURS) else "a person put a newer version in its place"
