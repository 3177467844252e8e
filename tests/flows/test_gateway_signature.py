"""Event posts that SendGrid signed are taken; once a key is known, no other is."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flows.gateway.authenticity import keep_key
from tests.flows.door import TOKEN, Door, event


@pytest.fixture
def private_key(door: Door) -> ec.EllipticCurvePrivateKey:
    """The key of the provider, whose public half was kept at registration."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.DER, form)
    keep_key(door.company.services.home, base64.b64encode(public).decode())
    return key


def _post(door: Door, key: ec.EllipticCurvePrivateKey, body: bytes, sent: bytes, age: timedelta) -> httpx.Response:
    stamp = str(int(time.time() - age.total_seconds()))
    signature = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }
    return door.http.post(f"/sendgrid/events/{TOKEN}", content=sent, headers=headers)


def test_a_signed_post_is_stored(door: Door, private_key: ec.EllipticCurvePrivateKey) -> None:
    body = json.dumps([event()]).encode() + b"\r\n"
    assert _post(door, private_key, body, body, timedelta()).json() == {"stored": 1}


def test_a_post_that_was_changed_on_its_way_is_refused(door: Door, private_key: ec.EllipticCurvePrivateKey) -> None:
    body = json.dumps([event()]).encode() + b"\r\n"
    answer = _post(door, private_key, body, body.replace(b"event-1", b"event-2"), timedelta())
    assert (answer.status_code, answer.text) == (403, "the signature does not fit the body\n")
    assert door.stored() == []


def test_a_post_without_the_line_break_that_was_signed_is_refused(
    door: Door, private_key: ec.EllipticCurvePrivateKey
) -> None:
    body = json.dumps([event()]).encode() + b"\r\n"
    assert _post(door, private_key, body, body.strip(), timedelta()).status_code == 403


def test_a_post_of_last_week_is_refused(door: Door, private_key: ec.EllipticCurvePrivateKey) -> None:
    body = json.dumps([event()]).encode()
    assert _post(door, private_key, body, body, timedelta(days=7)).status_code == 403
    assert door.stored() == []


@pytest.mark.usefixtures("private_key")
def test_a_post_that_nobody_signed_is_refused_once_a_key_is_known(door: Door) -> None:
    assert door.events([event()]).status_code == 403


def test_without_a_key_the_secret_address_is_enough(door: Door) -> None:
    assert door.events([event()]).json() == {"stored": 1}
    keep_key(door.company.services.home, None)
    assert door.events([event(2)]).json() == {"stored": 1}
