"""Mails that leave a little later, so that a request whose answer was lost can still be called back.

SendGrid has no idempotency key. A mail that is handed over with a later `send_at` under a `batch_id` can be
cancelled by that id until ten minutes before it leaves, without knowing whether the request was taken. Invariant:
the batch of each mail is written down before its request leaves, and one request is one batch.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from closeloop.application.ports import HeldBatch

CANCEL_AHEAD = timedelta(minutes=10)
"""SendGrid promises a cancellation only so long before `send_at`."""
MAILS_HELD_TOGETHER = 10
"""In one batch, since it is called back as a whole when one of them must not leave. SendGrid keeps 100 batches
cancelled at one time, so that a thousand mails in doubt can still be called back at once."""
LONGEST = timedelta(hours=72)
"""SendGrid schedules no further ahead."""
CANCEL = "cancel"
TIMEOUT_SECONDS = 30
UNANSWERED = (HTTPError, urllib.error.URLError, OSError, ValueError, HTTPException)


@dataclass(frozen=True)
class Hold:
    """How long mails are held, and who writes down under which batch each of them leaves."""

    wait: timedelta
    note: Callable[[Sequence[str], HeldBatch], None]
    """Given action keys and their batch; has to be durable when it returns."""


def new_batch(client: SendGridAPIClient, wait: timedelta, now: datetime) -> HeldBatch | None:
    """A batch of the provider's own; None when it gave none, and then nothing may be sent under one."""
    try:
        answer = client.client.mail.batch.post(timeout=TIMEOUT_SECONDS)
        return HeldBatch(id=str(answer.to_dict["batch_id"]), leaves_at=now + wait)
    except (*UNANSWERED, LookupError, TypeError):
        return None


def cancelled(client: SendGridAPIClient, batch: HeldBatch, now: datetime) -> bool:
    """True only when SendGrid confirms it, in time; a batch that is cancelled already is as good."""
    if now > batch.leaves_at - CANCEL_AHEAD:
        return False
    return _ask(client, batch) or _is_cancelled(client, batch)


def _ask(client: SendGridAPIClient, batch: HeldBatch) -> bool:
    asked = {"batch_id": batch.id, "status": CANCEL}
    try:
        answer = client.client.user.scheduled_sends.post(request_body=asked, timeout=TIMEOUT_SECONDS)
    except UNANSWERED:
        return False
    return bool(answer.status_code == 201)


def _is_cancelled(client: SendGridAPIClient, batch: HeldBatch) -> bool:
    """Asking twice is refused, and an answer may have been lost: what counts is what the provider has noted."""
    try:
        answer = client.client.user.scheduled_sends._(batch.id).get(timeout=TIMEOUT_SECONDS)
        return any(one.get("batch_id") == batch.id and one.get("status") == CANCEL for one in answer.to_dict)
    except (*UNANSWERED, AttributeError, TypeError):
        return False
