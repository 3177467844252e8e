"""Every fact the product can know about a prospect, by name: a playbook that asks for any other asks in vain."""

from __future__ import annotations

NUMBERS = frozenset({"employees", "annual_revenue_usd", "founded"})
"""Facts that a range can be held against."""
WORDS = frozenset(
    {
        "company_type",
        "country",
        "domain",
        "email_kind",
        "function",
        "headquarters",
        "industry",
        "listed",
        "products",
        "seniority",
        "website",
    }
)
"""Read from the CRM, the address, the job title or the company registry."""
ANSWERS = frozenset({"goals", "plans", "timeline"})
"""What only the prospect can tell: unknown, and asked for, until somebody does."""
KNOWN_FACTS = NUMBERS | WORDS | ANSWERS
