"""Duplicate rules: records that look like one that is there already.

Invariant: a record that is refused names the ones it was taken for. An alert lets the record pass when the
caller says so (`Sforce-Duplicate-Rule-Header: allowSave=true`), a block never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import rows
from sandbox.salesforce.admin import conditions
from sandbox.salesforce.admin.fields import object_of
from sandbox.salesforce.admin.reading import SetupError, choice, part, parts, text, texts
from sandbox.salesforce.call import Call
from sandbox.salesforce.errors import RecordError
from sandbox.salesforce.schema import ObjectType, Schema
from sandbox.salesforce.store import Row

_ACTIONS = ("allow", "alert", "block")
_SPELLINGS = ("duplicateResut", "duplicateResult")
_MOST_MATCHES = 100
_KNOWN = {
    "name": ...,
    "object": ...,
    "match": ...,
    "against": None,
    "on_create": "alert",
    "on_update": "allow",
    "message": "Use one of these records?",
    # The REST API misspells it in the versions that were recorded.
    "spelling": _SPELLINGS[0],
}


@dataclass(frozen=True)
class DuplicateRule:
    """Records that agree in every field of `match` with a live record of an object in `against`."""

    name: str
    object: str
    match: tuple[str, ...]
    against: tuple[str, ...]
    on_create: str
    on_update: str
    message: str
    spelling: str


class DuplicateError(RecordError):
    """The refusal, with the matching records in the body of a single-record answer."""

    def __init__(self, message: str, spelling: str, result: dict[str, Any]) -> None:
        super().__init__("DUPLICATES_DETECTED", message)
        self._spelling = spelling
        self._result = result

    def body(self) -> list[dict[str, Any]]:
        return [{self._spelling: self._result, "errorCode": self.code, "message": self.message}]


def read(schema: Schema, value: object) -> tuple[DuplicateRule, ...]:
    """The duplicate rules of a setup."""
    return tuple(_read(schema, each, name) for name, each in parts(value, "duplicate_rules"))


def show(call: Call, rules: tuple[DuplicateRule, ...]) -> None:
    """Lists the rules as records, where a client finds them; what they do is told by no API but Metadata."""
    call.store.db.execute(f"DELETE FROM {call.schema['DuplicateRule'].table}")
    for rule in rules:
        names = {"DeveloperName": rule.name, "MasterLabel": rule.name.replace("_", " ")}
        rows.write(call, "DuplicateRule", {**names, "SobjectType": rule.object, "IsActive": 1})


def _read(schema: Schema, value: object, what: str) -> DuplicateRule:
    given = part(value, what, _KNOWN)
    kind = object_of(schema, given["object"], f"{what}.object")
    names = texts(given["match"], f"{what}.match")
    if not names:
        raise SetupError(f"{what}.match needs at least one field")
    others = texts(given["against"] or [kind.name], f"{what}.against")
    kinds = [object_of(schema, each, f"{what}.against") for each in others]
    for each in (kind, *kinds):
        fields = tuple(conditions.field_name(each, name, f"{what}.match") for name in names)
    return DuplicateRule(
        name=text(given["name"], f"{what}.name"),
        object=kind.name,
        match=fields,
        against=tuple(each.name for each in kinds),
        on_create=choice(given["on_create"], f"{what}.on_create", _ACTIONS),
        on_update=choice(given["on_update"], f"{what}.on_update", _ACTIONS),
        message=text(given["message"], f"{what}.message"),
        spelling=choice(given["spelling"], f"{what}.spelling", _SPELLINGS),
    )


def check(call: Call, rules: tuple[DuplicateRule, ...], kind: ObjectType, new: Row, old: Row | None) -> None:
    """Refuses a record that a rule takes for one that is there; `old` is what an update changes."""
    for rule in rules:
        action = rule.on_create if old is None else rule.on_update
        if rule.object != kind.name or action == "allow" or (action == "alert" and call.save_duplicates):
            continue
        if old is not None and all(new.get(name) == old.get(name) for name in rule.match):
            continue
        found = [(other, _matches(call, rule, other, new)) for other in rule.against]
        if any(matches for _, matches in found):
            result = _result(call, rule, [pair for pair in found if pair[1]], action)
            raise DuplicateError(rule.message, rule.spelling, result)


def _matches(call: Call, rule: DuplicateRule, other: str, new: Row) -> list[Row]:
    values = [new.get(name) for name in rule.match]
    if any(value is None for value in values):
        return []
    where = " AND ".join(f"{name} = ?" for name in rule.match)
    if other == "Lead":
        where += " AND IsConverted = 0"
    found = call.store.rows(call.schema[other], where, values)
    own = {new.get("Id"), *call.exempt}
    return [row for row in found if row["Id"] not in own][:_MOST_MATCHES]


def _result(call: Call, rule: DuplicateRule, found: list[tuple[str, list[Row]]], action: str) -> dict[str, Any]:
    return {
        "allowSave": action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": other,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": [_record(call, other, row) for row in matches],
                "rule": f"{rule.name}_{other}",
                "size": len(matches),
                "success": True,
            }
            for other, matches in found
        ],
    }


def _record(call: Call, other: str, row: Row) -> dict[str, Any]:
    address = f"/services/data/v{call.version}/sobjects/{other}/{row['Id']}"
    record: dict[str, Any] = {"attributes": {"type": other, "url": address}, "Id": row["Id"]}
    if call.duplicate_details:
        shown = [item for item in call.visible[other].fields.values() if item.type != "base64"]
        record |= {item.name: bool(row[item.name]) if item.type == "boolean" else row[item.name] for item in shown}
    return {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}
