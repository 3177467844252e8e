"""Whether a writer of `03/02` means February or March, as far as the mail tells where it was written.

Only for English, which is written on both sides; the other languages always put the day first.
"""

from __future__ import annotations

import re

from closeloop.adapters.replies.machine import header_fields

_DAY_FIRST = frozenset(
    "uk ie au nz in sg za eu de at ch es fr it nl be pt pl cz se no dk fi th my hk id vn mx br ar cl co hu".split()
)
_MONTH_FIRST = frozenset({"us", "gov", "mil", "edu"})
_ZONE = re.compile(r"([+-])(\d\d)\d\d\b")
_AMERICAN_HOURS = range(4, 11)


def day_first(sender: str, headers: str) -> bool | None:
    """By the country in the sender's domain, else by the time zone of the Date header; None when neither tells."""
    labels = frozenset(sender.rpartition("@")[2].lower().split(".")[1:])
    if labels & _MONTH_FIRST:
        return False
    if labels & _DAY_FIRST:
        return True
    zone = _ZONE.search(header_fields(headers).get("date", ""))
    if zone is None:
        return None
    hours = int(zone.group(2))
    if zone.group(1) == "-" and hours in _AMERICAN_HOURS:
        return False
    # +0000 is what servers write, wherever they stand.
    return True if hours else None
