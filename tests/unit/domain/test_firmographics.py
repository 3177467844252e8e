"""Messy company facts: read where they are plain, None where they are not, over the whole registry."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.data import read_companies
from closeloop.domain.firmographics import (
    company_country,
    read_address_line,
    read_employees,
    read_founded,
    read_year,
)
from closeloop.domain.money import in_dollars, read_money


@pytest.mark.parametrize(
    ("text", "value", "year"),
    [
        ("3,167 (average, 2021)", 3167, "2021"),
        ("c. 60,500 (2025)", 60_500, "2025"),
        ("approx. 1,640 (December 2023)", 1640, "2023"),
        ("More than 23,800 (2024)", 23_800, "2024"),
        ("Approximately 12,000", 12_000, None),
        ("105.541 (December 31, 2024)", 105_541, "2024"),
        ("9 000 (2024)", 9000, "2024"),
        ("26,713 (JFY25)", 26_713, "2025"),
        ("1,400+ in 2025", 1400, "2025"),
        ("c. 16,000 : 2 (2025)", 16_000, "2025"),
        ("3,748 (June 30, 2023)[", 3748, "2023"),
        (5814, 5814, None),
        ("Nidec Corporation: 2,392 (as of 2017) Consolidated: 107,062 (as of 2017)", 107_062, "2017"),
        ("40,756 (Consolidated) 10,563 (Nonconsolidated)", 40_756, None),
        ("116 (holding company) 49,480 (group) (as of March 31, 2025)", 49_480, "2025"),
        ("14,375 (2023) 13,388 (2022)", 14_375, "2023"),
        ("319,565 (2021) 191,707 ( Europe ) 115,310 ( Americas ) 12,548 ( Asia )", 319_565, "2021"),
    ],
)
def test_employees_are_read_with_their_year(text: str | int, value: int, year: str | None) -> None:
    found = read_employees(text)
    assert found is not None
    assert (found.value, found.as_of) == (value, year)


@pytest.mark.parametrize(
    "text",
    [None, "", "6,000 - 8,000 (2022)", "8,056 (44,495 consolidated)", "41,400 (corporate) 260,300 (2024)",
     "814,0000", "1,500 Year-round 2,500 Seasonal", "Over 1 million (est.) (Including subsidiaries and franchises)",
     "30,000 (FTE 2021) 600,000 workers (2021)", "founded by 3 people", "51-200", 0, "0", "99999999999999"],
)  # fmt: skip
def test_doubtful_employees_are_unknown(text: str | int | None) -> None:
    assert read_employees(text) is None


@pytest.mark.parametrize(
    ("text", "country", "amount", "currency", "year"),
    [
        ("€3.91 billion (2021)", "DE", "3.91e9", "EUR", "2021"),
        ("US$ 24.9 billion (2025)", "US", "24.9e9", "USD", "2025"),
        ("¥1.13 trillion (2020)", "JP", "1.13e12", "JPY", "2020"),
        ("£ 3,200.7 million (2024)", "GB", "3200.7e6", "GBP", "2024"),
        ("$478,900,000 (2011)", "US", "478900000", "USD", "2011"),
        ("¥ 5.37 trillion ( US$ 48.97 billion) (2024)", "JP", "5.37e12", "JPY", "2024"),
        ("€6,8 billion (2024)", "BE", "6.8e9", "EUR", "2024"),
        ("1441,1 billion yen (FY 2017)", "JP", "1441.1e9", "JPY", "2017"),
        ("¥ 2,130 billion (FY2018)", "JP", "2130e9", "JPY", "2018"),
        ("43.35 billion kr (2021)", "SE", "43.35e9", "SEK", "2021"),
        ("SEK 88.561 billion € 7.712 billion (2023)", "SE", "88.561e9", "SEK", "2023"),
        ("CHF 20.330 bn (2024)", "CH", "20.33e9", "CHF", "2024"),
        ("€ 7.2B (2018)", "DE", "7.2e9", "EUR", "2018"),
        ("€ 149.9 mio (2017)", "DE", "149.9e6", "EUR", "2017"),
        ("$US $2.8 billion (2024)", "US", "2.8e9", "USD", "2024"),
        ("$1.31 Billion USD (2024)", "US", "1.31e9", "USD", "2024"),
        ("5,609,000,000 United States dollar (2022)", "US", "5609000000", "USD", "2022"),
        ("US$16.338 billion (2023) US$17.220 billion (2022)", "US", "16.338e9", "USD", "2023"),
        ("¥28,712,177 thousand ( FY 2020)", "JP", "28712177000", "JPY", "2020"),
        ("$ 18.5 billion ( FY 2014) ( ¥ 1,897 billion) (FY 2014)", "JP", "18.5e9", "USD", "2014"),
        ("US$27 billion", "US", "27e9", "USD", None),
    ],
)
def test_revenue_is_read_with_currency_and_year(
    text: str, country: str, amount: str, currency: str, year: str | None
) -> None:
    found = read_money(text, country)
    assert found is not None
    assert (found.amount, found.currency, found.as_of) == (Decimal(amount), currency, year)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        (None, None),
        ("2.414 trillion (2023)", "JP"),
        ("43.35 billion kr (2021)", None),
        ("¥ 5 billion", None),
        ("$ 5 billion", "CA"),
        ("JPY 0 11 trillion (2013)", "JP"),
        ("US$ 0 700 Mln (2018)", "US"),
        ("€10.3 billion (2018) €8.9 billion (2020) €4.880 million (2023)", "BE"),
        ("72.9 billion capital of 47 million yen. Standalone sales of 329.2 billion yen", "JP"),
        ("€ 1.200", "DE"),
        ("€ 5-6 billion", "DE"),
        ("about the size of Belgium", "BE"),
    ],
)
def test_doubtful_revenue_is_unknown(text: str | None, country: str | None) -> None:
    assert read_money(text, country) is None


def test_dollars_need_a_rate_for_the_currency() -> None:
    euros = read_money("€3.9 billion")
    assert euros is not None
    assert in_dollars(euros, {"EUR": Decimal("1.1")}) == Decimal("4290000000")
    assert in_dollars(euros, {"GBP": Decimal(1)}) is None


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1988 ; 38 years ago ( 1988 )", 1988),
        (1968, 1968),
        ("Bilbao , Spain 28 May 1857 ; 168 years ago ( 1857-05-28 )", 1857),
        ("1696 as Hand in Hand Fire & Life Insurance Society. 2000 as Aviva plc (by merger).", 1696),
        ("1991 through merger (est. 1743 as Kooger Doodenbos )", None),
        ("Hilton Head , South Carolina , U.S.", None),
        (None, None),
    ],
)
def test_the_year_of_founding_is_the_earliest_or_unknown(text: str | int | None, year: int | None) -> None:
    assert read_founded(text) == year


@pytest.mark.parametrize(
    ("country", "headquarters", "code"),
    [
        ("Milwaukee, Wisconsin", "Milwaukee, Wisconsin , US", "US"),
        ("Dublin, Ireland", "Dublin , Ireland", "IE"),
        ("Dublin, Ohio", None, "US"),
        ("Pittsburgh,Pennsylvania", None, "US"),
        ("Atlanta, Georgia", None, "US"),
        ("Newark, New Jersey", None, "US"),
        (None, "London Luton Airport , Luton , England", "GB"),
        (None, "Ottawa, Ontario , Canada", "CA"),
        ("United Kingdom", "Shinjuku-ku , Tokyo 161-8525, Japan", "JP"),
        ("Dublin, Ireland", "Galway , Ireland (legal) Minneapolis , Minnesota , U.S. (operational)", "IE"),
        (None, "London (global) Berlin (corporate) New York City (sales)", None),
        ("none", "No headquarters : 16", None),
    ],
)
def test_the_country_is_that_of_the_headquarters_when_it_is_one(
    country: str | None, headquarters: str | None, code: str | None
) -> None:
    assert company_country({"country": country, "headquarters": headquarters}) == code


def test_a_headquarters_line_loses_coordinates_and_citations() -> None:
    messy = "Wood Dale, Illinois , United States 41°59′15″N 87°58′55″W \ufeff / \ufeff 41.987373°N"
    assert read_address_line(messy) == "Wood Dale, Illinois, United States"
    assert read_address_line("No headquarters : 16") is None


def test_the_year_is_the_last_of_the_first_dated_note() -> None:
    assert read_year("(business year from April 2023 until March 2024) (2022)") == "2024"
    assert read_year("2021 and 2022") is None


def test_nearly_all_of_the_registry_can_be_read() -> None:
    companies = read_companies()
    read: dict[str, list[object]] = {
        "employees": [read_employees(c["employees"]) for c in companies if c.get("employees")],
        "revenue": [read_money(c["revenue"], company_country(c)) for c in companies if c.get("revenue")],
        "founded": [read_founded(c["founded"]) for c in companies if c.get("founded")],
        "country": [company_country(c) for c in companies],
    }
    rates = {name: sum(v is not None for v in values) / len(values) for name, values in read.items()}
    assert all(rate > 0.98 for rate in rates.values()), rates


def test_nothing_in_the_registry_is_read_out_of_proportion() -> None:
    for company in read_companies():
        employees, revenue = read_employees(company.get("employees")), company.get("revenue")
        money = read_money(revenue, company_country(company))
        assert employees is None or employees.value <= 2_200_000
        assert money is None or money.currency == "JPY" or money.amount <= Decimal("800e9"), revenue


@settings(deadline=None)
@given(
    st.integers(1, 9_999_999),
    st.sampled_from(["{:,}", "c. {:,} (2024)", "{:,}+", "About {:,} (end 2021)", "{:,} people"]),
)
def test_every_count_is_read_back_as_it_was_written(count: int, form: str) -> None:
    found = read_employees(form.format(count))
    assert found is not None
    assert found.value == count


@settings(deadline=None)
@given(st.integers(1, 999_999), st.sampled_from(["€ {:,} million (2024)", "{:,} million euro", "EUR {:,}m (FY24)"]))
def test_every_amount_is_read_back_as_it_was_written(millions: int, form: str) -> None:
    found = read_money(form.format(millions))
    assert found is not None
    assert (found.amount, found.currency) == (Decimal(millions) * 1_000_000, "EUR")


@settings(deadline=None)
@given(
    st.text(alphabet=st.sampled_from("0123456789,. ()€$¥kbillionFY2024-–:usd"), max_size=40) | st.text(max_size=40)
)
def test_no_text_breaks_the_reading(text: str) -> None:
    read_money(text, "JP")
    read_employees(text)
    read_founded(text)
    read_address_line(text)
    company_country({"country": text, "headquarters": text})
