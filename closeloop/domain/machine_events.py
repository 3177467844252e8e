"""Who opened or clicked: a person, or a machine that looks at every mail before the person does.

Mail providers fetch pictures ahead, and scanners follow every link within seconds. So an open never says that a
person read, and a click counts only when nothing speaks for a machine. The raw event stays stored either way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from closeloop.domain.record import Record

TOO_SOON = timedelta(seconds=15)
"""A scanner is done before a person has seen that there is mail."""
AT_ONCE = timedelta(seconds=5)
"""Two links of one mail within this time: nobody reads that fast, a scanner follows them all."""
MACHINES = re.compile(
    r"bot\b|spider|crawl|headless|phantom|preview|scan|proofpoint|mimecast|barracuda|safelinks|symantec|fireeye"
    r"|trendmicro|python-|curl/|wget/|go-http|java/|okhttp|libwww|googleimageproxy|yahoomailproxy|^mozilla/5\.0$",
    re.IGNORECASE,
)


class Reader(StrEnum):
    """What speaks for whom."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Look(Record):
    """Who it was, and why we think so."""

    reader: Reader
    reason: str


def who_opened(event: Mapping[str, Any]) -> Look:
    """Never a person for sure: a picture that was fetched has not been looked at."""
    if event.get("sg_machine_open"):
        return _machine("the provider says that a machine fetched it")
    if _known(event):
        return _machine("a mail provider's or scanner's program fetched it")
    return Look(reader=Reader.UNKNOWN, reason="a picture was fetched, by whom nobody can tell")


def who_clicked(
    event: Mapping[str, Any],
    at: datetime,
    delivered_at: datetime | None,
    others: Iterable[tuple[datetime, str]],
) -> Look:
    """`others`: the other clicks in the same mail, each with its moment and link."""
    if _known(event):
        return _machine("a scanner's program followed it")
    if delivered_at is not None and at - delivered_at < TOO_SOON:
        return _machine(f"it came within {TOO_SOON.seconds} seconds of the delivery")
    link = event.get("url")
    if any(url != link and abs(moment - at) <= AT_ONCE for moment, url in others):
        return _machine("several links of the mail were followed at once")
    return Look(reader=Reader.HUMAN, reason="nothing speaks for a machine")


def _known(event: Mapping[str, Any]) -> bool:
    return bool(MACHINES.search(str(event.get("useragent") or "").strip()))


def _machine(reason: str) -> Look:
    return Look(reader=Reader.MACHINE, reason=reason)
