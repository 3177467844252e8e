"""Who a person is, as far as a mail shows it: a name, a company, a language, a colleague.

All of it follows from the address, the name the sender used, and the person's luck; every person is
invented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.buyers.chance import Chance

COLLEAGUES = (
    "Marta Olsen",
    "Daniel Brandt",
    "Priya Raman",
    "Lucas Ferreira",
    "Ingrid Solheim",
    "Somchai Wattana",
    "Helen Carver",
    "Tomas Novak",
    "Aisha Bello",
    "Victor Lindgren",
    "Noriko Hayashi",
    "Elena Petrova",
)
# Hours east of UTC where people of a language sit, in the sandbox.
PLACES = {"en": (-8, -5, 0, 8), "de": (1,), "th": (7,), "es": (1, -6)}
LANGUAGES = (("en", 91.0), ("de", 4.0), ("es", 3.0), ("th", 2.0))
COUNTRY_PARTS = {"de": "de", "at": "de", "th": "th", "es": "es", "mx": "es"}


@dataclass(frozen=True)
class Person:
    """One recipient as a writer of replies."""

    email: str
    first: str
    name: str
    company: str
    language: str
    utc_offset: int
    colleague: str
    colleague_email: str


def person_at(chance: Chance, email: str, given_name: str) -> Person:
    """The person behind an address; `given_name` is what the sender put beside it, if anything."""
    local, _, domain = email.rpartition("@")
    name = _plain(given_name) or " ".join(part.capitalize() for part in re.findall(r"[^\W\d_]+", local)) or "Team"
    language = _language(chance, domain)
    colleague = chance.pick(COLLEAGUES, "colleague")
    return Person(
        email=email,
        first=name.split()[0],
        name=name,
        company=domain.split(".")[0].replace("-", " ").title(),
        language=language,
        utc_offset=chance.pick(PLACES[language], "place"),
        colleague=colleague,
        colleague_email=f"{colleague.lower().replace(' ', '.')}@{domain}",
    )


def _plain(name: str) -> str:
    """A name without line breaks, quotes or brackets: it stands in headers."""
    return " ".join(re.sub(r"[\"<>\\\r\n\t]", " ", name).split())[:80]


def _language(chance: Chance, domain: str) -> str:
    for part in reversed(domain.lower().split(".")):
        if part in COUNTRY_PARTS:
            return COUNTRY_PARTS[part]
    return chance.weighted(LANGUAGES, "language")
