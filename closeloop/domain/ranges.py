"""A range of numbers as a rule of the playbook has it; both ends count."""

from __future__ import annotations

from decimal import Decimal

from closeloop.domain.record import Record


class Range(Record):
    """From `at_least` to `at_most`, both included; an open end is left out."""

    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)
