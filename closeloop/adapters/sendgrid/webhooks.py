"""Telling SendGrid where our gateway is: one event webhook, one inbound parse address."""

from __future__ import annotations

import urllib.error
from http.client import HTTPException
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from closeloop.domain.errors import CloseloopError

TIMEOUT_SECONDS = 30
EVENTS = ("processed", "delivered", "bounce", "dropped", "open", "click", "spam_report", "unsubscribe")


def register_webhooks(api_key: str, host: str, gateway: str, token: str, reply_domain: str) -> str | None:
    """Point both webhooks at the gateway and have the events signed; raises `CloseloopError` with SendGrid's words.

    The public key that verifies the events; None where the account cannot sign them.
    """
    settings = SendGridAPIClient(api_key=api_key, host=host).client.user.webhooks
    events = {"url": f"{gateway}/sendgrid/events/{token}", "enabled": True, **dict.fromkeys(EVENTS, True)}
    inbound = {"url": f"{gateway}/sendgrid/inbound/{token}", "hostname": reply_domain}
    try:
        made = settings.event.settings.post(request_body=events, timeout=TIMEOUT_SECONDS)
        settings.parse.settings.post(request_body=inbound, timeout=TIMEOUT_SECONDS)
        return _signed(settings.event.settings, str(made.to_dict["id"]))
    except (HTTPError, urllib.error.URLError, OSError, HTTPException) as problem:
        raise CloseloopError(f"SendGrid did not take the webhook addresses: {problem}") from None


def _signed(settings: Any, webhook_id: str) -> str | None:
    try:
        answer = settings.signed._(webhook_id).patch(request_body={"enabled": True}, timeout=TIMEOUT_SECONDS)
    except HTTPError:
        return None
    return str(answer.to_dict["public_key"]) or None


def scopes(api_key: str, host: str) -> frozenset[str]:
    """What the key may do; empty when SendGrid refuses it. Raises `CloseloopError` when nobody answers."""
    client = SendGridAPIClient(api_key=api_key, host=host)
    try:
        answer = client.client.scopes.get(timeout=TIMEOUT_SECONDS)
    except HTTPError:
        return frozenset()
    except (urllib.error.URLError, OSError, HTTPException) as problem:
        raise CloseloopError(f"{host} cannot be reached: {problem}") from None
    try:
        return frozenset(answer.to_dict["scopes"])
    except (ValueError, LookupError, TypeError):
        raise CloseloopError(f"{host} answers, but not as SendGrid does") from None
