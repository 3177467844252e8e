"""The filter language of the Activity and Logs APIs: from text to a tree of conditions.

Whatever the text, the result is a tree or a QueryError whose words start with "invalid syntax", as the API's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 10_000
DEEPEST = 40
TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<mark><=|>=|!=|[=<>()\[\],]))""",
    re.DOTALL,
)
SIGNS = ("=", "!=", "<", ">", "<=", ">=")
WORDS = frozenset({"and", "or", "not", "like", "in", "between", "is", "null", "contains", "timestamp"})


class QueryError(ValueError):
    """The filter means nothing; the text is what the API answers."""


@dataclass(frozen=True)
class Condition:
    """One comparison: a field, for `unique_args['key']` its key, an operator and its values."""

    field: str
    key: str | None
    operator: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """Conditions joined by AND or OR."""

    joint: str
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Negation:
    """The opposite of what is inside."""

    inner: Tree


Tree = Condition | Group | Negation


def parse(text: str) -> Tree:
    """The tree that the text means; QueryError if it means none."""
    if len(text) > LONGEST:
        raise QueryError(f"invalid syntax: a query may have {LONGEST} characters")
    parser = _Parser(list(_tokens(text)))
    tree = parser.either(0)
    parser.end()
    return tree


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise QueryError(f"invalid syntax: unexpected {text[place:].lstrip()[:20]!r}")
        place = found.end()
        kind = str(found.lastgroup)
        value = found.group(kind)
        if kind == "string":
            value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        elif kind == "name" and value.lower() in WORDS:
            kind, value = "word", value.lower()
        yield kind, value


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0

    def either(self, depth: int) -> Tree:
        return self._joined("or", depth)

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise QueryError(f"invalid syntax: unexpected {self._tokens[self._place][1][:20]!r}")

    def _joined(self, joint: str, depth: int) -> Tree:
        if depth > DEEPEST:
            raise QueryError("invalid syntax: nested too deeply")
        parts = [self._inner(joint, depth)]
        while self._took("word", joint):
            parts.append(self._inner(joint, depth))
        return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))

    def _inner(self, joint: str, depth: int) -> Tree:
        return self._joined("and", depth) if joint == "or" else self._opposite(depth)

    def _opposite(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise QueryError("invalid syntax: nested too deeply")
        if self._took("word", "not"):
            return Negation(self._opposite(depth + 1))
        if self._took("mark", "("):
            tree = self.either(depth + 1)
            self._must("mark", ")")
            return tree
        return self._condition()

    def _condition(self) -> Condition:
        if self._took("word", "contains"):
            self._must("mark", "(")
            field, key = self._field()
            self._must("mark", ",")
            value = self._value()
            self._must("mark", ")")
            return Condition(field, key, "contains", (value,))
        field, key = self._field()
        return self._comparison(field, key)

    def _comparison(self, field: str, key: str | None) -> Condition:
        for sign in SIGNS:
            if self._took("mark", sign):
                return Condition(field, key, sign, (self._value(),))
        if self._took("word", "is"):
            negated = self._took("word", "not")
            self._must("word", "null")
            return Condition(field, key, "null", (), negated)
        negated = self._took("word", "not")
        if self._took("word", "like"):
            return Condition(field, key, "like", (self._value(),), negated)
        if self._took("word", "contains"):
            return Condition(field, key, "contains", (self._value(),), negated)
        if self._took("word", "in"):
            return Condition(field, key, "in", self._several(), negated)
        if self._took("word", "between"):
            low = self._value()
            self._must("word", "and")
            return Condition(field, key, "between", (low, self._value()), negated)
        raise QueryError(f"invalid syntax: expected an operator after {field!r}")

    def _field(self) -> tuple[str, str | None]:
        field, key = self._must("name"), None
        if self._took("mark", "["):
            key = self._must("string")
            self._must("mark", "]")
        return field.lower(), key

    def _several(self) -> tuple[str, ...]:
        self._must("mark", "(")
        values = [self._value()]
        while self._took("mark", ","):
            values.append(self._value())
        self._must("mark", ")")
        return tuple(values)

    def _value(self) -> str:
        if self._took("word", "timestamp"):
            return self._must("string")
        if self._next()[0] == "number":
            return self._must("number")
        return self._must("string")

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "the end of the query")

    def _took(self, kind: str, value: str) -> bool:
        if self._next() != (kind, value):
            return False
        self._place += 1
        return True

    def _must(self, kind: str, value: str | None = None) -> str:
        found = self._next()
        if found[0] != kind or value not in (None, found[1]):
            wanted = repr(value) if value else {"name": "a field", "string": "a value in quotes"}.get(kind, kind)
            raise QueryError(f"invalid syntax: expected {wanted}, found {found[1][:20]!r}")
        self._place += 1
        return found[1]
