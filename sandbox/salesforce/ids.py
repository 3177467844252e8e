"""Salesforce record ids: fifteen case-sensitive characters and a three-character checksum of their case.

Invariant: `full_id(x[:15]) == x` for every id that leaves this org.
"""

from __future__ import annotations

import string

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK = string.ascii_uppercase + "012345"
_ALPHABET = frozenset(_DIGITS)


class IdError(ValueError):
    """The text is not a record id."""


def checksum(short: str) -> str:
    """The three characters that let a case-blind system tell two ids apart."""
    return "".join(_case_digit(short[start : start + 5]) for start in (0, 5, 10))


def _case_digit(group: str) -> str:
    return _CHECK[sum(1 << bit for bit, char in enumerate(group) if "A" <= char <= "Z")]


def full_id(text: str) -> str:
    """The 18-character form of a 15- or 18-character id; `IdError` for anything else."""
    short = text[:15]
    if len(text) not in (15, 18) or not _ALPHABET.issuperset(text):
        raise IdError(text)
    whole = short + checksum(short)
    if len(text) == 18 and text != whole:
        raise IdError(text)
    return whole


def make_id(prefix: str, number: int) -> str:
    """The id of record `number` of the object whose key prefix is `prefix`."""
    return full_id(prefix + "gK" + _base62(number).rjust(10, "0"))


def _base62(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = _DIGITS[digit] + text
    return text or "0"
