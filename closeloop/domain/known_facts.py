"""Every fact the product can know about a prospect, by name: a playbook that asks for any other asks in vain."""

from __future__ import annotations

NUMBERS = frozenset({"employees", "annual_revenue_usd", "founded"})
"""Facts that a range can be held against."""
WORDS = frozenset(
    {
        "company_type",
        "country",
        "do_not_call",
        "domain",
        "email_kind",
        "function",
        "headquarters",
        "industry",
        "language",
        "listed",
        "preferred_channel",
        "products",
        "seniority",
        "state",
        "time_zone",
        "website",
    }
)
"""Read from the CRM, the address, the job title or the company registry."""
ANSWERS = frozenset({"goals", "plans", "timeline"})
"""What only the prospect can tell: unknown, and asked for, until somebody does."""
KNOWN_FACTS = NUMBERS | WORDS | ANSWERS
