"""Splits a SOQL statement into tokens, and words its errors with row, column and caret as Salesforce does.

Invariant: every character of the statement belongs to a token or to white space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.salesforce.errors import ApiError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<symbol><=|>=|<>|!=|[=<>(),:])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_NO_ESCAPE = re.compile(r"""\\(?:\\|([^nrtbf'"_%\\]))""", re.IGNORECASE | re.DOTALL)
LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the statement, with where it stands."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The keyword this token may be; empty for anything but a name."""
        return self.text.upper() if self.kind == "name" else ""


def tokens(statement: str) -> list[Token]:
    """The tokens of a statement, closed by an `end` token."""
    if len(statement) > LONGEST:
        raise ApiError(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST} characters.")
    found: list[Token] = []
    at = 0
    while at < len(statement):
        match = _TOKEN.match(statement, at)
        if match is None:
            raise malformed(statement, at, _unknown(statement, at))
        kind = match.lastgroup or ""
        if kind == "string":
            _refuse_unknown_escapes(statement, at, match.group())
        if kind != "space":
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(statement)))
    return found


def _refuse_unknown_escapes(statement: str, at: int, text: str) -> None:
    for found in _NO_ESCAPE.finditer(text):
        if found.group(1) is not None:
            message = f"Invalid string literal: illegal character sequence '\\{found.group(1)}'"
            raise malformed(statement, at + found.start(), message)


def _unknown(statement: str, at: int) -> str:
    if statement[at] == "'":
        return "string is not closed: a quote is missing"
    return f"unexpected character: '{statement[at]}'"


def malformed(statement: str, at: int, message: str) -> ApiError:
    """A statement that is not SOQL, or not the part of SOQL that this org understands."""
    return _placed("MALFORMED_QUERY", statement, at, message)


def invalid_field(statement: str, at: int, message: str) -> ApiError:
    """A statement that names a field which cannot be used this way."""
    return _placed("INVALID_FIELD", statement, at, message)


def invalid_type(statement: str, at: int, name: str) -> ApiError:
    """A statement over an object this org does not have."""
    message = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure"
        " to append the"
        " '__c' after the entity name. Please reference your WSDL or the describe call for the"
        " appropriate names."
    )
    return _placed("INVALID_TYPE", statement, at, message)


def _placed(code: str, statement: str, at: int, message: str) -> ApiError:
    before = statement[:at]
    row, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    line = (statement.splitlines() or [""])[min(row, len(statement.splitlines()) or 1) - 1]
    start = max(0, column - 60)
    excerpt, caret = line[start : start + 120], " " * (column - 1 - start) + "^"
    return ApiError(400, code, f"\n{excerpt}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


def unquote(text: str, *, like: bool = False) -> str:
    r"""The value of a quoted string; for LIKE the escapes of `_`, `%` and `\` stay for the pattern."""
    return re.sub(r"\\(.)", lambda match: _unescaped(match.group(1), like), text[1:-1], flags=re.DOTALL)


def _unescaped(char: str, like: bool) -> str:
    if like and char in "_%\\":
        return "\\" + char
    return _ESCAPES.get(char.lower(), char)
