"""Working days: Monday to Friday. Public holidays belong to the prospect's country and come from a calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

SATURDAY = 5


def is_business_day(moment: datetime) -> bool:
    """Monday to Friday."""
    return moment.weekday() < SATURDAY


def add_business_days(moment: datetime, days: int) -> datetime:
    """The same hour, `days` business days later; 0 days on a weekend is the next Monday."""
    while days > 0 or not is_business_day(moment):
        moment += timedelta(days=1)
        if is_business_day(moment) and days > 0:
            days -= 1
    return moment
