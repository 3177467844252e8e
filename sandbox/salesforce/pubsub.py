"""The Pub/Sub API over the change log: gRPC, Avro, replay ids, flow control.

Invariant: a subscriber is never given more than it asked for, nor an event twice on one stream; what it is given is
the log's own order. An event's replay id is its number in the log.
"""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc  # type: ignore[import-untyped]
from fastavro import schemaless_writer

from sandbox.salesforce import change_schemas, seed
from sandbox.salesforce import pubsub_messages as messages
from sandbox.salesforce.admin import changes
from sandbox.salesforce.models import Org, org_of
from sandbox.world import World

_LOOK_SECONDS = 0.05
_MOST_AT_ONCE = 100
_SIGN_OF_LIFE_SECONDS = 270.0
_ALL = "/data/ChangeEvents"
_REPLAY_BYTES = 10
_NO_SESSION = "sfdc.platform.eventbus.grpc.service.auth.error"
_NO_PLACE = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.validation.failed"


class PubSub:
    """The service over one world's org."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _org(self) -> Org:
        return org_of(self._world)

    async def get_topic(self, request: Any, context: Any) -> Any:
        """What a topic is called, and which schema its events have."""
        await self._admit(context)
        entity = await self._entity(request.topic_name, context)
        schema_id = change_schemas.schema_id(self._org.setup.schema[entity]) if entity else ""
        return messages.TopicInfo(
            topic_name=request.topic_name, tenant_guid=seed.ORG_ID, can_subscribe=True, schema_id=schema_id
        )

    async def get_schema(self, request: Any, context: Any) -> Any:
        """The Avro schema of an id that an event named."""
        await self._admit(context)
        for name in sorted(self._org.setup.change_log):
            kind = self._org.setup.schema[name]
            if change_schemas.schema_id(kind) == request.schema_id:
                text = json.dumps(change_schemas.schema_of(kind))
                return messages.SchemaInfo(schema_json=text, schema_id=request.schema_id)
        return await context.abort(grpc.StatusCode.NOT_FOUND, f"there is no schema {request.schema_id}")

    async def subscribe(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        """Events behind the asked place, then whatever happens, as long as more is asked for."""
        await self._admit(context)
        first = await anext(requests, None)
        if first is None:
            return
        entity = await self._entity(first.topic_name, context)
        stream = _Stream(self, entity, await self._begin(first, context), first.num_requested)
        reading = asyncio.ensure_future(stream.take(requests))
        try:
            async for answer in stream.answers(context):
                yield answer
        finally:
            reading.cancel()

    async def _admit(self, context: Any) -> None:
        given = dict(context.invocation_metadata())
        token = str(given.get("accesstoken", ""))
        if not self._org.sessions.valid(token) or given.get("tenantid") != seed.ORG_ID:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"{_NO_SESSION}: the session is not valid")

    async def _entity(self, topic: str, context: Any) -> str | None:
        """The object of a topic; None for that of all objects."""
        logged = self._org.setup.change_log
        names = {f"/data/{change_schemas.event_name(self._org.setup.schema[name])}": name for name in logged}
        if topic == _ALL and logged:
            return None
        if topic not in names:
            await context.abort(
                grpc.StatusCode.NOT_FOUND, f"the topic {topic} is not there: choose its object in change_log"
            )
        return names[topic]

    async def _begin(self, first: Any, context: Any) -> int:
        place = int.from_bytes(first.replay_id, "big") if first.replay_preset == messages.CUSTOM else 0
        try:
            known = self.after(place, None, 1)
        except changes.ReplayError as problem:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{_NO_PLACE}: {problem}")
        return int(known["latestReplayId"]) if first.replay_preset == messages.LATEST else place

    def after(self, place: int, entity: str | None, most: int) -> dict[str, Any]:
        """The log behind a place."""
        return changes.after(self._world, self._org.store, place, entity, most)

    def event(self, logged: dict[str, Any]) -> Any:
        """An entry of the log as the stream tells it."""
        kind = self._org.setup.schema[logged["ChangeEventHeader"]["entityName"]]
        written = io.BytesIO()
        schemaless_writer(written, change_schemas.parsed(kind), change_schemas.content(kind, logged))
        number = int(logged["replayId"])
        name = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._world.seed}/{number}"))
        event = messages.ProducerEvent(
            id=name, schema_id=change_schemas.schema_id(kind), payload=written.getvalue()
        )
        return messages.ConsumerEvent(event=event, replay_id=replay_id(number))


class _Stream:
    """One subscription: where it is, and how much it may still be given."""

    def __init__(self, service: PubSub, entity: str | None, place: int, asked: int) -> None:
        self._service, self._entity, self._place, self._left = service, entity, place, asked
        self._ended = False

    async def take(self, requests: AsyncIterator[Any]) -> None:
        """Adds up what is asked for, until nothing more comes."""
        async for request in requests:
            self._left += request.num_requested
        self._ended = True

    async def answers(self, context: Any) -> AsyncIterator[Any]:
        silent = 0.0
        while not context.cancelled() and not self._ended:
            try:
                found = self._service.after(self._place, self._entity, max(0, min(self._left, _MOST_AT_ONCE)))
            except changes.ReplayError:
                return  # the sandbox was reset: the stream is of another org now
            if found["events"] or silent >= _SIGN_OF_LIFE_SECONDS:
                silent = 0.0
                yield self._answer(found)
            else:
                await asyncio.sleep(_LOOK_SECONDS)
                silent += _LOOK_SECONDS

    def _answer(self, found: dict[str, Any]) -> Any:
        events = found["events"]
        self._left -= len(events)
        self._place = int(events[-1]["replayId"]) if events else self._place
        return messages.FetchResponse(
            events=[self._service.event(each) for each in events],
            latest_replay_id=replay_id(self._place if events else found["latestReplayId"]),
            pending_num_requested=self._left,
        )


def replay_id(number: int) -> bytes:
    """Opaque to clients; ours holds the number in the log."""
    return number.to_bytes(_REPLAY_BYTES, "big")


async def serve(world: World, host: str) -> tuple[Any, str]:
    """The running server and its address, on a free port."""
    service = PubSub(world)
    server = grpc.aio.server()
    handlers = {
        "GetTopic": _unary(service.get_topic, messages.TopicRequest, messages.TopicInfo),
        "GetSchema": _unary(service.get_schema, messages.SchemaRequest, messages.SchemaInfo),
        "Subscribe": grpc.stream_stream_rpc_method_handler(
            service.subscribe,
            request_deserializer=messages.FetchRequest.FromString,
            response_serializer=messages.FetchResponse.SerializeToString,
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"{messages.PACKAGE}.PubSub", handlers),))
    shown = f"[{host}]" if ":" in host else host
    port = server.add_insecure_port(f"{shown}:0")
    await server.start()
    return server, f"{shown}:{port}"


def _unary(handler: Any, request: Any, answer: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        handler, request_deserializer=request.FromString, response_serializer=answer.SerializeToString
    )
