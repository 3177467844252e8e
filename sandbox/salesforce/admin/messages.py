"""Outbound messages as the administrator sets them up: which changes are told, to whom, with which fields."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.salesforce.admin import conditions
from sandbox.salesforce.admin.fields import object_of
from sandbox.salesforce.admin.reading import SetupError, choice, part, parts, text, texts, truth
from sandbox.salesforce.schema import Schema

_WRITES = ("create", "update")
_KNOWN = {
    "name": ...,
    "object": ...,
    "url": ...,
    "fields": [],
    "on": list(_WRITES),
    "when": None,
    "send_session": False,
}


@dataclass(frozen=True)
class OutboundMessage:
    """Tells `url` of every record of the object that is written and fulfils the condition."""

    name: str
    object: str
    url: str
    fields: tuple[str, ...]
    on: tuple[str, ...]
    when: conditions.Condition | None
    send_session: bool


def read(schema: Schema, value: object) -> tuple[OutboundMessage, ...]:
    """The outbound messages of a setup."""
    found = tuple(_read(schema, each, name) for name, each in parts(value, "outbound_messages"))
    if len({each.name for each in found}) < len(found):
        raise SetupError("outbound_messages: every message needs a name of its own")
    return found


def _read(schema: Schema, value: object, what: str) -> OutboundMessage:
    given = part(value, what, _KNOWN)
    kind = object_of(schema, given["object"], f"{what}.object")
    named = texts(given["fields"], f"{what}.fields")
    fields = {conditions.field_name(kind, each, f"{what}.fields") for each in named}
    if any(kind.fields[each].type == "base64" for each in fields):
        raise SetupError(f"{what}.fields: files cannot be sent in a message")
    return OutboundMessage(
        name=text(given["name"], f"{what}.name"),
        object=kind.name,
        url=_url(text(given["url"], f"{what}.url"), what),
        fields=tuple(sorted(fields - {"Id"})),
        on=tuple(choice(each, f"{what}.on", _WRITES) for each in texts(given["on"], f"{what}.on")),
        when=None if given["when"] is None else conditions.read(kind, given["when"], f"{what}.when"),
        send_session=truth(given["send_session"], f"{what}.send_session"),
    )


def _url(given: str, what: str) -> str:
    try:
        split = urlsplit(given)
        known = split.scheme in ("http", "https") and bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise SetupError(f"{what}.url must be an absolute http or https URL")
    return given
