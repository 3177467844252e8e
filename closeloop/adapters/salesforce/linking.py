"""Create and link, where neither SOAP nor Apex may convert: Account, Contact, deal and role beside the Lead.

The Lead itself is never converted; it only gets the closed status. Each Lead is one graph of the composite API:
all of it is made or nothing, and one Lead's refusal leaves the others alone. The deal carries the Lead's id as
its key, so a repeat is refused by the org and found by `linked`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from closeloop.adapters.salesforce.calls import Ambiguous, Calls
from closeloop.adapters.salesforce.conversion import outcome, refusal
from closeloop.adapters.salesforce.known_companies import KnownCompanies
from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.our_fields import KEY, MARK
from closeloop.adapters.salesforce.reading import Reader
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.application.ports import Conversion, CrmOutcome
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import CrmRefused, CrmUnavailable

Row = dict[str, Any]
GRAPHS_PER_CALL = 75
CAVEAT = (
    "Leads are linked and not converted (CLOSELOOP_SALESFORCE_CONVERT=create): each keeps its own record beside "
    "the Account, Contact and Opportunity, and reports on converted Leads will not count it"
)
ALREADY = frozenset({"DUPLICATE_VALUE", "DUPLICATE_EXTERNAL_ID"})
HALTED = "PROCESSING_HALTED"
LEAD_FIELDS = (
    "Id Company Website Phone Industry NumberOfEmployees AnnualRevenue Country FirstName LastName Title Email "
    "LeadSource HasOptedOutOfEmail IsConverted"
).split()
TO_ACCOUNT = {
    "Company": "Name",
    "Website": "Website",
    "Phone": "Phone",
    "Industry": "Industry",
    "NumberOfEmployees": "NumberOfEmployees",
    "AnnualRevenue": "AnnualRevenue",
    "Country": "BillingCountry",
    "LeadSource": "AccountSource",
}
TO_CONTACT = {
    name: name for name in "FirstName LastName Title Email Phone LeadSource HasOptedOutOfEmail".split()
} | {
    "Country": "MailingCountry",
    MARK: MARK,
}


class Linker:
    """Makes and finds what belongs to a Lead that is not converted."""

    def __init__(self, calls: Calls, reader: Reader, names: Names) -> None:
        self._calls, self._reader, self._names = calls, reader, names
        self._companies = KnownCompanies(reader, names)
        self._base = f"/services/data/v{calls.client.sf_version}/sobjects"

    def link(self, conversions: Sequence[Conversion]) -> list[CrmOutcome]:
        """One outcome per conversion, in order."""
        self._reader.require("Opportunity", KEY)
        leads = self._leads(conversions)
        known = self._companies.find([(c, leads[c.lead_id]) for c in conversions if c.lead_id in leads])
        gone = [outcome(c, ActionState.REJECTED, "the Lead is gone") for c in conversions if c.lead_id not in leads]
        theirs = [c for c in conversions if c.lead_id in leads and leads[c.lead_id]["IsConverted"]]
        done = [outcome(c, ActionState.UNCERTAIN, "a person converted the Lead") for c in theirs]
        ours = [c for c in conversions if c.lead_id in leads and not leads[c.lead_id]["IsConverted"]]
        made = [self._one_call(group, leads, known) for group in chunks(ours, size=GRAPHS_PER_CALL)]
        found = {one.key: one for one in [*gone, *done, *(one for group in made for one in group)]}
        return [found[conversion.action_key] for conversion in conversions]

    def linked(self, lead_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Lead id to the records it was linked to."""
        if KEY not in self._reader.fields("Opportunity"):
            return {}
        roles = "(SELECT ContactId FROM OpportunityContactRoles WHERE IsPrimary = true)"
        found: dict[str, dict[str, str]] = {}
        for part in chunks(lead_ids):
            where = f"{KEY} IN {in_list(part)}"
            for row in self._reader.query(f"SELECT Id, AccountId, {KEY}, {roles} FROM Opportunity WHERE {where}"):
                found[row[KEY]] = _ids(row[KEY], row["AccountId"], _first_contact(row), row["Id"])
        return found

    def _leads(self, conversions: Sequence[Conversion]) -> dict[str, Row]:
        there = self._reader.fields("Lead")
        fields = [name for name in self._names.select("Lead", [*LEAD_FIELDS, MARK]) if name in there]
        ids = [conversion.lead_id for conversion in conversions]
        return {
            row["Id"]: self._names.row("Lead", row)
            for part in chunks(ids)
            for row in self._reader.query(f"SELECT {', '.join(fields)} FROM Lead WHERE Id IN {in_list(part)}")
        }

    def _one_call(
        self, group: Sequence[Conversion], leads: dict[str, Row], known: dict[str, dict[str, str]]
    ) -> list[CrmOutcome]:
        graphs = [
            {"graphId": c.lead_id, "compositeRequest": list(self._graph(c, leads[c.lead_id], known[c.lead_id]))}
            for c in group
        ]
        try:
            answer = self._calls.write("composite/graph", {"graphs": graphs})
        except Ambiguous as problem:
            return [outcome(c, ActionState.UNCERTAIN, str(problem)) for c in group]
        except (CrmUnavailable, CrmRefused) as problem:
            return [outcome(c, ActionState.PLANNED, str(problem)) for c in group]
        answers = {graph["graphId"]: graph for graph in answer["graphs"]}
        return [_result(c, answers[c.lead_id], known[c.lead_id]) for c in group]

    def _graph(self, wish: Conversion, lead: Row, known: dict[str, str]) -> Iterable[Row]:
        """Parents first; what is known already is only referred to."""
        account, contact = known.get("account"), known.get("contact")
        if account is None:
            account = "@{account.id}"
            yield self._node("account", "Account", _mapped(lead, TO_ACCOUNT) | {"OwnerId": wish.owner_id})
        if contact is None:
            contact = "@{contact.id}"
            links = {"AccountId": account, "OwnerId": wish.owner_id}
            yield self._node("contact", "Contact", _mapped(lead, TO_CONTACT) | links)
        yield self._node("deal", "Opportunity", _deal(wish, account))
        role = {"OpportunityId": "@{deal.id}", "ContactId": contact, "IsPrimary": True}
        yield self._node("role", "OpportunityContactRole", role)
        yield {
            "method": "PATCH",
            "url": f"{self._base}/Lead/{wish.lead_id}",
            "referenceId": "lead",
            "body": self._names.values("Lead", {"Status": wish.status}),
        }

    def _node(self, name: str, kind: str, values: Row) -> Row:
        """What the org has a field for and lets us write; a new record gets the record type of the mapping."""
        there = self._reader.fields(kind)
        body = {n: v for n, v in self._names.values(kind, values).items() if n in there and there[n]["createable"]}
        if record_type := self._names.record_type(kind):
            body["RecordTypeId"] = record_type
        return {"method": "POST", "url": f"{self._base}/{kind}", "referenceId": name, "body": body}


