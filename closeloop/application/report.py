"""The report's figures, from the ledger. Reads prospects and decisions as streams, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from closeloop.application.api_share import API_CALLS
from closeloop.application.model_purse import dollars, money_account, token_account
from closeloop.application.ports import Ledger, RunRow
from closeloop.application.purse import month_account
from closeloop.domain.draw_figures import draw_figures
from closeloop.domain.figures import Figures, Spending
from closeloop.domain.playbook import Playbook

"""The count under which a run says how many CRM calls it made."""
ALL_RUNS = 1_000_000


def figures(ledger: Ledger, playbook: Playbook, now: datetime) -> Figures:
    """What the report says as of `now`. Raises `LedgerUnavailable` when the ledger cannot be read."""
    return draw_figures(
        prospects=ledger.all_prospects(),
        decisions=ledger.decisions(),
        replies=ledger.replies(),
        outbox=ledger.state_counts(),
        quarantined=ledger.quarantine(),
        playbook=playbook,
        now=now,
        api_calls=_api_calls(ledger.runs(ALL_RUNS)),
        spending=_spending(ledger, playbook, now),
    )


def as_json(figures: Figures, html: str) -> dict[str, Any]:
    """The one object of `report --json`; `html` is where the page lies."""
    return figures.model_dump(mode="json") | {"html": html}


def _spending(ledger: Ledger, playbook: Playbook, now: datetime) -> Spending:
    accounts = (month_account(now), money_account(now), token_account(now))
    credits, money, tokens = (ledger.credits_spent(accounts)[name] for name in accounts)
    return Spending(
        month=f"{now:%Y-%m}",
        credits=Decimal(credits) / 100,
        credits_limit=playbook.enrichment.credits.per_month,
        model_cost=dollars(money),
        model_budget=playbook.model_budget.per_month,
        model_tokens=tokens,
    )


def _api_calls(runs: Iterable[RunRow]) -> int | None:
    said = [run.counts[API_CALLS] for run in runs if API_CALLS in run.counts]
    return sum(said) if said else None
