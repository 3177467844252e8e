"""The change stream over the Pub/Sub API: batches of changes with the place from which to go on behind each.

Invariant: a batch's replay id covers it and everything before it. Nothing is asked for beyond what may be underway
at once, so a slow reader is never flooded. What went wrong is told by what may be done about it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]

from closeloop.adapters.salesforce import pubsub_messages as messages
from closeloop.adapters.salesforce.change_events import Schema, crm_events, decoded, read_schema
from closeloop.application.ports import Clock
from closeloop.domain.crm_events import CrmEvent

MOST_UNDERWAY = 100
"""The API's own limit of events asked for and not yet delivered."""
CALL_SECONDS = 30.0
# The API says something every 270 s; a connection that is silent for longer is asked whether it lives. Servers take
# more than one such question in five minutes for an attack (`too_many_pings`) and hang up.
_KEEPALIVE = (("grpc.keepalive_time_ms", 320_000), ("grpc.keepalive_timeout_ms", 20_000))


class StreamUnavailable(Exception):
    """The stream ended or could not be opened: try again later, from the same place."""


class StreamRefused(StreamUnavailable):
    """The org does not take our session: sign in again, then go on from the same place."""


class PlaceLost(StreamUnavailable):
    """The place to go on from is not kept any more, so changes were missed: read the CRM, then begin anew."""


@dataclass(frozen=True)
class StreamSession:
    """What every call says about who calls."""

    access_token: str = field(repr=False)
    instance_url: str
    org: str

    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("accesstoken", self.access_token), ("instanceurl", self.instance_url), ("tenantid", self.org))


@dataclass(frozen=True)
class StreamBatch:
    """Changes in the order they were committed; none in a sign of life."""

    events: tuple[CrmEvent, ...]
    replay_id: bytes


class ChangeStream:
    """One topic. `sign_in(refused)` gives a session, another one than the `refused` token's."""

    def __init__(
        self, target: str, topic: str, sign_in: Callable[[str | None], StreamSession], clock: Clock, *, secure: bool
    ) -> None:
        self.topic = topic
        self._target, self._sign_in, self._clock, self._secure = target, sign_in, clock, secure
        self._schemas: dict[str, Schema] = {}
        self._refused: str | None = None
        self._running: Any = None

    def batches(self, behind: bytes | None) -> Iterator[StreamBatch]:
        """From behind this place on, or from now on; goes on until it fails. Raises `StreamUnavailable`."""
        session = self._sign_in(self._refused)
        try:
            with self._channel() as channel:
                yield from self._read(channel, session, behind)
        except grpc.RpcError as problem:
            raise self._told(problem, session, behind) from None
        raise StreamUnavailable("the stream was ended by the org")

    def stop(self) -> None:
        """End a reading that waits in another thread."""
        if self._running is not None:
            self._running.cancel()

    def _channel(self) -> Any:
        if self._secure:
            return grpc.secure_channel(self._target, grpc.ssl_channel_credentials(), options=_KEEPALIVE)
        return grpc.insecure_channel(self._target, options=_KEEPALIVE)

    def _read(self, channel: Any, session: StreamSession, behind: bytes | None) -> Iterator[StreamBatch]:
        requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        requests.put(self._first(behind))
        call = channel.stream_stream(
            f"{messages.SERVICE}Subscribe",
            request_serializer=messages.FetchRequest.SerializeToString,
            response_deserializer=messages.FetchResponse.FromString,
        )
        self._running = call(iter(requests.get, None), metadata=session.metadata())
        try:
            for answer in self._running:
                events = [event for each in answer.events for event in self._events(channel, session, each)]
                places = [each.replay_id for each in answer.events] or [answer.latest_replay_id]
                yield StreamBatch(tuple(events), places[-1])
                if answer.pending_num_requested <= MOST_UNDERWAY // 2:
                    more = MOST_UNDERWAY - answer.pending_num_requested
                    requests.put(messages.FetchRequest(topic_name=self.topic, num_requested=more))
        finally:
            requests.put(None)
            self._running.cancel()

    def _first(self, behind: bytes | None) -> Any:
        place = {"replay_preset": messages.CUSTOM, "replay_id": behind} if behind else {}
        return messages.FetchRequest(topic_name=self.topic, num_requested=MOST_UNDERWAY, **place)

    def _events(self, channel: Any, session: StreamSession, each: Any) -> list[CrmEvent]:
        schema = self._schema(channel, session, each.event.schema_id)
        content = decoded(each.event.payload, schema)
        return crm_events(each.event.id or each.replay_id.hex(), content, schema, self._clock.now())

    def _schema(self, channel: Any, session: StreamSession, schema_id: str) -> Schema:
        if schema_id not in self._schemas:
            ask = channel.unary_unary(
                f"{messages.SERVICE}GetSchema",
                request_serializer=messages.SchemaRequest.SerializeToString,
                response_deserializer=messages.SchemaInfo.FromString,
            )
            request = messages.SchemaRequest(schema_id=schema_id)
            found = ask(request, metadata=session.metadata(), timeout=CALL_SECONDS)
            self._schemas[schema_id] = read_schema(found.schema_json)
        return self._schemas[schema_id]

    def _told(self, problem: Any, session: StreamSession, behind: bytes | None) -> StreamUnavailable:
        code, words = problem.code(), f"{problem.code().name}: {problem.details()}"[:300]
        if code is grpc.StatusCode.UNAUTHENTICATED:
            self._refused = session.access_token
            return StreamRefused(f"the org refuses our session ({words})")
        if code is grpc.StatusCode.INVALID_ARGUMENT and behind and "replay" in words.lower():
            return PlaceLost(f"the place to go on from is gone ({words})")
        if code is grpc.StatusCode.NOT_FOUND or code is grpc.StatusCode.PERMISSION_DENIED:
            return StreamUnavailable(
                f"the org has no stream {self.topic} for us ({words}): choose the objects in Setup, Change Data "
                "Capture, and let the integration user read them"
            )
        return StreamUnavailable(f"the change stream broke off ({words})")
