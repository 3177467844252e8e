"""How meetings are made: how long they are, at what hour when none was named, and who confirms them."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from closeloop.domain.appointments import USUAL_MINUTES
from closeloop.domain.record import Record


class MeetingRules(Record):
    """The playbook's `meetings`."""

    minutes: Annotated[int, Field(ge=5, le=480)] = USUAL_MINUTES
    confirm: Literal["at_once", "by_owner"] = "by_owner"
    """`at_once`: whoever names a day and an hour gets the invitation by mail. `by_owner`: the owner says when, by
    giving the Event its hour in the CRM; then the invitation goes out."""
    usual_hour: time | None = None
    """Proposed, on the customer's clock, to somebody who named a day and no hour; None: the owner says when."""
