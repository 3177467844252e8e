"""Column types of the ledger: words, ids, moments, closed sets of words, and JSON, the same on every database.

Invariants: words sort by code point, as Python sorts them; a moment is UTC to the microsecond, and sorts as time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, TIMESTAMP, BigInteger, Dialect, Enum, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from closeloop.adapters.ledger.failures import RowDamaged

POSTGRESQL = "postgresql"

# PostgreSQL would sort by the language of its cluster: then "next by key" differed from place to place.
WORD = String().with_variant(String(collation="C"), POSTGRESQL)
"""Short text that is compared and sorted."""
ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""A running number; SQLite numbers rows by itself only under the name INTEGER."""


class UtcMoment(TypeDecorator[datetime]):
    """`2026-03-02T09:00:00.000000+00:00` on SQLite, `timestamptz` on PostgreSQL; refuses a naive datetime."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        native = TIMESTAMP(timezone=True) if dialect.name == POSTGRESQL else self.impl_instance
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: the ledger keeps aware datetimes only, best in UTC")
        if dialect.name == POSTGRESQL:
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (ValueError, TypeError):
            raise RowDamaged from None


def one_of(words: type[StrEnum], name: str) -> Enum:
    """A column that holds one word of a closed set; the database itself refuses any other (CHECK `name`)."""
    return Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def json_column() -> JSON:
    """JSON whose Python None is SQL NULL, so that `IS NULL` means what it says."""
    return JSON(none_as_null=True)
