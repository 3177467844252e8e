"""A receipt as people read it: what was looked at is told, what was not is not."""

from __future__ import annotations

import pytest

from closeloop.domain.last_look import World, receipt_values, told
from tests.unit.domain.people import NOW, prospect

PERSON = prospect(owner_id="005A", owner_name="Jane Doe")
FINE = World(exists_in_crm=True, crm_status="Working", crm_owner="005A")


def test_a_clear_look_names_all_that_was_checked() -> None:
    assert told(receipt_values(PERSON, FINE, NOW)) == (
        "no reply waiting, not opted out, no do-not-contact mark, not suppressed, CRM status Working, "
        "owner Jane Doe, no earlier mail in doubt, open in prospecting"
    )


def test_the_moment_of_looking_is_kept_beside_the_values() -> None:
    assert receipt_values(PERSON, FINE, NOW)["read_at"] == NOW.isoformat()


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"reply_waiting": True}, "a reply waiting"),
        ({"opted_out": True}, "opted out in the CRM"),
        ({"do_not_contact": True}, "do-not-contact in the CRM"),
        ({"suppressed": "asked by phone"}, "on the list of those not to write to (asked by phone)"),
        ({"exists_in_crm": False}, "gone from the CRM"),
        ({"crm_closed": True}, "closed in the CRM"),
        ({"crm_owner": "005B"}, "owner 005B"),
        ({"earlier_is_uncertain": True}, "an earlier mail in doubt"),
        ({"window": "outside the hours to write in"}, "outside the hours to write in"),
        ({"window": ""}, "inside the hours to write in"),
        ({"cap": "the mailbox is full"}, "the mailbox is full"),
        ({"cap": ""}, "below the limit of mails"),
    ],
)
def test_what_speaks_against_it_or_for_it_is_told(seen: dict[str, object], words: str) -> None:
    world = FINE.model_copy(update=seen)
    assert words in told(receipt_values(PERSON, world, NOW)).split(", ")


def test_a_receipt_of_former_times_tells_only_what_it_holds() -> None:
    assert told({"opted_out": False}) == "not opted out"
    assert told({}) == ""
