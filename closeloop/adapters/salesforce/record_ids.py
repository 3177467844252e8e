"""Salesforce ids: 15 characters in which case matters, or the same with 3 more that make case not matter."""

from __future__ import annotations

SHORT, LONG = 15, 18
GROUP = 5
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def full_id(record_id: str) -> str:
    """The id with 18 characters; one that has another length than 15 is given back as it is."""
    if len(record_id) != SHORT:
        return record_id
    groups = (record_id[start : start + GROUP] for start in range(0, SHORT, GROUP))
    return record_id + "".join(
        LETTERS[sum(1 << place for place, letter in enumerate(group) if "A" <= letter <= "Z")] for group in groups
    )
