"""The conditions of WHERE and HAVING.

Invariant: AND and OR beside each other need parentheses, as Salesforce demands.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from sandbox.salesforce.soql.syntax import Compare, Condition, Literal, Logic, Not, Query
from sandbox.salesforce.soql.token_reader import TokenReader

_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OF_SEVERAL = frozenset({"INCLUDES", "EXCLUDES"})
_LITERAL_KINDS = frozenset({"string", "number", "date", "datetime"})


class ConditionParser(TokenReader, ABC):
    """Reads conditions; whoever reads statements says how those inside a condition are read."""

    @abstractmethod
    def query(self) -> Query:
        """A statement, without what only the outermost may end with."""

    def _condition(self) -> Condition:
        parts = [self._term()]
        word = self._token.word
        if word not in ("AND", "OR"):
            return parts[0]
        while self._accept(word):
            parts.append(self._term())
        if self._token.word in ("AND", "OR"):
            # Salesforce has no precedence between the two: it asks for parentheses.
            raise self._unexpected()
        return Logic(word, tuple(parts))

    def _term(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._term())
        if self._accept("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Compare:
        at = self._token.at
        left = self._expression()
        token = self._take()
        if token.text in _COMPARISONS and token.kind == "symbol":
            return Compare(left, _COMPARISONS[token.text], self._literal(), at)
        if token.word == "LIKE":
            return Compare(left, "LIKE", self._literal(), at)
        if token.word == "NOT" and self._token.word == "IN":
            self._take()
            return Compare(left, "NOT IN", self._members(), at)
        if token.word == "IN":
            return Compare(left, "IN", self._members(), at)
        if token.word in _OF_SEVERAL and self._token.text == "(":
            return Compare(left, token.word, self._members(), at)
        raise self._unexpected(token)

    def _members(self) -> tuple[Literal, ...] | Query:
        self._expect("(")
        if self._token.word == "SELECT":
            query = self.query()
            self._expect(")")
            return query
        found = [self._literal()]
        while self._accept(","):
            found.append(self._literal())
        self._expect(")")
        return tuple(found)

    def _literal(self) -> Literal:
        token = self._take()
        if token.kind in _LITERAL_KINDS:
            return Literal(token.kind, token.text, token.at)
        if token.kind != "name" or "." in token.text:
            raise self._unexpected(token)
        if token.word in ("TRUE", "FALSE"):
            return Literal("boolean", token.word, token.at)
        if token.word == "NULL":
            return Literal("null", token.word, token.at)
        if self._accept(":"):
            return Literal("range", f"{token.word}:{self._count()}", token.at)
        return Literal("range", token.word, token.at)
