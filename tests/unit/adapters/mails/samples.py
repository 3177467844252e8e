"""Sample properties for every template; each test changes only what it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from closeloop.domain.messages import (
    TEMPLATES,
    AnswerProps,
    ApproachProps,
    ClosingProps,
    FollowUpProps,
    MailProps,
    ObjectionProps,
    PainProps,
    PresentationProps,
    SenderProps,
)

TEMPLATES_DIR = Path(__file__).parents[4] / "templates" / "email"

SENDER = SenderProps(
    company="Ledgerlight GmbH",
    name="Maja Brandt",
    role="Account Executive",
    postal_address="Hafenstraße 12, 20457 Hamburg, Germany",
    website="https://ledgerlight.example",
)
PAINS = (
    PainProps(
        pain="With 12,700 people, Kestrel Foods closes its month across several systems",
        source="annual report 2024",
        public_source="annual report 2024",
        feature="One view over all ledgers, without replacing them",
        so_what="your team sees open items on day one instead of day nine",
        proof="A food group of similar size cut its close from nine days to five (case study, 2025)",
    ),
    PainProps(
        pain="Kestrel Foods has sites in 14 countries, and each brings its own currency",
        source="company register, as of 2025-06-01",
        public_source="company register, as of 2025-06-01",
        feature="Automatic matching of balances between companies",
        so_what="nobody has to chase a colleague in another time zone",
        proof="Matching rates of 96 % in the first quarter (customer survey, 2025)",
    ),
)
_SHARED: dict[str, Any] = {
    "greeting": "Hello Anna",
    "company": "Kestrel Foods",
    "sender": SENDER,
    "product": "Ledgerlight",
    "product_line": "shows a finance team every open item of the month on the first day",
    "pains": PAINS,
    "questions": ("Who besides you decides about tools for finance?", "When should this be solved?"),
}
_DAYS = {"first_choice": "Tuesday, 8 December", "second_choice": "Thursday, 10 December"}
_OWN: dict[type[MailProps], dict[str, Any]] = {
    ApproachProps: {"offer": "a two-page comparison of how food groups of your size close their month"},
    PresentationProps: {
        "agenda": ("What we understood, and what we got wrong", "What happens next"),
        **_DAYS,
    },
    ObjectionProps: {
        "objection": "the price",
        "answer": "The price is per employee. In the second year it is less than one late close costs",
        "evidence": "Three customers of your size paid it back within a year (customer survey, 2025).",
        "ask": "would a one-page calculation with your own figures help",
    },
    AnswerProps: {
        "facts": ("It runs beside what you have", "Your data stay in the EU"),
        "price": "EUR 48,000",
        **_DAYS,
    },
    ClosingProps: {
        "amount": "EUR 48,000",
        "first_alternative": "start with the Hamburg team on 1 February",
        "second_alternative": "start with all sites on 1 April",
        "inducement": "two days of training on site",
        "scarcity": "places in the spring start: 3 left, until 18 December 2026",
    },
    FollowUpProps: {},
}


def sample(template: str, step: int = 1, **changes: Any) -> MailProps:
    """Properties that `template` takes, with `changes` on top."""
    kind = TEMPLATES[template]
    values = {**_SHARED, **_OWN[kind], **changes}
    if "step" in kind.model_fields:
        values["step"] = step
    return kind(**values)


def said_by_us(text: str) -> str:
    """The words of a mail without its signature and footer."""
    return text.split(f"\n\n{SENDER.name}\n", maxsplit=1)[0]
