"""Facts that a CRM Lead itself gives, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from closeloop.domain.field_ownership import Memory, is_echo, same
from closeloop.domain.prospect import Fact
from closeloop.domain.titles import function, seniority

CRM_FACTS = {
    "employees": "employees",
    "annual_revenue": "annual_revenue_usd",
    "industry": "industry",
    "country": "country",
    "website": "website",
    "state": "state",
    "time_zone": "time_zone",
    "preferred_channel": "preferred_channel",
    "language": "language",
    "do_not_call": "do_not_call",
    "goals": "goals",
    "plans": "plans",
    "timeline": "timeline",
}
"""Lead field to fact. The org's revenue is taken as US dollars, the currency of a single-currency org."""
UNKNOWN = "unknown"
REFERRAL_SOURCE = "Referral"
REFERRED_BY = "Referred by "


def crm_facts(lead: Mapping[str, Any], now: datetime) -> list[Fact]:
    """What sellers wrote into the Lead; empty fields give no fact."""
    return [_fact(field, lead, now) for field in _filled(lead)]


def _fact(field: str, lead: Mapping[str, Any], now: datetime) -> Fact:
    return Fact(name=CRM_FACTS[field], value=lead[field], source=f"crm:{field}", observed_at=now)


def _filled(lead: Mapping[str, Any]) -> list[str]:
    return [field for field in CRM_FACTS if lead.get(field) not in (None, "", 0)]


def told_by_people(
    lead: Mapping[str, Any], known: Mapping[str, Fact], remembered: Mapping[str, Memory], now: datetime
) -> dict[str, Fact]:
    """Fact name to what sellers now say otherwise. What we wrote ourselves and now read again is no news.

    `remembered`: what we know of each of the Lead's fields, by our word for it.
    """
    # A mark that was taken off is an empty field, and news all the same.
    off = [word for word in ("do_not_call",) if lead.get(word) is False and word in known]
    news = {CRM_FACTS[word]: (word, _fact(word, lead, now)) for word in (*_filled(lead), *off)}
    return {
        name: fact
        for name, (word, fact) in news.items()
        if not (name in known and same(known[name].value, fact.value))
        and not is_echo(fact.value, remembered.get(word))
    }


def title_facts(title: str | None, now: datetime) -> list[Fact]:
    """Seniority and function read from a job title; what cannot be read gives no fact."""
    if not title:
        return []
    read = {"seniority": seniority(title), "function": function(title)}
    return [
        Fact(name=name, value=value, source="crm:title", observed_at=now, confidence=0.8)
        for name, value in read.items()
        if value != UNKNOWN
    ]


def referrer(lead_source: str | None, description: str | None) -> str | None:
    """Who sent this prospect to us, as `referral_note` wrote it."""
    if lead_source != REFERRAL_SOURCE or not description or not description.startswith(REFERRED_BY):
        return None
    return description.removeprefix(REFERRED_BY).splitlines()[0].strip() or None


def referral_note(name: str) -> str:
    """The description of a Lead that a prospect named."""
    return f"{REFERRED_BY}{' '.join(name.split())}"
