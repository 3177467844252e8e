"""Who gets a qualified prospect: by territory, size and industry, then by turns among those who are there.

Invariant: an owner whom people chose stays; colleagues at one account have one owner; the same prospects in the
same state are always shared out alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from closeloop.domain.countries import country_code, fold
from closeloop.domain.prospect import Prospect
from closeloop.domain.ranges import Range
from closeloop.domain.record import Record

QUEUE_PREFIX = "00G"
"""Begins the id of every Salesforce queue."""


class DaysAway(Record):
    """First and last day on which a seller gets nothing new."""

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("an absence ends before it begins")
        return self


class Seller(Record):
    """Somebody who may own prospects."""

    id: str = Field(pattern="^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$")
    """The CRM user's id."""
    name: str
    away: tuple[DaysAway, ...] = ()

    def is_there(self, on: date) -> bool:
        return not any(time.first_day <= on <= time.last_day for time in self.away)


class Territory(Record):
    """Which prospects go to which sellers. What is left out does not count; the first territory that fits wins."""

    name: str
    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    """Part of the industry's name is enough."""
    employees: Range | None = None
    sellers: tuple[str, ...] = Field(min_length=1)
    """Names of sellers, who take turns."""

    def fits(self, prospect: Prospect) -> bool:
        employees = prospect.fact("employees")
        return (
            (not self.countries or _country(prospect) in self.countries)
            and (not self.states or fold(str(prospect.fact("state") or "")) in set(map(fold, self.states)))
            and (not self.industries or _contains(str(prospect.fact("industry") or ""), self.industries))
            and (
                self.employees is None or (isinstance(employees, int) and self.employees.holds(Decimal(employees)))
            )
        )


def _country(prospect: Prospect) -> str | None:
    said = prospect.country or prospect.fact("country")
    return country_code(str(said)) if said else None


def _contains(text: str, words: Iterable[str]) -> bool:
    return any(word.casefold() in text.casefold() for word in words)


class Routing(Record):
    """The sales team and its territories; without sellers nobody is routed."""

    sellers: tuple[Seller, ...] = ()
    territories: tuple[Territory, ...] = ()

    @model_validator(mode="after")
    def _everybody_is_known(self) -> Self:
        names = [seller.name for seller in self.sellers]
        if len(set(names)) < len(names) or len({seller.id for seller in self.sellers}) < len(names):
            raise ValueError("routing.sellers has a name or an id twice")
        unknown = sorted({name for t in self.territories for name in t.sellers} - set(names))
        if unknown:
            raise ValueError(f"routing.territories names {', '.join(unknown)}, who is not under routing.sellers")
        if bool(self.sellers) != bool(self.territories):
            raise ValueError("routing needs both sellers and territories")
        return self

    def seller(self, name: str) -> Seller:
        return next(seller for seller in self.sellers if seller.name == name)


class Routed(NamedTuple):
    """The new owner of a prospect, and why."""

    seller: Seller
    reason: str


Turns = dict[str, dict[str, int]]
"""Territory to seller to how many prospects they were given."""


def is_nobodys(owner_id: str, ours: str | None) -> bool:
    """Whether a record waits for an owner: it belongs to a queue or to the integration user."""
    return owner_id.startswith(QUEUE_PREFIX) or (ours is not None and owner_id[:15] == ours[:15])


def share_out(
    prospects: Iterable[Prospect], rules: Routing, turns: Turns, owners: Mapping[str, str], on: date
) -> tuple[dict[str, Routed], Turns]:
    """Prospect key to its owner, and the turns after that. All prospects given are nobody's.

    `owners`: account domain to the id of the seller who has a colleague there already.
    """
    after, by_account, found = {name: dict(of) for name, of in turns.items()}, dict(owners), dict[str, Routed]()
    by_id = {seller.id[:15]: seller for seller in rules.sellers}
    for prospect in sorted(prospects, key=lambda p: p.key):
        colleague = by_id.get(by_account.get(prospect.domain or "", "")[:15])
        territory = next((t for t in rules.territories if t.fits(prospect)), None)
        if colleague is not None:
            found[prospect.key] = Routed(colleague, f"{colleague.name} has a colleague at {prospect.company}")
        elif territory is not None and (seller := _next_in_turn(territory, rules, after, on)):
            found[prospect.key] = Routed(seller, f"{territory.name}: it is {seller.name}'s turn")
            if prospect.domain:
                by_account[prospect.domain] = seller.id
    return found, after


def _next_in_turn(territory: Territory, rules: Routing, turns: Turns, on: date) -> Seller | None:
    """Whoever of those who are there had the fewest; somebody who comes back has nothing to catch up on."""
    counts = turns.setdefault(territory.name, {})
    there = [name for name in territory.sellers if rules.seller(name).is_there(on)]
    if not there:
        return None
    least = min(counts.get(name, 0) for name in there)
    chosen = next(name for name in there if counts.get(name, 0) == least)
    counts[chosen] = least + 1
    low = min(counts.get(name, 0) for name in there)
    counts.update({name: max(counts.get(name, 0), low) for name in territory.sellers if name not in there})
    return rules.seller(chosen)
