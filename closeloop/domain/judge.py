"""The judge: counts, from what really arrived at the provider, mails sent twice and mails sent after a no.

It is given the provider's journal and the buyers' own acts, never our ledger: a system that judges itself by
its own books finds itself innocent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from closeloop.domain.record import Moment, Record


class Arrived(Record):
    """One mail that the provider accepted."""

    at: Moment
    to: str
    key: str
    """Our own key, as it arrived."""
    subject: str
    body: str
    """The text, or a hash of it."""


class Judgement(Record):
    """What must be zero."""

    sends: int
    duplicate_sends: int
    sends_after_stop: int


def judge(mails: Sequence[Arrived], stopped_at: Mapping[str, Moment]) -> Judgement:
    """`stopped_at`: lower-case address to the moment that person said no, bounced or complained."""
    return Judgement(
        sends=len(mails),
        duplicate_sends=max(_repeats(m.key for m in mails), _repeats(_content(m) for m in mails)),
        sends_after_stop=sum(1 for mail in mails if _is_after_stop(mail, stopped_at)),
    )


def _repeats(marks: Iterable[object]) -> int:
    return sum(times - 1 for times in Counter(marks).values())


def _content(mail: Arrived) -> tuple[str, str, str]:
    return mail.to.lower(), mail.subject, mail.body


def _is_after_stop(mail: Arrived, stopped_at: Mapping[str, Moment]) -> bool:
    stop = stopped_at.get(mail.to.lower())
    return stop is not None and mail.at > stop
