"""Industry labels of several taxonomies to one picklist."""

from __future__ import annotations

import pytest

from closeloop.data import read_companies
from closeloop.domain.industries import INDUSTRIES, industry

PICKLIST = {
    "Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction",
    "Consulting", "Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance",
    "Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing",
    "Media", "Not For Profit", "Recreation", "Retail", "Shipping", "Technology", "Telecommunications",
    "Transportation", "Utilities", "Other",
}  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (["Industrials", "Semiconductors"], "Electronics"),
        (["Technology", "Software", "Software & IT Services"], "Technology"),
        (["Banking & Investment Services", "Banks", "Financials"], "Banking"),
        (["Consumer Staples", "Food processing"], "Food & Beverage"),
        (["Hotels & Entertainment Services", "Hospitality"], "Hospitality"),
        (["Real Estate", "Real estate investment trust"], "Other"),
        (["Getränke"], "Food & Beverage"),
        (["Industrials"], None),
        (["Consumer Discretionary"], None),
        ([], None),
    ],
)
def test_the_specific_label_decides(labels: list[str], word: str | None) -> None:
    assert industry(labels) == word


def test_every_word_is_one_of_the_picklist() -> None:
    assert INDUSTRIES <= PICKLIST


def test_nearly_every_registry_company_has_an_industry() -> None:
    words = [industry(company["industries"]) for company in read_companies()]
    assert sum(word is not None for word in words) > 0.96 * len(words)
