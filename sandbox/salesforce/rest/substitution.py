"""The `@{ref.path}` references of composite requests.

Invariant: a reference is replaced by what an earlier answer really holds, or the sub-request is not carried
out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.salesforce.rest.request import Answer

_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class Unresolved(Exception):
    """A reference without a value; `failed` tells that the request it names did not succeed."""

    def __init__(self, message: str, *, failed: bool) -> None:
        super().__init__(message)
        self.failed = failed


def substituted(value: Any, answers: Mapping[str, Answer]) -> Any:
    """The value with every reference in its texts replaced."""
    if isinstance(value, str):
        return _text(value, answers)
    if isinstance(value, dict):
        return {name: substituted(item, answers) for name, item in value.items()}
    if isinstance(value, list):
        return [substituted(item, answers) for item in value]
    return value


def _text(text: str, answers: Mapping[str, Answer]) -> Any:
    if "@{" not in text:
        return text
    alone = _REFERENCE.fullmatch(text)
    if alone is not None:
        return _value(alone, answers)
    return _REFERENCE.sub(lambda match: str(_value(match, answers)), text)


def _value(match: re.Match[str], answers: Mapping[str, Answer]) -> Any:
    name, path = match.groups()
    if name not in answers:
        raise Unresolved(f"Invalid reference specified. No earlier request is called {name}", failed=False)
    if answers[name].failed:
        raise Unresolved(f"{name} failed", failed=True)
    value = answers[name].body
    for word, index in _STEP.findall(path):
        value = _step(value, word, index)
        if value is None:
            message = f"Invalid reference specified. No value for {name}{path} found in {name}"
            raise Unresolved(message, failed=False)
    return value


def _step(value: Any, word: str, index: str) -> Any:
    if index:
        return value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
    if not isinstance(value, dict):
        return None
    return next((item for name, item in value.items() if name.lower() == word.lower()), None)
