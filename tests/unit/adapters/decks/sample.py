"""One complete presentation about invented people, from which each test takes away or adds one thing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from closeloop.domain.messages import PainProps, SenderProps
from closeloop.domain.presentation_content import DeckContent, Evidence, ValuePoint

SENDER = SenderProps(
    company="Ledgerline",
    name="Mira Solberg",
    role="Account Executive",
    postal_address="Harbour Street 12, 0150 Oslo, Norway",
    website="https://ledgerline.example",
)

PAINS = (
    PainProps(
        pain="With 12 entities in 5 countries, Nordwind Logistics waits nine days for each month's figures",
        source="Annual report 2025, page 41, as of 2026-03-31",
        feature="Every ledger is matched each night, so month-end holds no surprise",
        so_what="Finance closes in three days and spends the other six on decisions, not on matching",
        proof="A carrier with 14 entities went from ten days to three in a quarter (case study Baltic, 2025)",
    ),
    PainProps(
        pain="Nordwind Logistics is hiring four accountants while volumes grow by 18 %",
        source="Careers page, as of 2026-11-02",
        feature="Rules take over the matching of nine in ten postings",
        so_what="Growth needs no larger team: the four posts can be one",
        proof="Customers match 91 % of postings without a person (usage statistics, all customers, Q3 2026)",
    ),
    PainProps(
        pain="The move to a new ERP is planned for the second quarter of 2027",
        source="Interview with the CFO, as of 2026-09-14",
        feature="Old and new ledgers run side by side and are compared every night",
        so_what="The move happens without a frozen quarter and without a second audit",
        proof="17 moves were accompanied since 2023, none with a restated month (reference list, 2026)",
    ),
)

GROUNDS = (
    Evidence(
        label="Month-end close",
        value="9 working days with 12 entities in 5 countries",
        source="Annual report 2025, page 41",
        as_of="2026-03-31",
        fact="close_days",
    ),
    Evidence(
        label="Growth",
        value="4 posts, volumes up by 18 %",
        source="Careers page",
        as_of="2026-11-02",
        fact="growth",
    ),
    Evidence(
        label="ERP", value="move in Q2 2027", source="Interview with the CFO", as_of="2026-09-14", fact="erp_move"
    ),
)

GOALS = (
    Evidence(label="Goal", value="close in three days", source="your reply", seen=date(2026, 11, 3), fact="goals"),
    Evidence(
        label="Timing",
        value="before the audit in March",
        source="your reply",
        seen=date(2026, 11, 3),
        fact="timeline",
    ),
)

EVIDENCE = (
    Evidence(label="Employees", value="4,200", source="Company website", as_of="2026-10-01", fact="employees"),
    Evidence(label="Entities", value="12 in 5 countries", source="Annual report 2025, p. 41", as_of="2026-03-31"),
    Evidence(
        label="Month-end close",
        value="9 working days",
        source="Annual report 2025, page 43",
        as_of="2026-03-31",
    ),
    Evidence(label="Open finance posts", value="4 accountants", source="Careers page", as_of="2026-11-02"),
    Evidence(
        label="Annual revenue",
        value="US$ 1.3 billion",
        source="CRM, account record",
        seen=date(2026, 11, 20),
        fact="annual_revenue_usd",
    ),
)

CONTENT = DeckContent(
    prospect_key="lead-1",
    title="Ledgerline Close for Nordwind Logistics",
    audience="Anna Okafor, Head of Finance, Nordwind Logistics",
    company="Nordwind Logistics",
    on=date(2026, 11, 23),
    language="en",
    sender=SENDER,
    agenda=(
        "What we understood about Nordwind Logistics, and what we got wrong",
        "Where Ledgerline Close would help, and where not",
        "The numbers behind it",
        "What happens next",
    ),
    evidence=EVIDENCE,
    pains=PAINS,
    grounds=GROUNDS,
    currency="EUR",
    value=(
        ValuePoint(year=2027, saving=Decimal(168_000), cost=Decimal(96_000)),
        ValuePoint(year=2028, saving=Decimal(378_000), cost=Decimal(96_000)),
        ValuePoint(year=2029, saving=Decimal(420_000), cost=Decimal(96_000)),
    ),
    assumptions=(
        "4,200 employees (Company website, as of 2026-10-01)",
        "EUR 100 saved per employee and year (value study of 31 customers, 2025)",
        "40 % of the saving in the first year, 90 % in the second",
    ),
    value_facts=EVIDENCE[:1],
    plan=(
        "Week 1: connect a copy of last quarter's data, nothing is changed",
        "Weeks 2-3: run beside today's process and compare",
        "Week 4: decide together on what the comparison shows",
        "Weeks 5-8: roll out team by team",
    ),
    next_step="A 30-minute call to test these numbers together",
    questions=("Who decides about the budget for 2027?", "Which of the 12 entities should come first?"),
)


def content(**changes: Any) -> DeckContent:
    """The sample with some fields changed."""
    return CONTENT.model_copy(update=changes)


def with_pain(**changes: Any) -> DeckContent:
    """The sample with its first pain changed."""
    return content(pains=(PAINS[0].model_copy(update=changes), *PAINS[1:]))


def with_ground(**changes: Any) -> DeckContent:
    """The sample with the fact behind its first pain changed."""
    return content(grounds=(GROUNDS[0].model_copy(update=changes), *GROUNDS[1:]))


def with_evidence(**changes: Any) -> DeckContent:
    """The sample with its first fact changed."""
    return content(evidence=(EVIDENCE[0].model_copy(update=changes), *EVIDENCE[1:]))
