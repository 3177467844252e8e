"""Change events as they come off the stream: Avro to our events, and the bitmaps that say which fields changed.

Invariant: of a record only its id and the names of its fields are kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastavro import parse_schema, schemaless_reader

from closeloop.adapters.salesforce.record_ids import full_id
from closeloop.domain.crm_events import ChangeKind, CrmEvent

SOURCE = "stream"
HEADER = "ChangeEventHeader"
GAP = "GAP_"
Schema = Mapping[str, Any]


def read_schema(text: str) -> Schema:
    """An Avro schema as `decoded` takes it. `ValueError` when it is none."""
    parsed = parse_schema(json.loads(text))
    if not isinstance(parsed, dict) or "fields" not in parsed:
        raise ValueError("this is no schema of a record")
    return parsed


def decoded(payload: bytes, schema: Schema) -> dict[str, Any]:
    """The content of an event."""
    found = schemaless_reader(io.BytesIO(payload), dict(schema), None)
    if not isinstance(found, dict) or not isinstance(found.get(HEADER), dict):
        raise ValueError("this is no change event: it has no ChangeEventHeader")
    return found


def crm_events(event_id: str, content: Mapping[str, Any], schema: Schema, now: datetime) -> list[CrmEvent]:
    """One for each record that the event is about. An overflow names none: it is about the whole object."""
    header = content[HEADER]
    committed = header.get("commitTimestamp")
    kind, name = str(header.get("changeType") or ""), str(header.get("entityName") or "unknown")
    about = [full_id(str(one)) for one in header.get("recordIds") or ()] or [name]
    return [
        CrmEvent(
            source=SOURCE,
            id=f"{event_id}/{record_id}",
            object=name,
            record_id=record_id,
            change=_kind(kind),
            occurred_at=datetime.fromtimestamp(committed / 1000, UTC) if committed else now,
            changed=tuple(field_names(header.get("changedFields") or (), schema)),
            changed_by=header.get("commitUser"),
            origin=header.get("changeOrigin"),
        )
        for record_id in about
    ]


def _kind(word: str) -> ChangeKind:
    """A gap says that something happened and not what."""
    lower = word.lower()
    return ChangeKind(lower) if lower in {kind.value for kind in ChangeKind} else ChangeKind.GAP


def field_names(bitmaps: Sequence[str], schema: Schema) -> Iterator[str]:
    """`0x…` has a bit for each field of the schema, the first field's being the lowest; `4-0x…` speaks of the parts
    of the fifth field. A name that comes in words stays as it is."""
    for bitmap in bitmaps:
        parent, dash, bits = bitmap.rpartition("-")
        if not bits.startswith("0x"):
            yield bitmap
        elif not dash:
            yield from _named(int(bits, 16), schema)
        else:
            outer = schema["fields"][int(parent)]
            inner = _record(outer["type"])
            yield from (f"{outer['name']}.{part}" for part in _named(int(bits, 16), inner)) if inner else ()


def _named(bits: int, schema: Schema) -> Iterator[str]:
    for place, field in enumerate(schema["fields"]):
        if bits >> place & 1:
            yield str(field["name"])


def _record(kind: Any) -> Schema | None:
    """The record in a type, which may be one choice of a union."""
    choices = kind if isinstance(kind, list) else [kind]
    return next((one for one in choices if isinstance(one, dict) and one.get("type") == "record"), None)
