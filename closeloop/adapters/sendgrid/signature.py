"""The signature on SendGrid's event posts: ECDSA over the timestamp header and the body, byte for byte.

SendGrid tries a post again for a day and says nowhere whether it signs it anew, so a post is believed for a
little longer than that; an older one is a replay. A replay inside that time is harmless: each event is stored once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from closeloop.domain.errors import UsageError

BELIEVED_FOR = timedelta(hours=25)
AHEAD = timedelta(minutes=5)
"""Clocks differ."""


class SignedPosts:
    """Checks posts against one public key. Raises `UsageError` for a text that is no such key."""

    def __init__(self, public_key: str) -> None:
        try:
            self._verifier = EventWebhook(public_key.strip() or "none")
        except (ValueError, UnsupportedAlgorithm):
            raise UsageError(
                "CLOSELOOP_SENDGRID_WEBHOOK_KEY is no public key: copy the one that SendGrid shows at the webhook"
            ) from None

    def problem(self, body: bytes, headers: Mapping[str, str], now: datetime) -> str | None:
        """Why a post is not to be believed, for whoever sent it; None when it is SendGrid's own and fresh."""
        signature = headers.get(EventWebhookHeader.SIGNATURE)
        timestamp = headers.get(EventWebhookHeader.TIMESTAMP)
        if not signature or not timestamp:
            return "the post is not signed"
        signed_at = _moment(timestamp)
        if signed_at is None or not self._verified(body, signature, timestamp):
            return "the signature does not fit the body"
        if not now - BELIEVED_FOR <= signed_at <= now + AHEAD:
            return "the signature is from another time"
        return None

    def _verified(self, body: bytes, signature: str, timestamp: str) -> bool:
        try:
            return bool(self._verifier.verify_signature(body.decode(), signature, timestamp))
        except ValueError:  # a body that is no text, or a signature that is no base64
            return False


def _moment(timestamp: str) -> datetime | None:
    if not (timestamp.isascii() and timestamp.isdigit()):
        return None
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
