"""How the API says what is wrong with a request: a message, the dotted path of the field, a help link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message"
# Type mistakes get this text and no field from the real API.
BAD_REQUEST = "Bad Request"
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[^\s@<>\"(),;:\\]+\.[^\s@<>\"(),;:\\.]+")


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong."""

    message: str
    field: str | None = None

    def as_json(self) -> dict[str, str | None]:
        if self.field is None:
            return {"message": self.message, "field": None, "help": None}
        anchor = ".".join(part for part in self.field.split(".") if not part.isdigit())
        return {"message": self.message, "field": self.field, "help": f"{HELP}.{anchor}"}


def is_address(value: object) -> bool:
    """Whether this is an address the mail API takes: ASCII before the @, at most 320 characters."""
    return isinstance(value, str) and len(value) <= 320 and ADDRESS.fullmatch(value) is not None


def strings_only(value: object) -> bool:
    """Whether this is an object whose values are all strings."""
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def byte_size(pairs: dict[str, Any]) -> int:
    """The UTF-8 bytes of all keys and values."""
    return sum(len(key.encode()) + len(str(value).encode()) for key, value in pairs.items())


def typed(value: object, kind: type | tuple[type, ...]) -> Iterable[Issue]:
    """The API's bare "Bad Request" when a present value has the wrong JSON type."""
    if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is int)):
        yield Issue(BAD_REQUEST)
