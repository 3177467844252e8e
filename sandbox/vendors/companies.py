"""What the vendors know: companies made from their domain, so that every vendor knows the same one its own way.

Invariant: the same seed, vendor and domain give the same answer for ever. A vendor does not know everybody, and now
and then it is wrong about a company's size; which, only the seed decides. Domains whose name starts with `nonsense`
get the right shape with senseless values.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

VENDORS = ("pdl", "apollo", "hunter")
KNOWN_SHARE = {"pdl": 0.8, "apollo": 0.7, "hunter": 0.6}
WRONG_SHARE = 0.06
FREE = ("gmail", "outlook", "yahoo", "gmx", "web", "hotmail", "icloud")
_INDUSTRIES = (
    ("computer software", "Information Technology & Services", "Software"),
    ("machinery", "Machinery", "Industrial Machinery & Equipment"),
    ("hospital & health care", "Hospital & Health Care", "Health Care"),
    ("banking", "Banking", "Banks"),
    ("automotive", "Automotive", "Automotive"),
    ("logistics and supply chain", "Logistics & Supply Chain", "Logistics"),
)
_COUNTRIES = (
    ("united states", "United States", "US"),
    ("germany", "Germany", "DE"),
    ("sweden", "Sweden", "SE"),
    ("thailand", "Thailand", "TH"),
    ("united kingdom", "United Kingdom", "GB"),
)


@dataclass(frozen=True, slots=True)
class Company:
    """One company as one vendor has it; names in pairs are PDL's, Apollo's and Hunter's words."""

    domain: str
    name: str
    employees: int
    revenue: int
    founded: int
    industry: tuple[str, str, str]
    country: tuple[str, str, str]
    likelihood: int
    nonsense: bool


def company(seed: int, vendor: str, domain: str) -> Company | None:
    """What this vendor knows of a domain; None if nothing."""
    label = domain.lower().partition(".")[0]
    nonsense, known = label.startswith("nonsense"), _share(seed, vendor, domain) < KNOWN_SHARE[vendor]
    if not label or label in FREE or not (known or nonsense):
        return None
    size = 20 + int(4_000 * _share(seed, "size", domain) ** 2)
    wrong = _share(seed, vendor, "wrong", domain) < WRONG_SHARE
    return Company(
        domain=domain.lower(),
        name=label.replace("-", " ").title(),
        employees=size * 7 if wrong else size + int(size * 0.04 * _share(seed, vendor, "count", domain)),
        revenue=size * 180_000,
        founded=1950 + int(70 * _share(seed, "founded", domain)),
        industry=_INDUSTRIES[int(len(_INDUSTRIES) * _share(seed, "industry", domain))],
        country=_COUNTRIES[int(len(_COUNTRIES) * _share(seed, "country", domain))],
        likelihood=4 + int(6 * _share(seed, vendor, "likelihood", domain)),
        nonsense=nonsense,
    )


def _share(seed: int, *words: str) -> float:
    """From 0 to below 1, decided by the seed and the words."""
    text = "|".join((str(seed), *words)).lower()
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56
