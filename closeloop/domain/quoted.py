"""What a prospect was quoted: the mark of a quote, small enough to stay on the prospect."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from closeloop.domain.record import Record


class Quoted(Record):
    """A quote that stands, or stood."""

    number: str
    total: Decimal
    currency: str
    issued_on: date
    valid_until: date
    """The last day on which it can be accepted."""
    extra: bool = False
    """With the extra of `closing.inducement`."""
    file: str | None = None
    """Path of the document, relative to the home folder; None until it is written."""
