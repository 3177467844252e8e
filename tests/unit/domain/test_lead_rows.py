"""Rows to leads: every row in exactly one list, repairs noted, refusals saying what to do, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from closeloop.domain.lead_cells import LIMITS, length
from closeloop.domain.lead_rows import read_rows
from closeloop.domain.leads import LeadDraft, LeadFile, Quarantined

HEADER = [
    "First Name", "Last Name", "Title", "Company", "Email", "Phone", "Country", "Website", "Industry",
    "No. of Employees", "Annual Revenue", "Lead Source", "Description", "Event",
]  # fmt: skip
ANNA = {"First Name": "Anna", "Last Name": "Okafor", "Company": "Volvo", "Email": "anna.okafor@volvo.example"}


def _row(**changed: str) -> list[str]:
    cells = ANNA | {name.replace("_", " "): value for name, value in changed.items()}
    return [cells.get(name, "") for name in HEADER]


def _read(*rows: list[str]) -> LeadFile:
    return read_rows(HEADER, list(enumerate(rows, 2)))


def _lead(**changed: str) -> LeadDraft:
    file = _read(_row(**changed))
    assert file.quarantined == ()
    return file.drafts[0]


def _refusal(*rows: list[str]) -> Quarantined:
    (refused,) = _read(*rows).quarantined
    return refused


def _reason(**changed: str) -> str:
    return _refusal(_row(**changed)).reason


# --- kept out ---------------------------------------------------------------------------------------


def test_a_row_without_an_address_says_to_add_one_or_remove_it() -> None:
    assert _reason(Email=" ") == "no e-mail address: add one or remove the row"
    assert _reason(Email="n/a") == "no e-mail address: add one or remove the row"


@pytest.mark.parametrize(
    "address", ["anna", "anna@", "@volvo.example", "anna@@volvo.example", "anna okafor@volvo.example",
                "anna@volvo", "anna(at)volvo.example", "anna..o@volvo.example", "x" * 70 + "@volvo.example"]
)  # fmt: skip
def test_an_address_nobody_can_write_to_is_refused_and_quoted(address: str) -> None:
    assert address[:20] in _reason(Email=address)


def test_two_addresses_in_one_cell_are_refused() -> None:
    assert "keep one" in _reason(Email="anna@volvo.example; a.okafor@volvo.example")


def test_a_row_without_company_or_last_name_says_all_of_it_at_once() -> None:
    reason = _reason(Company="", Last_Name="")
    assert "no company" in reason
    assert "no last name" in reason


@pytest.mark.parametrize(
    "formula", ['=HYPERLINK("http://x.example","a")', "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3"]
)
@pytest.mark.parametrize("column", ["First_Name", "Last_Name", "Company", "Email"])
def test_a_formula_is_refused_where_a_name_belongs(column: str, formula: str) -> None:
    assert "a formula in the" in _reason(**{column: formula})


def test_a_company_whose_name_begins_with_a_sign_is_no_formula() -> None:
    assert _lead(Company="@properties").company == "@properties"
    assert _lead(Company="+plus").company == "+plus"


def test_a_line_break_in_a_name_is_refused_because_it_could_reach_a_mail_header() -> None:
    assert "line break" in _reason(First_Name="Anna\r\nBcc: all@x.example")


@pytest.mark.parametrize("column", HEADER)
def test_control_characters_are_refused_in_any_column(column: str) -> None:
    assert column in _reason(**{column.replace(" ", "_"): "abc\x07\x1b[2J"})


def test_the_wrong_number_of_columns_is_told_with_both_numbers() -> None:
    assert "3 columns, the header 14" in _refusal(["Anna", "Okafor", "CFO"]).reason
    assert "15 columns, the header 14" in _refusal([*_row(), "more"]).reason


def test_spare_commas_at_the_end_are_forgiven_but_not_a_row_pushed_to_the_right() -> None:
    assert len(_read([*_row(), "", ""]).drafts) == 1
    pushed = [*_row()[:4], "Inc.", *_row()[4:-1], ""]
    assert "15 columns" in _refusal(pushed).reason


def test_an_empty_row_is_called_empty() -> None:
    assert _refusal([""] * 14).reason == "the row is empty: remove it"


def test_the_refused_row_is_shown_under_its_headers() -> None:
    assert _refusal(_row(Email="")).row["Company"] == "Volvo"
    assert _refusal([*_row(), "surplus"]).row["Column 15"] == "surplus"


def test_a_refused_row_is_safe_to_print() -> None:
    assert "\x1b" not in str(_refusal(_row(Company="a\x1b[2J")).row)


# --- duplicates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("anna.okafor@volvo.example", "ANNA.Okafor@Volvo.example"),
        ("anna.okafor@gmail.example", "annaokafor+fair@gmail.example"),
        ("anna@volvo.example", "anna+crm@volvo.example"),
    ],
)
def test_the_same_mailbox_is_kept_once_and_the_other_names_its_line(first: str, second: str) -> None:
    refused = _refusal(_row(Email=first), _row(Email=second, First_Name="Someone", Last_Name="Else"))
    assert (refused.line, refused.reason[:35]) == (3, "same e-mail address as line 2: keep")


@pytest.mark.parametrize(
    "other",
    [
        {"First_Name": "Okafor", "Last_Name": "Anna"},
        {"First_Name": "ANNA", "Last_Name": "OKAFOR", "Company": "Volvo AB"},
        {"First_Name": "Anna J.", "Company": "VOLVO, Inc."},
        {"First_Name": "Ánna", "Company": "volvo"},
    ],
)
def test_the_same_person_under_another_spelling_is_kept_once(other: dict[str, str]) -> None:
    refused = _refusal(_row(), _row(**(other | {"Email": "ao@mail.example"})))
    assert refused.reason == "looks like line 2: Anna Okafor at Volvo; keep one of the two rows"


def test_umlauts_meet_however_they_are_written() -> None:
    rows = [_row(Last_Name="Müller", Email="a@x.example"), _row(Last_Name="Mueller", Email="b@y.example"),
            _row(Last_Name="Muller", Email="c@z.example")]  # fmt: skip
    assert [refused.line for refused in _read(*rows).quarantined] == [3, 4]


def test_a_company_under_two_names_is_one_when_the_mail_domain_is() -> None:
    assert "line 2" in _refusal(_row(), _row(Company="Volvo Group Trucks", Email="okafor@volvo.example")).reason


@pytest.mark.parametrize(
    "other",
    [
        {"Company": "Scania", "Email": "anna.okafor@scania.example"},
        {"Last_Name": "Okafar", "Email": "anna.okafar@volvo.example"},
        {"First_Name": "", "Email": "okafor@volvo.example"},
        {"Email": "anna.okafor2@volvo.example"},
        {"Company": "Scania", "Email": "anna.okafor@gmail.example"},
    ],
)
def test_people_who_may_be_two_stay_two(other: dict[str, str]) -> None:
    assert len(_read(_row(), _row(**other)).drafts) == 2


def test_a_refused_row_is_no_original_for_later_ones() -> None:
    file = _read(_row(Company=""), _row())
    assert [draft.line for draft in file.drafts] == [3]


# --- repaired, with a note --------------------------------------------------------------------------


def test_spaces_are_taken_out_and_capitals_stay() -> None:
    lead = _lead(First_Name="  ANNA ", Last_Name="O'KAFOR  JONES")
    assert (lead.first_name, lead.last_name) == ("ANNA", "O'KAFOR JONES")
    assert any("First Name" in note for note in lead.notes)


def test_an_overlong_title_is_cut_and_kept_whole_in_the_description() -> None:
    lead = _lead(Title="Director of " + "finance " * 36)
    assert lead.title is not None
    assert length(lead.title) <= 128
    assert "finance " * 35 in (lead.description or "")
    assert any("Title cut" in note for note in lead.notes)


def test_cutting_never_halves_an_emoji() -> None:
    lead = _lead(First_Name="x" + "🚀" * 30)
    assert lead.first_name == "x" + "🚀" * 19


@pytest.mark.parametrize(
    ("phone", "country", "e164"),
    [
        ("030 23125 123", "Germany", "+493023125123"),
        ("+44 (0)20 7946 0123", "", "+442079460123"),
        ("(312) 555-0187", "USA", "+13125550187"),
        ("01.99.00.12.34", "France", "+33199001234"),
    ],
)
def test_phones_become_e164_by_the_country(phone: str, country: str, e164: str) -> None:
    assert _lead(Phone=phone, Country=country).phone == e164


@pytest.mark.parametrize("phone", ["ask reception", "12345", "030 23125 123", "=1+2", "4.92E+11"])
def test_a_phone_that_cannot_be_read_is_kept_in_the_description(phone: str) -> None:
    lead = _lead(Phone=phone)
    assert lead.phone is None
    assert lead.description == f"Phone: {phone}"
    assert len(lead.notes) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [("Deutschland", "DE"), ("u.s.a.", "US"), ("England", "GB"), ("ประเทศไทย", "TH"), ("côte d'ivoire", "CI"),
     ("Atlanta, Georgia", "US"), ("Georgia", "GE"), ("jp", "JP"), ("Korea", None), ("EMEA", None)],
)  # fmt: skip
def test_countries_become_codes_or_stay_words(said: str, code: str | None) -> None:
    lead = _lead(Country=said)
    assert lead.country == code
    assert lead.description == (None if code else f"Country: {said}")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1,200", 1200),
        ("1.200", 1200),
        ("approx. 1 200", 1200),
        ("5000+", 5000),
        ("51-200", None),
        ("many", None),
    ],
)
def test_employees_are_read_or_kept_as_words(said: str, number: int | None) -> None:
    lead = _lead(**{"No._of_Employees": said})
    assert lead.employees == number
    assert (lead.description or "") == ("" if number else f"Employees: {said}")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("$1.2M", 1_200_000),
        ("3,890,000,000", 3_890_000_000),
        ("1200000", 1_200_000),
        ("€ 2.3 bn", None),
        ("big", None),
    ],
)
def test_revenue_is_read_in_dollars_or_kept_as_words(said: str, number: int | None) -> None:
    assert _lead(Annual_Revenue=said).annual_revenue == number


def test_unknown_columns_and_second_choices_go_to_the_description() -> None:
    header = ["Name", "Company", "Email", "Phone", "Mobile", "Event"]
    row = ["Okafor, Anna", "Volvo", "a@volvo.example", "+442079460123", "+442079460124", "Fair 2026"]
    (lead,) = read_rows(header, [(2, row)]).drafts
    assert (lead.first_name, lead.last_name) == ("Anna", "Okafor")
    assert lead.description == "Mobile: +442079460124\nEvent: Fair 2026"


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [("Ana de la Vega", "Ana", "de la Vega"), ("Dr. Anna Okafor, PhD", "Anna", "Okafor"),
     ("Okafor", None, "Okafor"), ("Maria Anna Okafor", "Maria Anna", "Okafor"), ("欧阳晓梅", None, "欧阳晓梅")],
)  # fmt: skip
def test_a_full_name_is_split(full: str, first: str | None, last: str) -> None:
    (lead,) = read_rows(["Name", "Company", "Email"], [(2, [full, "Volvo", "a@volvo.example"])]).drafts
    assert (lead.first_name, lead.last_name) == (first, last)


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x.example")', "@cmd|x", "-1+2", "+1"])
def test_a_formula_in_the_description_becomes_plain_text(text: str) -> None:
    assert _lead(Description=text).description == f"'{text}"


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{% for x in y %}", "' OR Name LIKE '%", "<b>Anna</b>", "Null", "🚀 Anna"]
)
def test_text_that_only_looks_dangerous_is_data_and_stays(text: str) -> None:
    lead = _lead(Last_Name=text, First_Name=text, Title=text)
    assert (lead.first_name, lead.last_name, lead.title) == (text, text, text)


@pytest.mark.parametrize(
    "said", ["Anna Okafor <Anna.O@Volvo.example>", "mailto:anna.o@volvo.example", " anna.o@volvo.example; "]
)
def test_an_address_is_freed_from_what_stands_around_it(said: str) -> None:
    assert _lead(Email=said).email == "anna.o@volvo.example"


# --- whatever a cell holds --------------------------------------------------------------------------

_NASTY = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(["=1+1", "{{7*7}}", "\x00", "a@b.example", "🚀" * 200, "x" * 40_000, "1,2.3,4", "\ud800"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(_NASTY, min_size=1, max_size=16), max_size=6))
@example([["\ud800"] * 14])
def test_any_text_in_any_cell_lands_in_exactly_one_list_on_its_own_line(rows: list[list[str]]) -> None:
    file = _read(*rows)
    lines = [draft.line for draft in file.drafts] + [refused.line for refused in file.quarantined]
    assert sorted(lines) == list(range(2, len(rows) + 2))
    assert all(refused.reason for refused in file.quarantined)


@settings(deadline=None)
@given(st.fixed_dictionaries({name: _NASTY for name in HEADER if name not in {"Email", "Last Name", "Company"}}))
def test_whatever_else_a_row_says_the_lead_fits_the_crm(cells: dict[str, str]) -> None:
    for draft in _read([(ANNA | cells).get(name, "") for name in HEADER]).drafts:
        for field, limit in LIMITS.items():
            assert length(getattr(draft, field) or "") <= limit
        assert not (draft.description or "").startswith(("=", "+", "@"))
        draft.model_dump_json().encode("utf-8")
