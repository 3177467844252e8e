"""A recursive-descent parser for the SELECT statements of SOQL.

Invariant: it consumes the whole statement or raises MALFORMED_QUERY at the first token it does not
understand.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.salesforce.soql.condition_parser import ConditionParser
from sandbox.salesforce.soql.lexer import Token, malformed
from sandbox.salesforce.soql.syntax import Aliased, FieldsOf, Func, Order, Path, Query, SelectItem, TypeOf
from sandbox.salesforce.soql.token_reader import RESERVED

_MOST_SUBTOTALS = 3


def parse(statement: str) -> Query:
    """The syntax tree of a statement."""
    parser = _Parser(statement)
    query = parser.query()
    seen_for = parser.seen_for()
    parser.expect_end()
    return replace(query, seen_for=seen_for)


class _Parser(ConditionParser):
    def query(self) -> Query:
        self._expect("SELECT")
        select = [self._select_item()]
        while self._accept(","):
            select.append(self._select_item())
        self._expect("FROM")
        source = self._source()
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

    def _source(self) -> Token:
        """An object, which may be called Group although fields may not."""
        return self._take() if self._token.word == "GROUP" else self._name()

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
        plain = self._token.kind == "name" and self._token.word not in RESERVED and "." not in self._token.text
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
