"""The conditions of validation rules and outbound messages: a comparison of one field, or several combined.

`{"field": "Company", "op": "contains", "value": "gmail"}`, `{"all": […]}`, `{"any": […]}`, `{"not": …}`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.admin.reading import SetupError, choice, part, parts, text
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.store import Row

Condition = Callable[[Row, Row | None], bool]
_DEEPEST = 10


def _blank(new: Any, _wanted: Any) -> bool:
    return new is None


def _below(new: Any, wanted: Any) -> bool:
    numbers = isinstance(new, int | float) and isinstance(wanted, int | float)
    texts = isinstance(new, str) and isinstance(wanted, str)
    return bool(new < wanted) if numbers or texts else False


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda new, wanted: bool(new == wanted),
    "not_equals": lambda new, wanted: bool(new != wanted),
    "blank": _blank,
    "not_blank": lambda new, wanted: new is not None,
    "contains": lambda new, wanted: isinstance(new, str) and str(wanted) in new,
    "less_than": _below,
    "greater_than": lambda new, wanted: _below(wanted, new),
}
_OPERATORS = (*_TESTS, "changed")


def read(kind: ObjectType, value: object, what: str, depth: int = 0) -> Condition:
    """The condition that a JSON value means, over records of this kind."""
    if depth > _DEEPEST:
        raise SetupError(f"{what} is nested more than {_DEEPEST} deep")
    if isinstance(value, dict) and len(value) == 1:
        ((word, inner),) = value.items()
        if word == "not":
            negated = read(kind, inner, f"{what}.not", depth + 1)
            return lambda new, old: not negated(new, old)
        if word in ("all", "any"):
            found = [read(kind, each, name, depth + 1) for name, each in parts(inner, f"{what}.{word}")]
            combine = all if word == "all" else any
            return lambda new, old: combine(each(new, old) for each in found)
    return _comparison(kind, value, what)


def _comparison(kind: ObjectType, value: object, what: str) -> Condition:
    given = part(value, what, {"field": ..., "op": ..., "value": None})
    name = field_name(kind, given["field"], f"{what}.field")
    operator = choice(given["op"], f"{what}.op", _OPERATORS)
    if operator == "changed":
        return lambda new, old: old is not None and new.get(name) != old.get(name)
    test, wanted = _TESTS[operator], given["value"]
    return lambda new, old: test(new.get(name), wanted)


def field_name(kind: ObjectType, value: object, what: str) -> str:
    """The name of a field in its own case."""
    found = kind.by_lower.get(text(value, what).lower())
    if found is None:
        raise SetupError(f"{what}: {kind.name} has no field {value!r}")
    return found.name
