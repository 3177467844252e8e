"""A canonical picture of the CRM's content, equal for equal content however it came about.

Invariant: no id and no audit time appears in it; a reference is shown as the natural key of its target.
"""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.salesforce.schema import AUDIT, Field, ObjectType
from sandbox.salesforce.store import Row, Store

_NATURAL_KEYS = ("Username", "Closeloop_Key__c", "Email", "Name", "Title", "Subject")
_FIXTURES = frozenset({"OpportunityStage", "LeadStatus", "TaskStatus", "Organization", "DuplicateRule"})
_LEFT_OUT = AUDIT | {"Id", "CompletedDateTime", "IsDeleted", "VersionData", "LastViewedDate", "LastReferencedDate"}


def take(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every object that holds records, with its live records sorted by content."""
    kinds = [kind for kind in store.schema.types.values() if kind.name not in _FIXTURES]
    everything = {kind.name: store.rows(kind) for kind in kinds}
    names = {row["Id"]: _natural_key(name, row) for name, found in everything.items() for row in found}
    pictures = {kind.name: [_picture(kind, row, names) for row in everything[kind.name]] for kind in kinds}
    return {name: sorted(found, key=_sort_key) for name, found in pictures.items() if found}


def _natural_key(kind: str, row: Row) -> str:
    key = next((row[name] for name in _NATURAL_KEYS if row.get(name)), None)
    return f"{kind}:{key}" if key else kind


def _picture(kind: ObjectType, row: Row, names: dict[str, str]) -> dict[str, Any]:
    shown = {}
    for item in kind.fields.values():
        value = row[item.name]
        if item.name not in _LEFT_OUT and value is not None:
            shown[item.name] = _shown(item, value, names)
    return shown


def _shown(item: Field, value: Any, names: dict[str, str]) -> Any:
    if item.type == "reference":
        return names.get(value, "deleted")
    return bool(value) if item.type == "boolean" else value


def _sort_key(picture: dict[str, Any]) -> bytes:
    return orjson.dumps(picture, option=orjson.OPT_SORT_KEYS)
