"""Signing in for the change stream: the session of a client of ours, renewed when the stream refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from closeloop.adapters.salesforce.record_ids import full_id
from closeloop.adapters.salesforce.stream import StreamSession

if TYPE_CHECKING:
    from closeloop.adapters.salesforce.client import Client


class SignIn:
    """Gives sessions. Raises what signing in raises: `CrmUnavailable`, `CrmRefused`, `UsageError`."""

    def __init__(
        self, connect: Callable[[], Client], our_org: Callable[[], str | None], instance_url: str | None
    ) -> None:
        self._connect, self._our_org, self._instance_url = connect, our_org, instance_url
        self._client: Client | None = None

    def __call__(self, refused: str | None) -> StreamSession:
        """A session whose token is not the `refused` one."""
        if self._client is None:
            self._client = self._connect()
        client = self._client
        token = str(client.session_id)
        if token == refused:
            token = client.renew(refused)
        # A session id begins with the org's id; other kinds of tokens do not.
        org = self._our_org() or full_id(token.partition("!")[0])
        return StreamSession(token, self._instance_url or f"https://{client.sf_instance}", org)
