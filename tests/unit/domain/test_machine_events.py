"""Machines open and click too; what they do never counts as a person's interest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closeloop.domain.machine_events import Reader, who_clicked, who_opened

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0"


def click(seconds: float = 3600, others: tuple[tuple[datetime, str], ...] = (), **event: Any) -> Reader:
    told = {"useragent": BROWSER, "url": "https://a.example/1"} | event
    return who_clicked(told, NOON + timedelta(seconds=seconds), NOON, others).reader


def test_a_click_an_hour_after_delivery_is_a_persons() -> None:
    assert click() is Reader.HUMAN


@pytest.mark.parametrize("seconds", [0, 1, 14])
def test_a_click_seconds_after_delivery_is_a_scanners(seconds: int) -> None:
    assert click(seconds) is Reader.MACHINE


def test_two_links_at_the_same_moment_are_followed_by_a_scanner() -> None:
    moment = NOON + timedelta(hours=1)
    assert click(others=((moment + timedelta(seconds=2), "https://a.example/2"),)) is Reader.MACHINE


def test_the_same_link_clicked_twice_is_a_persons_double_click() -> None:
    moment = NOON + timedelta(hours=1)
    assert click(others=((moment + timedelta(seconds=1), "https://a.example/1"),)) is Reader.HUMAN


def test_another_link_minutes_later_is_a_person_reading_on() -> None:
    assert click(others=((NOON + timedelta(hours=1, minutes=4), "https://a.example/2"),)) is Reader.HUMAN


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0", "Barracuda Sentinel (EE)", "python-requests/2.32", "Googlebot/2.1"],
)
def test_programs_that_say_what_they_are_are_machines(agent: str) -> None:
    assert click(useragent=agent) is Reader.MACHINE


def test_a_click_whose_delivery_we_never_heard_of_may_be_a_persons() -> None:
    assert who_clicked({"useragent": BROWSER}, NOON, None, ()).reader is Reader.HUMAN


@pytest.mark.parametrize("event", [{"sg_machine_open": True}, {"useragent": "GoogleImageProxy"}])
def test_pictures_fetched_ahead_are_machine_opens(event: dict[str, Any]) -> None:
    assert who_opened(event).reader is Reader.MACHINE


def test_no_open_ever_counts_as_a_persons() -> None:
    assert who_opened({"useragent": BROWSER}).reader is Reader.UNKNOWN
