"""The leads of the cohort: finance directors of invented companies, every one of which the playbook qualifies.

Everybody has a company of their own: colleagues would wait for one another, and the cohort is to move in step. The
names of companies begin in as many ways, so that a search by the first letters finds few others, as in a real list:
the 751 companies of the sample begin in 713 ways.
"""

from __future__ import annotations

import csv
from pathlib import Path

COLUMNS = (
    "First Name",
    "Last Name",
    "Title",
    "Company",
    "Email",
    "Website",
    "Country",
    "Industry",
    "No. of Employees",
    "Annual Revenue",
)


_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"
_SPREAD = 7919
"""Prime to the number of words, so that neighbours begin differently and no word comes twice."""


def write_cohort(path: Path, number: int) -> None:
    """`number` leads that the sandbox loads without a remark."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_row(n) for n in range(1, number + 1))


def _row(n: int) -> tuple[str, ...]:
    domain = f"works{n}.example"
    company = f"{_invented(n)} Works {n}"
    person = ("Ada", f"Berg {n}", "Chief Financial Officer", company, f"ada.berg@{domain}")
    return (*person, f"https://{domain}", "United Kingdom", "Manufacturing", "2400", "310000000")


def _invented(n: int) -> str:
    """One of 145,800 words of five letters."""
    left, word = n * _SPREAD, ""
    for letters in (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _CONSONANTS):
        left, place = divmod(left, len(letters))
        word += letters[place]
    return word.capitalize()
