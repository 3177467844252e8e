"""Every fact the product can know about a prospect, by name: a playbook that asks for any other asks in vain."""

from __future__ import annotations

NUMBERS = frozenset({"employees", "annual_revenue_usd", "founded"})
"""Facts that a range can be held against."""
WORDS = frozenset(
    {
        "accepts_mail",
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
        "site_language",
        "state",
        "tagline",
        "technologies",
        "time_zone",
        "website",
    }
)
"""Read from the CRM, the address, the job title, or a source about companies."""
ANSWERS = frozenset({"goals", "plans", "timeline"})
"""What only the prospect can tell: unknown, and asked for, until somebody does."""
KNOWN_FACTS = NUMBERS | WORDS | ANSWERS
