"""Only posts that SendGrid signed a short while ago are believed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from closeloop.adapters.sendgrid.signature import SignedPosts
from closeloop.domain.errors import UsageError

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
BODY = b'[{"email":"anna@firm.example","event":"delivered"}]\r\n'
PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
POSTS = SignedPosts(PUBLIC)


def signed(body: bytes = BODY, at: datetime = NOW, key: ec.EllipticCurvePrivateKey = PRIVATE) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signature = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }


def test_a_post_that_was_signed_is_believed() -> None:
    assert POSTS.problem(BODY, signed(), NOW) is None


def test_a_post_that_is_tried_again_for_a_day_is_believed() -> None:
    assert POSTS.problem(BODY, signed(), NOW + timedelta(hours=24)) is None


def test_a_post_of_last_week_is_a_replay() -> None:
    assert POSTS.problem(BODY, signed(), NOW + timedelta(days=7)) == "the signature is from another time"


def test_a_post_from_the_future_is_refused() -> None:
    assert POSTS.problem(BODY, signed(at=NOW + timedelta(hours=1)), NOW) == "the signature is from another time"


def test_a_post_of_somebody_else_is_refused() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert POSTS.problem(BODY, signed(key=stranger), NOW) == "the signature does not fit the body"


def test_a_post_without_a_signature_is_refused() -> None:
    assert POSTS.problem(BODY, {}, NOW) == "the post is not signed"


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_seen(place: int, by: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= by
    assert POSTS.problem(bytes(changed), signed(), NOW) == "the signature does not fit the body"


@given(st.binary(max_size=60), st.text(max_size=90), st.text(max_size=20))
def test_nothing_that_is_sent_breaks_the_check(body: bytes, signature: str, timestamp: str) -> None:
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    assert POSTS.problem(body, headers, NOW) is not None


@pytest.mark.parametrize("key", ["", "not a key", base64.b64encode(b"x" * 91).decode()])
def test_a_key_that_is_none_is_refused_with_the_name_of_its_setting(key: str) -> None:
    with pytest.raises(UsageError, match="CLOSELOOP_SENDGRID_WEBHOOK_KEY"):
        SignedPosts(key)
