"""Are the mapped fields there, of the right kind and long enough, and may we write them?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from closeloop.adapters.salesforce.org import Org, OrgFinding, OrgPlan
from closeloop.adapters.salesforce.our_fields import OUR_FIELDS, Kind, OurField, metadata_object
from closeloop.application.findings import Level
from closeloop.domain.crm_mapping import NEEDED, FieldMap, Rule
from closeloop.domain.industries import INDUSTRIES

AREA = "Salesforce fields"
DEPLOY = "deploy config/salesforce, which has it and the permission"
TAKES: dict[Kind, frozenset[str]] = {
    "Text": frozenset({"string", "textarea", "picklist", "combobox"}),
    "LongTextArea": frozenset({"textarea", "string"}),
    "Number": frozenset({"double", "int", "percent", "currency"}),
    "Date": frozenset({"date"}),
    "Checkbox": frozenset({"boolean"}),
}
"""The kinds of field that take our values without loss."""
WORDS = TAKES["Text"]
NUMBER = frozenset({"int", "double", "currency"})
WORD_TAKES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("employees", "annual_revenue", "amount"), NUMBER),
    **dict.fromkeys(("industry", "role", "status", "deal_stage", "deal_next_step"), WORDS),
    **dict.fromkeys(
        ("first_name", "last_name", "title", "company", "country", "lead_source", "description"), WORDS
    ),
    **dict.fromkeys(("state", "time_zone", "language", "preferred_channel", "goals", "plans", "timeline"), WORDS),
    **dict.fromkeys(("opt_out", "do_not_call"), frozenset({"boolean"})),
    "close_date": frozenset({"date"}),
    "website": WORDS | {"url"},
    "email": WORDS | {"email"},
    "phone": WORDS | {"phone"},
}
"""The kinds of field that hold what a word says, for words that have no field of our own."""
WORD_LENGTHS = {"deal_next_step": 255}
"""Characters we write there."""
CREATED = {
    "Task": "log touches",
    "Event": "enter agreed meetings",
    "Account": "make Accounts",
    "Contact": "make Contacts",
    "Opportunity": "open deals",
    "OpportunityContactRole": "name the decision maker",
    "Lead": "import Leads",
}
Row = dict[str, Any]


def fields(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """One line for each object that is in order, else one for each field that is not."""
    for name in (*plan.mapping.objects, "Event"):
        found = [finding for want in wanted(name, plan) for finding in _field(org, plan, *want)]
        problems = [finding for finding in found if finding.level != "ok"]
        yield from problems
        if not problems:
            number = "its one mapped field is" if len(found) == 1 else f"its {len(found)} mapped fields are"
            text = f"{number} there, of the right kind, and ours to write where the mapping says so"
            yield OrgFinding(f"{name} fields", "ok", text, area=AREA)


def wanted(name: str, plan: OrgPlan) -> list[tuple[str, str, FieldMap | None, OurField | None]]:
    """Object, field, its mapping and, for words that have one, the field of ours that it stands for."""
    ours = {field.word: field for field in OUR_FIELDS if field.object == name}
    here = plan.mapping.objects.get(name)  # type: ignore[call-overload]
    mapped = {word: field for word, field in (here.fields if here else {}).items() if field is not None}
    found = [(name, field.field, field, ours.get(word)) for word, field in mapped.items()]
    # Keys that no mapping speaks of: they are only ours.
    keys = [field for word, field in ours.items() if here is None or word not in here.fields]
    left_out = {"to create"} if plan.convert_by != "create" else set()
    return found + [(name, field.name, None, field) for field in keys if field.needed not in left_out]


def _field(
    org: Org, plan: OrgPlan, name: str, field: str, mapped: FieldMap | None, ours: OurField | None
) -> Iterator[OrgFinding]:
    there = org.fields(name).get(field)
    level: Level = "error" if _is_needed(plan, name, field, ours) else "warning"
    check = f"{name}.{field}"
    if there is None:
        yield OrgFinding(check, level, "missing, or hidden from us", _make(name, field, ours), AREA)
        return
    word = plan.mapping.word_of(name, field)
    problems = [*_kind(there, ours, word), *_unique(there, ours), *_values(there, mapped, word)]
    if (mapped is None or mapped.rule is not Rule.THEIRS) and not (there["updateable"] or there["createable"]):
        fix = (
            f"give the integration user edit access to {check}: {DEPLOY}"
            if ours
            else (f"give a permission set of the integration user edit access to {check}")
        )
        problems.append(("we may not write it", fix))
    for text, fix in problems:
        yield OrgFinding(check, level, text, fix, AREA)
    if not problems:
        yield OrgFinding(check, "ok", there["type"], area=AREA)


def _is_needed(plan: OrgPlan, name: str, field: str, ours: OurField | None) -> bool:
    if ours is not None and (
        ours.needed == "always" or (ours.needed == "to create" and plan.convert_by == "create")
    ):
        return True
    word = plan.mapping.word_of(name, field)
    return word in NEEDED.get(name, frozenset())


def _make(name: str, field: str, ours: OurField | None) -> str:
    if ours is None:
        return f"let the integration user see {name}.{field}, or map its word to another field, or to null"
    if field != ours.name:
        return f"create {name}.{field} as {ours.words}, or map its word to a field that is there"
    return f"{DEPLOY}; or create it on {metadata_object(name)} as {ours.words} and let the integration user edit it"


def _kind(there: Row, ours: OurField | None, word: str | None) -> Iterator[tuple[str, str]]:
    if ours is None:
        yield from _kind_of_word(there, word)
    elif there["type"] not in TAKES[ours.kind]:
        yield f"is of type {there['type']}, which does not take our values", f"it has to be {ours.words}"
    elif ours.kind in {"Text", "LongTextArea"} and there["length"] < ours.length:
        yield (
            f"takes {there['length']} characters, we write up to {ours.length}: longer ones are refused",
            f"make it {ours.words}",
        )


def _kind_of_word(there: Row, word: str | None) -> Iterator[tuple[str, str]]:
    takes = WORD_TAKES.get(word or "", frozenset())
    if takes and there["type"] not in takes:
        fix = f"map {word} to a field of type {', '.join(sorted(takes))}, or to null"
        yield f"is of type {there['type']}, which is not what {word} says", fix
    elif there["length"] < WORD_LENGTHS.get(word or "", 0) and there["type"] != "picklist":
        length = WORD_LENGTHS[word or ""]
        text = f"takes {there['length']} characters, we write up to {length}: longer ones are refused"
        yield text, f"map {word} to a text of {length} characters, or to null"


def _unique(there: Row, ours: OurField | None) -> Iterator[tuple[str, str]]:
    if ours is None or not ours.unique:
        return
    missing = [text for flag, text in (("externalId", "an external id"), ("unique", "unique")) if not there[flag]]
    if missing:
        text = f"is not {' and not '.join(missing)}: a repeat would make a second record, and lookups are slow"
        yield text, f"set both marks on the field: {ours.words}"


def _values(there: Row, mapped: FieldMap | None, word: str | None) -> Iterator[tuple[str, str]]:
    given = {value["value"] for value in there.get("picklistValues") or [] if value["active"]}
    if mapped is None or not given:
        return
    writes = set(mapped.values.values())
    if word == "industry" and not writes and mapped.rule is not Rule.THEIRS and there["restrictedPicklist"]:
        writes = set(INDUSTRIES)
    if missing := sorted(writes - given):
        text = f"has no value {', '.join(missing)}; it has {', '.join(sorted(given))}"
        yield text, "put the org's own words under `values` in the CRM mapping, or add the values"


def objects(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """May we make the records that the process makes?"""
    makes = CREATED | ({"ContentVersion": "upload decks"} if plan.uploads else {})
    makes |= {"CampaignMember": "enrol people in the campaign"} if plan.campaign else {}
    refused = {name: what for name, what in makes.items() if not org.describe(name)["createable"]}
    for name, what in refused.items():
        fix = f"give a permission set of the integration user Create on {name} (config/salesforce has one)"
        yield OrgFinding(name, "error", f"we may not create it, so we cannot {what}", fix, AREA)
    if not refused:
        yield OrgFinding("records", "ok", f"we may make {', '.join(sorted(makes))}", area=AREA)


def record_types(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """May we give new records the types that the mapping names? One that we may not is refused with its record."""
    types = {name: found for name in plan.mapping.objects if (found := plan.mapping.record_type(name))}
    problems = [finding for name, record_type in types.items() for finding in _record_type(org, name, record_type)]
    yield from problems
    if types and not problems:
        names = ", ".join(sorted(types))
        yield OrgFinding("record types", "ok", f"those of {names} are there, and ours to give", area=AREA)


def _record_type(org: Org, name: str, record_type: str) -> Iterator[OrgFinding]:
    field = org.fields(name).get("RecordTypeId", {})
    there = {info["recordTypeId"]: info for info in org.describe(name)["recordTypeInfos"]}
    free = ", ".join(f"{one['name']} {key}" for key, one in there.items() if one["available"] and one["active"])
    found = there.get(record_type)
    text, fix = "", f"set record_type of {name} in the CRM mapping to one of: {free}, or to null"
    if found is None or not field:
        text = f"{name} has no record type {record_type}"
    elif not found["active"]:
        text = f"{found['name']} is not active"
    elif not found["available"]:
        text = f"{found['name']} is not one that we may choose"
        fix = f"assign it to the integration user in a permission set, or {fix}"
    elif not (field.get("createable") and field.get("updateable")):
        text, fix = "we may not write RecordTypeId", f"give the integration user edit access to {name}.RecordTypeId"
    if text:
        refused = f"{text}: every record that is made with it would be refused"
        yield OrgFinding(f"record type of {name}", "error", refused, fix, AREA)
