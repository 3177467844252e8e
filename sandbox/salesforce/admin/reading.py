"""Reads the parts of an org setup from JSON, one value at a time.

Invariant: what is not understood is refused by name, never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SetupError(ValueError):
    """An org setup that cannot be; its text says which part and what to send."""


def part(value: object, what: str, known: Mapping[str, object]) -> dict[str, Any]:
    """An object with defaults filled in; `known` maps each name to its default, `...` where it must be given."""
    if not isinstance(value, dict):
        raise SetupError(f"{what} must be an object with {', '.join(known)}")
    if unknown := sorted(set(value) - set(known)):
        raise SetupError(f"{what} knows no {unknown[0]!r}; known are {', '.join(known)}")
    absent = [name for name, default in known.items() if default is ... and name not in value]
    if absent:
        raise SetupError(f"{what} needs {absent[0]}")
    return {name: value.get(name, default) for name, default in known.items()}


def parts(value: object, what: str) -> list[tuple[str, Any]]:
    """The entries of a list, each with a name for messages."""
    if not isinstance(value, list):
        raise SetupError(f"{what} must be a list")
    return [(f"{what}[{number}]", each) for number, each in enumerate(value)]


def text(value: object, what: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise SetupError(f"{what} must be a text")
    return value


def texts(value: object, what: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(each, name) for name, each in parts(value, what))


def truth(value: object, what: str) -> bool:
    """True or false, and nothing that merely counts as one."""
    if not isinstance(value, bool):
        raise SetupError(f"{what} must be true or false")
    return value


def choice(value: object, what: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed texts."""
    if not isinstance(value, str) or value not in allowed:
        raise SetupError(f"{what} must be one of {', '.join(allowed)}")
    return value
