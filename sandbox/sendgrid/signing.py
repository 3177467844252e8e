"""Signatures of webhook posts: ECDSA on P-256 over the timestamp and the raw body, as SendGrid signs them.

A key follows from the world's seed and its name: the same sandbox keeps its public key over a restart.
"""

from __future__ import annotations

import base64
import hashlib
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.world import World

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
EVENT_KEY = "event webhook"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public_key(world: World, name: str) -> str:
    """The key by which receivers check, as base64 of its DER form."""
    der = (
        _key(world, name)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode()


def headers(world: World, name: str, body: bytes) -> dict[str, str]:
    """The two headers that sign this body at this second of the real time.

    A post is made at a real moment, whatever day it is in the sandbox: receivers judge replays by their clock.
    """
    timestamp = str(int(time.time()))
    signature = _key(world, name).sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}


def _key(world: World, name: str) -> ec.EllipticCurvePrivateKey:
    digest = hashlib.sha512(f"{world.seed}|signing key|{name}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
