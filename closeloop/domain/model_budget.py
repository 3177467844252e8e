"""What language models may cost; part of the playbook, and of no effect while no model is set up."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from closeloop.domain.record import Record

Dollars = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=4)]


class ModelBudget(Record):
    """In US dollars, as models are priced. Once it is used up, the playbook's words and people do the work."""

    per_run: Dollars = Decimal(1)
    per_month: Dollars = Decimal(20)
