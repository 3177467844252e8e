"""A cursor over the tokens of one statement, and the smallest things they make: names, fields, functions, counts.

Invariant: what does not come next as expected is MALFORMED_QUERY at its place.
"""

from __future__ import annotations

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql.lexer import Token, malformed, tokens
from sandbox.salesforce.soql.syntax import Func, Path

RESERVED = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "USING",
        "WITH",
        "FOR",
        "TYPEOF",
        "ALL",
        "UPDATE",
    ]
)


class TokenReader:
    """Takes the tokens one after the other."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._tokens = tokens(statement)
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _unexpected(self, token: Token | None = None) -> ApiError:
        wrong = token or self._token
        return malformed(self._statement, wrong.at, f"unexpected token: '{wrong.text}'")

    def _accept(self, *words: str) -> bool:
        """Takes the given keywords or symbols if they come next, all of them or none."""
        coming = self._tokens[self._next : self._next + len(words)]
        if len(coming) < len(words) or any(
            word not in (token.word, token.text) or token.kind == "string"
            for token, word in zip(coming, words, strict=True)
        ):
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected()

    def _name(self) -> Token:
        if self._token.kind != "name" or self._token.word in RESERVED:
            raise self._unexpected()
        return self._take()

    def _expression(self) -> Path | Func:
        following = self._tokens[self._next + 1 : self._next + 2]
        # A function may be called like a keyword, a field may not.
        name = self._take() if following and following[0].text == "(" else self._name()
        if name.kind != "name":
            raise self._unexpected(name)
        if not self._accept("("):
            return Path(name.text, name.at)
        if self._accept(")"):
            return Func(name.word, None, None, name.at)
        inner = self._take()
        if inner.kind != "name":
            raise self._unexpected(inner)
        if inner.word == "CONVERTTIMEZONE" and self._accept("("):
            # The user's time zone is UTC: the conversion changes nothing.
            inner = self._name()
            self._expect(")")
        self._expect(")")
        return Func(name.word, Path(inner.text, inner.at), None, name.at)

    def _list_of_expressions(self) -> tuple[Path | Func, ...]:
        found = [self._expression()]
        while self._accept(","):
            found.append(self._expression())
        return tuple(found)

    def _count(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)
