"""Labelled pairs of companies: one company written twice, sisters, and companies that only sound alike."""

from __future__ import annotations

import random
from typing import Any

from tests.identity import dirt

Row = dict[str, Any]
Drawn = tuple[str, bool, tuple[Row, Row]]
PLACES = {"DE": "Deutschland", "FR": "France", "ES": "Iberia", "GB": "UK", "SE": "Nordic", "US": "USA"}


def draw(names: tuple[str, ...], chance: random.Random) -> Drawn:
    """One pair of a kind that chance decides."""
    ways = (_rewritten, _rewritten, _domain_known, _domain_known, _misspelt, _sister, _sister, _sounds_alike,
    _strangers,
            _same_first_word)  # fmt: skip
    return chance.choice(ways)(names, chance)


def _row(name: str, country: str, chance: random.Random, *, site: str | None) -> Row:
    row = {
        "name": dirt.letters(dirt.accents(dirt.company(name, country, chance), chance), chance),
        "website": site,
        "country": chance.choice(dirt.COUNTRY_WORDS[country]) if chance.random() < 0.8 else None,
    }
    return {key: value for key, value in row.items() if value}


def _site(name: str, chance: random.Random, suffix: str = "example") -> str:
    return f"{chance.choice(['', 'www.', 'https://', 'http://www.'])}{dirt.slug(name)}.{suffix}"


def _rewritten(names: tuple[str, ...], chance: random.Random) -> Drawn:
    name, country = chance.choice(names), chance.choice(list(PLACES))
    site = _site(name, chance) if chance.random() < 0.5 else None
    return "rewritten", True, (_row(name, country, chance, site=site), _row(name, country, chance, site=None))


def _domain_known(names: tuple[str, ...], chance: random.Random) -> Drawn:
    name, country = chance.choice(names), chance.choice(list(PLACES))
    shown = chance.choice([name, name.split()[0], dirt.typo(name, chance), f"{name} {PLACES[country]}"])
    rows = (
        _row(name, country, chance, site=_site(name, chance)),
        _row(shown, country, chance, site=_site(name, chance)),
    )
    return "same domain", True, rows


def _misspelt(names: tuple[str, ...], chance: random.Random) -> Drawn:
    name, country = chance.choice(names), chance.choice(list(PLACES))
    rows = _row(name, country, chance, site=None), _row(dirt.typo(name, chance), country, chance, site=None)
    return "misspelt", True, rows


def _sister(names: tuple[str, ...], chance: random.Random) -> Drawn:
    name = chance.choice(names)
    here, there = chance.sample(list(PLACES), 2)
    rows = [
        _row(f"{name} {PLACES[at]}", at, chance, site=f"{dirt.slug(name)}-{at.lower()}.example")
        for at in (here, there)
    ]
    return "sister in another country", False, (rows[0], rows[1])


def _sounds_alike(names: tuple[str, ...], chance: random.Random) -> Drawn:
    name, country = chance.choice(names), chance.choice(list(PLACES))
    first = name.split()[0]
    endings = chance.sample(["ton", "ford", "ley", "wick", "stead", "field"], 2)
    one, two = (f"{first[:5]}{ending}" for ending in endings)
    return "sounds alike", False, (
        _row(one, country, chance, site=_site(one, chance)),
        _row(two, country, chance, site=_site(two, chance)))  # fmt: skip


def _strangers(names: tuple[str, ...], chance: random.Random) -> Drawn:
    one, two = chance.sample(names, 2)
    country = chance.choice(list(PLACES))
    return "strangers", False, (_row(one, country, chance, site=None), _row(two, country, chance, site=None))


def _same_first_word(names: tuple[str, ...], chance: random.Random) -> Drawn:
    first, country = chance.choice(names).split()[0], chance.choice(list(PLACES))
    one, two = chance.sample(["Logistics", "Bakery", "Dental", "Insurance", "Marine", "Optics", "Homes"], 2)
    rows = [_row(f"{first} {word}", country, chance, site=_site(f"{first} {word}", chance)) for word in (one, two)]
    return "same first word", False, (rows[0], rows[1])
