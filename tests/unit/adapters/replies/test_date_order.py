"""`03/02`: what the mail tells about where it was written decides, and without a hint the day that comes first."""

from __future__ import annotations

import pytest

from closeloop.adapters.replies.date_order import day_first
from tests.replies.sets import reader
from tests.unit.adapters.replies.labelled import RECEIVED


@pytest.mark.parametrize(
    ("sender", "headers", "first"),
    [
        ("a@orland.co.uk.example", "", True),
        ("a@orland.us.example", "", False),
        ("a@orland.example", "Date: Mon, 23 Nov 2026 09:00:00 -0500", False),
        ("a@orland.example", "Date: Mon, 23 Nov 2026 09:00:00 +0700", True),
        ("a@orland.example", "Date: Mon, 23 Nov 2026 09:00:00 +0000", None),
        ("a@orland.example", "", None),
    ],
)
def test_the_country_and_the_time_zone_say_it(sender: str, headers: str, first: bool | None) -> None:
    assert day_first(sender, headers) is first


@pytest.mark.parametrize(
    ("sender", "text", "day"),
    [
        ("a@orland.uk.example", "I am away until 02/03/2027.", "2027-03-03"),
        ("a@orland.us.example", "I am away until 02/03/2027.", "2027-02-04"),
        ("a@orland.us.example", "Estoy fuera de la oficina hasta el 02/03/2027.", "2027-03-03"),
        ("a@orland.us.example", "ลาพักร้อนถึง 02/03/2570", "2027-03-03"),
    ],
)
def test_the_order_decides_the_day_to_come_back(sender: str, text: str, day: str) -> None:
    found = reader().understand(
        subject="x", text=text, headers="Auto-Submitted: auto-replied", sender=sender, received_at=RECEIVED
    )
    assert found.resume_on is not None
    assert found.resume_on.date().isoformat() == day
