"""For when a meeting is proposed or accepted: the first day that is named and not refused, with its hour.

The hour is the writer's own, on the writer's clock: a mail does not say in which time zone it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta

from closeloop.adapters.replies.mentions import Mention, mentions, without_repeats
from closeloop.adapters.replies.time_words import TimeWords
from closeloop.domain.signals import Proposed

_EARLIEST = 7
"""`at 3` is three in the afternoon; `03:00` and `3 am` are what they say."""
_NEAR = 6


def proposed_for(
    sentences: Sequence[str], languages: Iterable[TimeWords], today: date, *, day_first: bool | None = None
) -> Proposed | None:
    """The day and hour of a meeting in these sentences; None when they name no day of their own."""
    spoken = list(languages)
    for number, sentence in enumerate(sentences):
        for words in spoken:
            found = _first_day(sentence, words, today, day_first)
            if found is not None:
                elsewhere = [*sentences[number + 1 :], *sentences[:number]]
                return Proposed(on=found.on, at=_hour(sentence, found, elsewhere, words))
    return None


def _first_day(sentence: str, words: TimeWords, today: date, day_first: bool | None) -> Mention | None:
    hours = [(found.start(), found.end()) for found in _clocks(sentence, words)]
    named = [
        mention
        for mention in mentions(sentence, words, today, past=_PAST, day_first=day_first)
        if all(mention.end <= start or mention.start >= end for start, end in hours)
    ]
    kept = without_repeats(sentence, named)
    for mention in kept:
        if mention.exact and not _is_refused(sentence, mention, words):
            return _in_its_week(mention, named)
    return None


_PAST = 31
"""A day just gone is taken for what it says, so that the rules can see that it is past."""


def _is_refused(sentence: str, mention: Mention, words: TimeWords) -> bool:
    before, after = sentence[: mention.start], sentence[mention.end :]
    return bool(words.refused_before.search(before) or words.refused_after.match(after))


def _in_its_week(mention: Mention, named: list[Mention]) -> Mention:
    """`Tuesday next week` is not the Tuesday that comes first."""
    for other in named:
        apart = max(other.start - mention.end, mention.start - other.end)
        if not other.exact and apart <= _NEAR and timedelta(0) < other.on - mention.on < timedelta(7):
            return Mention(mention.on + timedelta(7), mention.start, mention.end, exact=True)
    return mention


def _clocks(sentence: str, words: TimeWords) -> list[re.Match[str]]:
    found = [match for expression in words.clock for match in expression.finditer(sentence)]
    return sorted(found, key=lambda match: (match.start(), -match.end()))


def _hour(sentence: str, day: Mention, elsewhere: Iterable[str], words: TimeWords) -> time | None:
    """The hour after the day, else before it, else in another sentence about the meeting."""
    here = _clocks(sentence, words)
    ordered = [match for match in here if match.start() >= day.end] + here
    ordered += [match for other in elsewhere for match in _clocks(other, words)]
    return next((said for match in ordered if (said := _time(match)) is not None), None)


def _time(match: re.Match[str]) -> time | None:
    said = match.groupdict()
    if said.get("noon"):
        return time(12)
    hour, minute = int(match["hour"]), int(said.get("minute") or 0)
    afternoon = said.get("pm") or not (said.get("am") or match["hour"].startswith("0") or hour >= _EARLIEST)
    hour = hour % 12 if said.get("am") else hour
    hour += 12 if afternoon and hour < 12 else 0
    return time(hour, minute) if hour < 24 and minute < 60 else None
