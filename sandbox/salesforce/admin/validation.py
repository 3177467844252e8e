"""Validation rules: what the administrator does not let anybody save.

Invariant: a rule sees the record as it would be after the write, with everything the platform derives.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.salesforce.admin import conditions
from sandbox.salesforce.admin.fields import object_of
from sandbox.salesforce.admin.reading import choice, part, parts, text, texts
from sandbox.salesforce.errors import RecordError
from sandbox.salesforce.schema import Schema
from sandbox.salesforce.store import Row

_WRITES = ("create", "update")
_KNOWN = {"name": ..., "object": ..., "when": ..., "message": ..., "field": None, "on": list(_WRITES)}


@dataclass(frozen=True)
class ValidationRule:
    """A record for which the condition holds is refused with the message."""

    name: str
    object: str
    when: conditions.Condition
    message: str
    field: str | None
    on: tuple[str, ...]


def read(schema: Schema, value: object) -> tuple[ValidationRule, ...]:
    """The validation rules of a setup."""
    return tuple(_read(schema, each, name) for name, each in parts(value, "validation_rules"))


def _read(schema: Schema, value: object, what: str) -> ValidationRule:
    given = part(value, what, _KNOWN)
    kind = object_of(schema, given["object"], f"{what}.object")
    field = given["field"]
    return ValidationRule(
        name=text(given["name"], f"{what}.name"),
        object=kind.name,
        when=conditions.read(kind, given["when"], f"{what}.when"),
        message=text(given["message"], f"{what}.message"),
        field=None if field is None else conditions.field_name(kind, field, f"{what}.field"),
        on=tuple(choice(each, f"{what}.on", _WRITES) for each in texts(given["on"], f"{what}.on")),
    )


def check(rules: tuple[ValidationRule, ...], kind: str, new: Row, old: Row | None) -> None:
    """Refuses the record with the first rule that objects; `old` is what an update changes."""
    write = "create" if old is None else "update"
    for rule in rules:
        if rule.object == kind and write in rule.on and rule.when(new, old):
            fields = [rule.field] if rule.field else []
            raise RecordError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields)