def _mapped(lead: Row, names: dict[str, str]) -> Row:
    return {target: lead[source] for source, target in names.items() if lead.get(source) is not None}


def _deal(wish: Conversion, account: str) -> Row:
    return {
        "Name": wish.opportunity_name,
        "AccountId": account,
        "OwnerId": wish.owner_id,
        "StageName": wish.stage_name,
        "CloseDate": wish.close_on,
        KEY: wish.lead_id,
    }


def _ids(lead: str, account: str | None, contact: str | None, deal: str) -> dict[str, str]:
    found = {"account": account, "contact": contact, "opportunity": deal, "open_lead": lead}
    return {name: record_id for name, record_id in found.items() if record_id}


def _first_contact(row: Row) -> str | None:
    roles = row.get("OpportunityContactRoles")
    return str(roles["records"][0]["ContactId"]) if roles and roles["records"] else None


def _result(wish: Conversion, graph: Row, known: dict[str, str]) -> CrmOutcome:
    parts = {part["referenceId"]: part for part in graph["graphResponse"]["compositeResponse"]}
    if not graph["isSuccessful"]:
        return _refused(wish, [part["body"] for part in parts.values() if part["httpStatusCode"] >= 400])
    made = {name: str(part["body"]["id"]) for name, part in parts.items() if name in {"account", "contact", "deal"}}
    account, contact = known.get("account") or made["account"], known.get("contact") or made["contact"]
    ids = _ids(wish.lead_id, account, contact, made["deal"])
    return CrmOutcome(key=wish.action_key, state=ActionState.ACCEPTED, record_id=made["deal"], ids=ids)


def _refused(wish: Conversion, bodies: Sequence[Any]) -> CrmOutcome:
    """The error that halted the graph; a deal that is there already may be our own earlier call's."""
    errors = [e for body in bodies if isinstance(body, list) for e in body if e.get("errorCode") != HALTED]
    error = errors[0] if errors else {}
    code, message = str(error.get("errorCode")), str(error.get("message"))
    if code in ALREADY and KEY in message:
        return outcome(wish, ActionState.UNCERTAIN, f"{code}: {message}")
    return refusal(wish, code, message)
