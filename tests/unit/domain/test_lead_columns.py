"""Which header means what: any order, any case, the usual exports, and a clear word when something lacks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.errors import UsageError
from closeloop.domain.lead_columns import SYNONYMS, match_columns

STANDARD = [
    "First Name", "Last Name", "Title", "Company", "Email", "Phone", "Country", "Website", "Industry",
    "No. of Employees", "Annual Revenue", "Lead Source", "Description",
]  # fmt: skip


def _meanings(header: list[str]) -> dict[str, str]:
    columns = match_columns(header)
    return {field: columns.headers[positions[0]] for field, positions in columns.of_field.items()}


@settings(deadline=None)
@given(st.permutations(STANDARD))
def test_the_columns_of_a_crm_are_understood_in_any_order(header: list[str]) -> None:
    assert match_columns(header).unknown == ()
    assert _meanings(header)["employees"] == "No. of Employees"


@pytest.mark.parametrize(
    ("header", "field", "column"),
    [
        (["\ufeffFIRST NAME ", "last_name", "COMPANY", "e-mail"], "first_name", "FIRST NAME"),
        (["Full Name", "Company / Account", "E-mail Address"], "company", "Company / Account"),
        (["Person - Name", "Organization - Name", "Person - Email - Work"], "email", "Person - Email - Work"),
        (["Last Name", "Company Name", "Email", "# Employees"], "employees", "# Employees"),
        (["LastName", "Company", "Email", "NumberOfEmployees"], "employees", "NumberOfEmployees"),
        (["Nachname", "Firma", "E-Mail", "Mitarbeiter"], "employees", "Mitarbeiter"),
        (["Nom", "Société", "Adresse e-mail"], "company", "Société"),
        (["Apellidos", "Empresa", "Correo electrónico"], "email", "Correo electrónico"),
        (["Last Name", "Associated Company", "Email", "Country/Region"], "country", "Country/Region"),
    ],
)
def test_synonyms_of_the_usual_exports_are_understood(header: list[str], field: str, column: str) -> None:
    assert _meanings(header)[field] == column


def test_the_better_of_two_columns_for_one_field_comes_first() -> None:
    assert _meanings(["Last Name", "Company", "Email", "Mobile Phone", "Phone"])["phone"] == "Phone"


def test_no_synonym_means_two_fields() -> None:
    header = [word for words in SYNONYMS.values() for word in words]
    columns = match_columns(header)
    assert {f: len(SYNONYMS[f]) for f in SYNONYMS} == {f: len(p) for f, p in columns.of_field.items()}


def test_a_missing_column_is_named_with_what_was_found_and_what_would_do() -> None:
    with pytest.raises(UsageError) as error:
        match_columns(["Vorname", "Nachname", "Firma", "Postfach"])
    assert "'Email' (or E-mail, " in str(error.value)
    assert "Vorname, Nachname, Firma, Postfach" in str(error.value)


def test_a_file_without_any_name_column_is_refused() -> None:
    with pytest.raises(UsageError, match="Last Name"):
        match_columns(["First Name", "Company", "Email"])


def test_unknown_and_nameless_columns_are_kept_by_place() -> None:
    columns = match_columns(["Last Name", "Company", "Email", "Event", ""])
    assert columns.unknown_headers == ("Event", "Column 5")
