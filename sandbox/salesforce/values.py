"""Turns a client's JSON value into the stored one, or says why it cannot be stored.

Invariant: what is stored renders back unchanged: texts are stripped and never empty, datetimes are UTC in
one fixed form that sorts as text. A value of the wrong JSON type fails the whole request, as it does at
Salesforce.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.salesforce.errors import RecordError, unreadable
from sandbox.salesforce.ids import IdError, full_id
from sandbox.salesforce.schema import Field

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_KINDS: dict[type, str] = {bool: "BOOLEAN", int: "NUMBER_INT", float: "NUMBER_FLOAT", str: "STRING"}
_INT_LIMIT = 2**31


def clean(field: Field, value: Any) -> Any:
    """The value as the store keeps it. Raises `RecordError`, or `ApiError` for a value of the wrong type."""
    if value is None:
        return 0 if field.type == "boolean" else None
    return _CLEANERS[field.type](field, value)


def stamp(moment: datetime) -> str:
    """A datetime as REST shows it and the store keeps it."""
    whole = moment.astimezone(UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}+0000"


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 datetime with an offset; a bare date is its midnight in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _mismatch(field: Field, value: Any) -> Exception:
    kind = _KINDS.get(type(value), "START_OBJECT" if isinstance(value, dict) else "START_ARRAY")
    name = f"VALUE_{kind}" if kind in _KINDS.values() else kind
    return unreadable(
        f"Cannot deserialize instance of {_word(field)} from {name} value {value} or request may be missing a"
        f" required field at [line:1, column:1] (field {field.name})"
    )


def _word(field: Field) -> str:
    if field.type in ("boolean", "int", "double", "currency", "percent", "date", "datetime"):
        return field.type
    return "string"


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _mismatch(field, value)
    text = value.strip()
    if len(text) > field.length:
        raise too_long(field, text)
    return text or None


def too_long(field: Field, text: str) -> RecordError:
    """The refusal of a text that the field cannot hold."""
    message = f"{field.label}: data value too large: {text} (max length={field.length})"
    return RecordError("STRING_TOO_LONG", message, [field.name])


def _email(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    if text is not None and _EMAIL.fullmatch(text) is None:
        message = f"{field.label}: invalid email address: {text}"
        raise RecordError("INVALID_EMAIL_ADDRESS", message, [field.name])
    # A real org keeps addresses in lower case, however they were sent.
    return None if text is None else text.lower()


def _picklist(field: Field, value: Any) -> str | None:
    text = _text(field, value)
    if text is None or "R" not in field.flags:
        return text
    for choice in field.choices:
        if choice.lower() == text.lower():
            return choice
    message = f"{field.label}: bad value for restricted picklist field: {text}"
    raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])


def _boolean(field: Field, value: Any) -> int:
    if isinstance(value, bool):
        return int(value)
    if value in ("true", "false"):
        return int(value == "true")
    raise _mismatch(field, value)


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _mismatch(field, value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _mismatch(field, value) from None
    if not abs(number) < 10.0 ** (field.precision - field.scale):
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])
    # Salesforce rounds halves away from zero, Python's round() to even digits.
    return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))


def _int(field: Field, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _mismatch(field, value)
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])
    return int(value)


def _date(field: Field, value: Any) -> str:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10]).isoformat() if len(value) >= 10 else _never(value)
        except ValueError:
            pass
    raise _mismatch(field, value)


def _never(value: str) -> str:
    raise ValueError(value)


def _datetime(field: Field, value: Any) -> str:
    moment = parse_moment(value) if isinstance(value, str) else None
    if moment is None:
        raise _mismatch(field, value)
    return stamp(moment)


def _reference(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _mismatch(field, value)
    if not value.strip():
        return None
    try:
        return full_id(value.strip())
    except IdError:
        message = f"{field.label}: id value of incorrect type: {value}"
        raise RecordError("MALFORMED_ID", message, [field.name]) from None


def _bytes(field: Field, value: Any) -> bytes:
    if not isinstance(value, str):
        raise _mismatch(field, value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise unreadable(f"{field.name} is not valid base64") from None


_CLEANERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _text,
    "textarea": _text,
    "phone": _text,
    "url": _text,
    "combobox": _text,
    "email": _email,
    "picklist": _picklist,
    "boolean": _boolean,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "int": _int,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    "id": _reference,
    "base64": _bytes,
}
