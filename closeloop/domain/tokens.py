"""Tokens that lead a reply or an opt-out back to its prospect, and that nobody else can make.

Mail systems change the case of addresses, so a token is lower case. A Salesforce id survives that: its last
three characters say which of the others are capitals.
"""

from __future__ import annotations

import hashlib
import hmac

_CAPITALS = "abcdefghijklmnopqrstuvwxyz012345"
_ID_LENGTH = 18
_SIGNATURE_LENGTH = 12


def make_token(key: str, secret: str) -> str:
    """A lower-case token for an 18-character Salesforce id."""
    lowered = key.lower()
    return f"{lowered}{_sign(lowered, secret)}"


def read_token(token: str, secret: str) -> str | None:
    """The id inside a token, or None when the token was not made with this secret."""
    lowered = token.strip().lower()
    body, signature = lowered[:_ID_LENGTH], lowered[_ID_LENGTH:]
    if not hmac.compare_digest(signature.encode(), _sign(body, secret).encode()):
        return None
    return _restore_capitals(body)


def _sign(body: str, secret: str) -> str:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_LENGTH]


def _restore_capitals(lowered: str) -> str | None:
    groups = [_CAPITALS.find(mark) for mark in lowered[15:]]
    if len(groups) != 3 or -1 in groups:
        return None
    letters = [
        letter.upper() if groups[place // 5] >> (place % 5) & 1 else letter
        for place, letter in enumerate(lowered[:15])
    ]
    return "".join(letters) + lowered[15:].upper()
