"""A recursive-descent parser for the SELECT statements of SOQL.

Invariant: it consumes the whole statement or raises MALFORMED_QUERY at the first token it does not
understand.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql.lexer import Token, malformed, tokens
from sandbox.salesforce.soql.syntax import (
    Aliased,
    Compare,
    Condition,
    FieldsOf,
    Func,
    Literal,
    Logic,
    Not,
    Order,
    Path,
    Query,
    SelectItem,
    TypeOf,
)

_RESERVED = frozenset(
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
_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MOST_SUBTOTALS = 3
_LITERAL_KINDS = frozenset({"string", "number", "date", "datetime"})


def parse(statement: str) -> Query:
    """The syntax tree of a statement."""
    parser = _Parser(statement)
    query = parser.query()
    seen_for = parser.seen_for()
    parser.expect_end()
    return replace(query, seen_for=seen_for)


class _Parser:
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
        if self._token.kind != "name" or self._token.word in _RESERVED:
            raise self._unexpected()
        return self._take()

    def query(self) -> Query:
        self._expect("SELECT")
        select = [self._select_item()]
        while self._accept(","):
            select.append(self._select_item())
        self._expect("FROM")
        source = self._name()
        alias = self._alias()
        scope = self._scope()
        where = self._condition() if self._accept("WHERE") else None
        subtotals, group_by = self._groups() if self._accept("GROUP", "BY") else (None, ())
        having = self._condition() if self._accept("HAVING") else None
        order = self._orders() if self._accept("ORDER", "BY") else ()
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else None
        return Query(
            select=tuple(select),
            source=source.text,
            source_at=source.at,
            alias=alias,
            where=where,
            group_by=group_by,
            having=having,
            order=order,
            limit=limit,
            offset=offset,
            scope=scope,
            subtotals=subtotals,
        )

    def _groups(self) -> tuple[str | None, tuple[Path | Func, ...]]:
        word = self._token.word
        if word not in ("ROLLUP", "CUBE") or not self._accept(word, "("):
            return None, self._list_of_expressions()
        at = self._token.at
        found = self._list_of_expressions()
        self._expect(")")
        if len(found) > _MOST_SUBTOTALS:
            raise malformed(self._statement, at, f"{word} takes up to {_MOST_SUBTOTALS} fields")
        return word, found

    def seen_for(self) -> str | None:
        """The FOR clause at the end of a statement. FOR UPDATE is for Apex only."""
        if not self._accept("FOR"):
            return None
        token = self._take()
        if token.word not in ("VIEW", "REFERENCE"):
            raise self._unexpected(token)
        return token.word

    def _scope(self) -> str:
        if not self._accept("USING", "SCOPE"):
            return "EVERYTHING"
        token = self._name()
        if token.word not in ("EVERYTHING", "MINE"):
            raise malformed(self._statement, token.at, f"Invalid scope: {token.text}")
        return token.word

    def _alias(self) -> str | None:
        self._accept("AS")
        plain = self._token.kind == "name" and self._token.word not in _RESERVED and "." not in self._token.text
        return self._take().text if plain else None

    def _select_item(self) -> SelectItem:
        if self._accept("("):
            query = self.query()
            self._expect(")")
            return query
        if self._accept("TYPEOF"):
            return self._type_of()
        item = self._expression()
        if isinstance(item, Func):
            return self._fields_of(item) or Func(item.name, item.of, self._alias(), item.at)
        alias = self._alias()
        return Aliased(item, alias) if alias else item

    def _fields_of(self, call: Func) -> FieldsOf | None:
        if call.name != "FIELDS":
            return None
        if call.of is None or call.of.text.upper() not in ("ALL", "STANDARD", "CUSTOM"):
            raise malformed(self._statement, call.at, "FIELDS takes ALL, STANDARD or CUSTOM")
        return FieldsOf(call.of.text.upper(), call.at)

    def _type_of(self) -> TypeOf:
        parent = self._name()
        whens = []
        while self._accept("WHEN"):
            kind = self._name()
            self._expect("THEN")
            whens.append((kind.text, self._paths()))
        if not whens:
            raise self._unexpected()
        otherwise = self._paths() if self._accept("ELSE") else ()
        self._expect("END")
        return TypeOf(Path(parent.text, parent.at), tuple(whens), otherwise)

    def _paths(self) -> tuple[Path, ...]:
        found = [self._name()]
        while self._accept(","):
            found.append(self._name())
        return tuple(Path(token.text, token.at) for token in found)

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

    def _orders(self) -> tuple[Order, ...]:
        found = [self._order()]
        while self._accept(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        by = self._expression()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = False
        if self._accept("NULLS"):
            nulls_last = self._accept("LAST")
            if not nulls_last:
                self._expect("FIRST")
        return Order(by, descending, nulls_last)

    def _count(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

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
