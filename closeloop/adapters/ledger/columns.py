"""Column types of the ledger: moments that sort as text, closed sets of words, and JSON.

Invariant: a moment in the database is UTC with six digits of microseconds, so text order is time order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import JSON, Dialect, Enum, String
from sqlalchemy.types import TypeDecorator


class UtcMoment(TypeDecorator[datetime]):
    """`2026-03-02T09:00:00.000000+00:00`; refuses a datetime without a time zone."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: the ledger keeps aware datetimes only, best in UTC")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


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
