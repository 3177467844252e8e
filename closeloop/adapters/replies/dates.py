"""When to come back: which of the times that a reply names counts, and what it means.

A named day is that day, a period its first; after a last day of absence comes the next weekday.
"""

from __future__ import annotations

from datetime import date, timedelta

from closeloop.adapters.replies.mentions import Mention, mentions, without_repeats
from closeloop.adapters.replies.time_words import TimeWords

_STALE_DAYS = 31
"""An absence that ended so recently is over; it is not meant for next year."""


def resume_on(
    sentence: str, words: TimeWords, today: date, *, absence: bool, day_first: bool | None = None
) -> date | None:
    """The day on which this sentence says to come back; None when it names no time that can be told."""
    if not words.any_time.search(sentence):
        return None
    found = mentions(sentence, words, today, past=_STALE_DAYS if absence else 0, day_first=day_first)
    found = without_repeats(sentence, found)
    if not found:
        return None
    return _end_of_absence(sentence, found, words) if absence else _time_to_return(sentence, found, words)


def _time_to_return(sentence: str, found: list[Mention], words: TimeWords) -> date:
    first = next((mention for mention in found if mention.exact), found[0])
    if first.exact and words.after.search(sentence[: first.start]):
        return _next_weekday(first.on)
    return first.on


def _end_of_absence(sentence: str, found: list[Mention], words: TimeWords) -> date:
    """A named return wins; otherwise the last day that is named, and then the next weekday."""
    for mention in found:
        before = sentence[: mention.start]
        if words.not_until.search(before):
            return mention.on
        if words.comes_back_after.match(sentence[mention.end :]) and not words.last_day.search(before):
            return mention.on
        if words.comes_back.search(before) and not words.last_day.search(before):
            later = [
                other for other in found if other.start > mention.start and _is_last_day(sentence, other, words)
            ]
            if not later:
                return _next_weekday(mention.on) if words.after.search(before) else mention.on
    last = max(found, key=lambda mention: mention.on)
    if last.last is not None:
        return _next_weekday(last.last)
    if _is_last_day(sentence, last, words) or words.after.search(sentence[: last.start]) or len(found) == 1:
        return _next_weekday(last.on) if last.exact else last.on
    return _next_weekday(last.on)


def _is_last_day(sentence: str, mention: Mention, words: TimeWords) -> bool:
    return words.last_day.search(sentence[: mention.start]) is not None


def _next_weekday(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day
