"""Invented leads at real companies, as many as wanted, and the sample file with the dirt of real exports.

The same seed gives the same leads. Every address lies under a reserved domain. Write the sample file with
`python -m closeloop.adapters.leads.sample > closeloop/data/sample_leads.csv`.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Iterator, Sequence

from closeloop.adapters.leads.sample_dirt import COLUMNS, soil
from closeloop.adapters.leads.sample_people import (
    LOCAL_TITLES,
    TITLES,
    address_part,
    fiction_phone,
    language_of,
    person,
)
from closeloop.data import Company, read_companies
from closeloop.domain.firmographics import company_country, read_employees
from closeloop.domain.industries import industry
from closeloop.domain.money import read_money
from closeloop.domain.web_domains import domain_label, domains_in

__all__ = ["COLUMNS", "SAMPLE_SEED", "SAMPLE_SIZE", "invent_leads", "sample_csv", "sample_rows"]

SAMPLE_SIZE = 300
SAMPLE_SEED = 7

_ACCOUNTS_PER_TEAM = 24
"""One account in so many has two or three people, so that colleagues meet."""
_COUNTRY_NAMES_BY_CODE = """
US United States|USA|US
GB United Kingdom|UK|England
DE Germany|Deutschland
FR France
JP Japan
ES Spain|España
NL Netherlands|The Netherlands
SE Sweden
FI Finland
CH Switzerland|Schweiz
BE Belgium
IE Ireland
IT Italy
CA Canada
AU Australia
MX Mexico
AR Argentina
CN China
LU Luxembourg
NZ New Zealand
PR Puerto Rico
GG Guernsey
"""
_COUNTRY_NAMES = {line[:2]: line[3:].split("|") for line in _COUNTRY_NAMES_BY_CODE.strip().splitlines()}
_SOURCES = ("Web", "Web", "Purchased List", "Partner Referral", "Phone Inquiry", "Other", "")
_EVENTS = (
    "",
    "",
    "",
    "",
    "Finance Forum 2026",
    "Supply Chain Days",
    "Webinar: month-end close",
    "Trade fair",
)
_RATINGS = ("", "", "", "", "warm, asked twice", "met at the stand", "cold", "call before quarter end")
_REMARKS = (
    "",
    "",
    "",
    "",
    "",
    "Asked for prices of the yearly plan",
    "Invoices are still typed in by hand in two countries",
    "Budget for next year is decided in September",
    "Uses spreadsheets for approvals, not happy with it",
    "Changing the ERP system this year",
    "Wants a reference from the same industry",
    "Downloaded the checklist on late payments",
)


class _Account:
    """A registry company with what its people need; counts them, so that nobody is invented twice."""

    def __init__(self, company: Company, domain: str) -> None:
        self.company = company
        self.label = domain_label(domain)
        self.site = str(company["website"]).split()[0]
        self.country = company_country(company)
        self.people = 0


def _accounts() -> list[_Account]:
    """Companies with a site of their own whose label no other company shares."""
    found: dict[str, _Account] = {}
    for company in read_companies():
        domains = domains_in(company["website"])
        if domains and "." in str(company["website"]).split()[0]:
            found.setdefault(domain_label(domains[0]), _Account(company, domains[0]))
    return list(found.values())


def _order(accounts: Sequence[_Account], rng: random.Random) -> Iterator[_Account]:
    """Accounts for ever, shuffled anew each round; now and then one comes two or three times in a row."""
    while True:
        for position, account in enumerate(rng.sample(accounts, len(accounts))):
            team = 2 + position // _ACCOUNTS_PER_TEAM % 2 if position % _ACCOUNTS_PER_TEAM == 5 else 1
            for _ in range(team):
                yield account


def invent_leads(n: int, seed: int) -> Iterator[dict[str, str]]:
    """`n` clean leads by column name, all different people; the first ones do not depend on `n`."""
    order = _order(_accounts(), _chance(seed, "order"))
    for number in range(n):
        yield _lead(next(order), _chance(seed, number))


def _chance(seed: int, what: object) -> random.Random:
    """Repeatable chance of its own for each lead, so that a change to one leaves the others as they are."""
    return random.Random(f"{seed}/{what}")  # noqa: S311 - nothing secret


def _lead(account: _Account, rng: random.Random) -> dict[str, str]:
    local = language_of(account.country)
    language = local if rng.random() < 0.8 else "EN"
    first, last = person(language, sum(map(ord, account.label)) * 31, account.people)
    account.people += 1
    company = account.company
    return {
        "First Name": first,
        "Last Name": last,
        "Title": _title(local, rng),
        "Company": str(company["name"]).split(" (")[0],
        "Email": f"{address_part(first)}.{address_part(last)}@{account.label}.example",
        "Phone": fiction_phone(account.country, rng.randrange(1000)) if rng.random() < 0.7 else "",
        "Country": rng.choice(_COUNTRY_NAMES.get(account.country or "", [""])),
        "Website": account.site if rng.random() < 0.9 else "",
        "Industry": (industry(company["industries"]) or "") if rng.random() < 0.6 else "",
        "No. of Employees": _employees(company, rng),
        "Annual Revenue": _revenue(company, account.country, rng),
        "Lead Source": rng.choice(_SOURCES),
        "Description": rng.choice(_REMARKS),
        "Event": rng.choice(_EVENTS),
        "Rating note": rng.choice(_RATINGS),
    }


def _title(language: str, rng: random.Random) -> str:
    if language in LOCAL_TITLES and rng.random() < 0.4:
        return rng.choice(LOCAL_TITLES[language])
    kinds = [(int(key.split()[0]), titles) for key, titles in TITLES.items()]
    titles = rng.choices([t for _, t in kinds], [weight for weight, _ in kinds])[0]
    return rng.choice(titles)


def _employees(company: Company, rng: random.Random) -> str:
    """As people key it in: with separators, as a plain number, as an estimate, or not at all."""
    found = read_employees(company.get("employees"))
    form = rng.choice(("{:,}", "{}", "approx. {:,}", "", ""))
    return form.format(found.value) if found else ""


def _revenue(company: Company, country: str | None, rng: random.Random) -> str:
    """In dollars only: an export has one currency."""
    found = read_money(company.get("revenue"), country)
    form = rng.choice(("{:,.0f}", "{:.0f}", "$ {:,.0f}", "", "", ""))
    return form.format(found.amount) if found and found.currency == "USD" else ""


def sample_rows() -> list[list[str]]:
    """The rows of the sample file: invented leads, then soiled in known places."""
    clean = [[lead[column] for column in COLUMNS] for lead in invent_leads(SAMPLE_SIZE, SAMPLE_SEED)]
    return soil(clean)


def sample_csv() -> str:
    """The sample file as text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *sample_rows()])
    return text.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(sample_csv().encode("utf-8"))
