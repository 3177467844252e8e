"""The messages of the Pub/Sub API as the sandbox speaks it: a table, made into classes when this is imported.

Names and numbers are those of the public API (`eventbus.v1`), written down apart from those of any client.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]

PACKAGE = "eventbus.v1"
SERVICE = f"/{PACKAGE}.PubSub/"
LATEST, EARLIEST, CUSTOM = 0, 1, 2
"""Where a subscription begins: with what comes from now on, with the oldest kept, or behind a replay id."""
_Kind = descriptor_pb2.FieldDescriptorProto
_KINDS = {
    "text": _Kind.TYPE_STRING,
    "bytes": _Kind.TYPE_BYTES,
    "number": _Kind.TYPE_INT32,
    "flag": _Kind.TYPE_BOOL,
    "preset": _Kind.TYPE_ENUM,
}
_MESSAGES: dict[str, str] = {
    "TopicRequest": "topic_name=1:text",
    "TopicInfo": "topic_name=1:text tenant_guid=2:text can_publish=3:flag can_subscribe=4:flag schema_id=5:text "
    "rpc_id=6:text",
    "SchemaRequest": "schema_id=1:text",
    "SchemaInfo": "schema_json=1:text schema_id=2:text rpc_id=3:text",
    "EventHeader": "key=1:text value=2:bytes",
    "ProducerEvent": "id=1:text schema_id=2:text payload=3:bytes headers=4:EventHeader*",
    "ConsumerEvent": "event=1:ProducerEvent replay_id=2:bytes",
    "FetchRequest": "topic_name=1:text replay_preset=2:preset replay_id=3:bytes num_requested=4:number "
    "auth_refresh=5:text",
    "FetchResponse": "events=1:ConsumerEvent* latest_replay_id=2:bytes rpc_id=3:text "
    "pending_num_requested=4:number",
}
"""Message to its fields: name, number, and a kind or another message; `*` for many."""


def _file() -> descriptor_pb2.FileDescriptorProto:
    found = descriptor_pb2.FileDescriptorProto(name="sandbox/pubsub.proto", package=PACKAGE, syntax="proto3")
    presets = found.enum_type.add(name="ReplayPreset")
    for number, name in enumerate(("LATEST", "EARLIEST", "CUSTOM")):
        presets.value.add(name=name, number=number)
    for name, fields in _MESSAGES.items():
        message = found.message_type.add(name=name)
        for field in fields.split():
            _add(message, field)
    return found


def _add(message: Any, field: str) -> None:
    name, _, rest = field.partition("=")
    number, _, kind = rest.partition(":")
    many, kind = kind.endswith("*"), kind.rstrip("*")
    added = message.field.add(
        name=name, number=int(number), type=_KINDS.get(kind, _Kind.TYPE_MESSAGE), label=_Kind.LABEL_OPTIONAL
    )
    if many:
        added.label = _Kind.LABEL_REPEATED
    if kind == "preset":
        added.type_name = f".{PACKAGE}.ReplayPreset"
    elif kind not in _KINDS:
        added.type_name = f".{PACKAGE}.{kind}"


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_file())


def message_class(name: str) -> Any:
    """The class of a message of the API."""
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))


TopicRequest, TopicInfo = message_class("TopicRequest"), message_class("TopicInfo")
SchemaRequest, SchemaInfo = message_class("SchemaRequest"), message_class("SchemaInfo")
FetchRequest, FetchResponse = message_class("FetchRequest"), message_class("FetchResponse")
ProducerEvent, ConsumerEvent = message_class("ProducerEvent"), message_class("ConsumerEvent")
