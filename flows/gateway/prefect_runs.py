"""Flow runs of `on_event` through Prefect's API: created under our own key, so that asking twice makes one run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Crashed, Pending

from closeloop.adapters.clock import SystemClock
from closeloop.application.dispatch import LEASE, RunsUnavailable
from closeloop.application.on_event import NAME

DEPLOYMENT = f"{NAME}/closeloop"
"""As `flows.deployments.full_name` has it, which loads every flow; a test compares them."""
STRANDED = "Whoever took this run was gone before it began; its events go to another."
Answer = TypeVar("Answer")


class PrefectRuns:
    """Implements `closeloop.application.dispatch.FlowRuns`. For one thread; keeps its connection open."""

    def __init__(self, deployment: str = DEPLOYMENT, *, taken: bool = False) -> None:
        """`taken`: whoever asks for a run works on it too, so no runner or worker is to look at it."""
        self._name, self._taken = deployment, taken
        self._id: UUID | None = None
        self._open = ExitStack()
        self._client: SyncPrefectClient | None = None

    def start(self, key: str, records: tuple[str, ...]) -> str:
        def create(client: SyncPrefectClient) -> str:
            self._id = self._id or client.read_deployment_by_name(self._name).id
            run = client.create_flow_run_from_deployment(
                self._id,
                parameters={"key": key},
                state=Pending() if self._taken else None,
                idempotency_key=key,
                tags=[f"crm:{record_id}" for record_id in records],
            )
            return str(run.id)

        return self._asked(create)

    def is_coming(self, flow_run_id: str) -> bool:
        def look(client: SyncPrefectClient) -> bool:
            state = client.read_flow_run(UUID(flow_run_id)).state
            if state is None or state.is_final():
                return False
            stranded = state.is_pending() and state.timestamp < SystemClock().now() - LEASE
            if stranded:  # whoever took it died before it began; Prefect itself would never notice
                client.set_flow_run_state(UUID(flow_run_id), Crashed(message=STRANDED), force=True)
            return not stranded

        try:
            return self._asked(look)
        except RunsUnavailable as problem:
            if isinstance(problem.__cause__, ObjectNotFound):
                return False
            raise

    def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        with suppress(Exception):
            self._open.close()
        self._client, self._id = None, None

    def _asked(self, question: Callable[[SyncPrefectClient], Answer]) -> Answer:
        try:
            if self._client is None:
                self._client = self._open.enter_context(get_client(sync_client=True))
            return question(self._client)
        except ObjectNotFound as problem:
            self._id = None
            raise RunsUnavailable(
                f"Prefect does not know the deployment {self._name}: start `closeloop up`, or deploy prefect.yaml"
            ) from problem
        except (httpx.HTTPError, PrefectException, RuntimeError, OSError) as problem:
            self.close()
            raise RunsUnavailable(
                f"Prefect does not answer ({type(problem).__name__}): events wait for it"
            ) from problem
