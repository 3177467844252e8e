"""Industry labels of any taxonomy to the words of Salesforce's Industry picklist.

Labels vote; a specific one ("Semiconductors") outvotes a sector ("Technology"). No vote is None, not `Other`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_SPECIFIC = """
Biotechnology: biotech, biopharma, life sciences, genomics, laboratory
Healthcare: pharma, health, medical, medic, medizin, ophthalm, orthodont, dental, hospitals, drug
Insurance: insur, reinsur, versicherung
Banking: bank, wealth management
Finance: asset management, investment, fund operators, brokerage, credit risk, private equity,
    securities, financial, payment, beteiligung, holding company, collective investments, mutual fund,
    finance
Telecommunications: telecom, wireless, cable & other pay, communications services, satellit, telephon
Utilities: utilit, water industry, electric power, electricity, power generation, natural gas, regulated
    gas
Energy: oil, gas exploration, petroleum, fossil, renewable, solar, photovolt, wind energy, hydrocarbon,
    energy, erdöl
Chemicals: chemic, chemie, adhesives, riechstoffe, flavors, fragrance
Apparel: apparel, cloth, textil, fashion, luxury, footwear, workwear
Food & Beverage: food, beverage, brew, drink, distill, winer, getränke, confection, tobacco, restaurant,
    meat
Hospitality: hotel, hospitality, casino, tourism, resort, travel, cruise
Entertainment: entertainment, video game, gambling, gaming, sport, amusement park, music
Media: media, publish, broadcast, advertis, printing, public relations, medien
Retail: surplus, retail, e-commerce, department store, discount store, pharmacy, specialty distribution,
    online dating
Shipping: marine, shipping, freight, logistics, courier
Transportation: transport, railway, railroad, air transport, airline, aviation, trucking, rail
Electronics: semiconductor, electronic, electrical, electric machinery, optoelectron, precision
    instrument, consumer electronics, computer hardware, phones
Technology: software, internet, it services, it consulting, cloud, cyber, information security,
    networking, computer, edp services, data analytics, saas, it-dienstleistungen, application
Construction: construction, homebuild, housebuild, building, cement, zement, home construction
Engineering: engineering, aerospace, defence, defense, shipbuilding, testing, luft- und raumfahrt
Machinery: machinery, heavy equipment, heavy machinery, robotics, handling equipment, valves
Environmental: environment, waste, recycling
Consulting: consulting, professional services, professional information, employment, outsourcing
Agriculture: agricultur, fisher, forestry, fishing
Education: education
Recreation: leisure, recreation
Manufacturing: manufactur, automotive, automobile, auto parts, auto & truck, packaging, steel, metal,
    mining, glass, ceramics, household goods, consumer household, consumer goods, paper, furniture,
    aluminum, household products, personal products, pulp
Other: real estate, reit, immobilien, trading compan, general trading
"""
_SECTORS = {
    "industrial goods": "Manufacturing",
    "basic materials": "Manufacturing",
    "materials": "Manufacturing",
    "financials": "Finance",
    "technology": "Technology",
    "information technology": "Technology",
    "health care": "Healthcare",
    "communication services": "Telecommunications",
}
"""Whole sectors of stock indices. "Industrials" is none of these: it holds airlines and rental firms too."""


def _read(table: str) -> list[tuple[str, re.Pattern[str]]]:
    flat = re.sub(r"\n +", " ", table.strip())
    rows = (line.split(": ", 1) for line in flat.splitlines())
    split = ((name, "|".join(re.escape(word) for word in words.split(", "))) for name, words in rows)
    return [(name, re.compile(rf"\b(?:{either})")) for name, either in split]


_SPECIFIC_RULES = _read(_SPECIFIC)
INDUSTRIES = frozenset(name for name, _ in _SPECIFIC_RULES)


def _vote(label: str) -> tuple[str, int] | None:
    """What one label says and how much it weighs; the word that comes first in it counts."""
    text = label.strip().casefold()
    if sector := _SECTORS.get(text):
        return sector, 1
    hits = [(found.start(), name) for name, pattern in _SPECIFIC_RULES if (found := pattern.search(text))]
    return (min(hits)[1], 2) if hits else None


def industry(labels: Iterable[str]) -> str | None:
    """The picklist word most labels speak for; at a tie, the earlier one."""
    votes = Counter[str]()
    for label in labels:
        if vote := _vote(label):
            votes[vote[0]] += vote[1]
    return max(votes, key=lambda name: votes[name]) if votes else None
