"""Lead files on disk: encodings, delimiters, physical lines, and one clear sentence for what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.domain.errors import UsageError
from closeloop.domain.leads import LeadFile

HEADER = "First Name,Last Name,Company,Email,Description"
ROW = "Zoë,Müller,Volvo,zoe.mueller@volvo.example,hello"


def _file(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "leads.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def _read(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> LeadFile:
    return read_lead_file(_file(tmp_path, content, encoding))


def _refusal(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        read_lead_file(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_encodings_of_spreadsheets_are_read_and_noted(
    tmp_path: Path, encoding: str, noted: str, newline: str
) -> None:
    file = _read(tmp_path, newline.join([HEADER, ROW, ""]), encoding)
    assert [draft.last_name for draft in file.drafts] == ["Müller"]
    assert file.encoding == noted


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = f"{HEADER}\n{ROW}\n".replace(",", delimiter)
    assert _read(tmp_path, text).drafts[0].company == "Volvo"


def test_the_delimiter_that_excel_names_in_a_line_of_its_own_is_taken(tmp_path: Path) -> None:
    file = _read(tmp_path, f"sep=;\n{HEADER}\n{ROW}\n".replace(",", ";"))
    assert file.drafts[0].line == 3


def test_line_numbers_are_those_of_a_text_editor(tmp_path: Path) -> None:
    rows = ['Ann,A,Volvo,a@volvo.example,"one\ntwo\n\nfour"', "", "Bo,B,Volvo,b@volvo.example,", "Cy,C,Volvo,,"]
    file = _read(tmp_path, "\n".join([HEADER, *rows]))
    assert [draft.line for draft in file.drafts] == [2, 7]
    assert file.drafts[0].description == "one\ntwo\n\nfour"
    assert [refused.line for refused in file.quarantined] == [8]


@pytest.mark.parametrize("broken", ['"Ann,A,Volvo,a@volvo.example,', 'Ann,A,Volvo,a@volvo.example,"open', '"x'])
def test_a_quotation_mark_nobody_closed_costs_its_own_row_only(tmp_path: Path, broken: str) -> None:
    good = [f"P{n},Person,Company {n},p{n}@c{n}.example," for n in range(50)]
    file = _read(tmp_path, "\n".join([HEADER, broken, *good]))
    assert [draft.line for draft in file.drafts if draft.line > 2] == list(range(3, 53))
    assert len(file.drafts) + len(file.quarantined) == 51


def test_a_few_broken_bytes_cost_their_rows_and_not_the_encoding_of_the_others(tmp_path: Path) -> None:
    data = f"{HEADER}\n{ROW}\nAnn,A,Volvo,a@volvo.example,".encode() + b"caf\xe9\n"
    file = _read(tmp_path, data)
    assert [draft.first_name for draft in file.drafts] == ["Zoë"]
    assert "unreadable characters in 'Description' (the bytes E9" in file.quarantined[0].reason
    file.model_dump_json().encode("utf-8")


@pytest.mark.parametrize("cell", ["x" * 1_000_000, '"' + "x, " * 400_000 + '"'])
def test_a_cell_of_a_megabyte_is_named_and_costs_its_row_only(tmp_path: Path, cell: str) -> None:
    file = _read(tmp_path, f"{HEADER}\nAnn,A,Volvo,a@volvo.example,{cell}\n{ROW}\n")
    assert [draft.line for draft in file.drafts] == [3]
    assert [refused.line for refused in file.quarantined] == [2]
    assert file.quarantined[0].reason.startswith("'Description' has 1,")
    assert file.quarantined[0].reason.endswith(" characters, more than 100,000: shorten it")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert "there is no file" in _refusal(tmp_path / "none.csv")


def test_a_folder_is_named_a_folder(tmp_path: Path) -> None:
    assert "is a folder: give the CSV file" in _refusal(tmp_path)


@pytest.mark.parametrize("content", ["", "\n \r\n", "\ufeff"])
def test_an_empty_file_says_export_again(tmp_path: Path, content: str) -> None:
    assert "is empty: export" in _refusal(_file(tmp_path, content))


def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    assert "no rows" in _refusal(_file(tmp_path, HEADER + "\n"))


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1", b"%PDF-1.7", b"\x89PNG\0\0\0\rIHDR"]
)
def test_a_spreadsheet_or_binary_says_save_as_csv(tmp_path: Path, data: bytes) -> None:
    assert "save it as CSV UTF-8" in _refusal(_file(tmp_path, data))


@pytest.mark.parametrize("data", [b"\xff\xfea", b"Name\x81\x8d,Email\n", "Name,Email\n".encode("utf-16-le")])
def test_an_encoding_nobody_can_tell_says_save_as_utf8(tmp_path: Path, data: bytes) -> None:
    assert "save it as CSV UTF-8" in _refusal(_file(tmp_path, data))


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    refusal = _refusal(_file(tmp_path, "First Name,Last Name,Company\nA,B,C\n"))
    assert "'Email'" in refusal
    assert "First Name, Last Name, Company" in refusal


def test_a_file_that_is_no_table_lists_what_its_first_line_has(tmp_path: Path) -> None:
    assert "lacks a column" in _refusal(_file(tmp_path, "Dear team,\nplease find the leads below\n"))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = _file(tmp_path_factory.getbasetemp(), HEADER.encode() + b"\n" + data)
    try:
        file = read_lead_file(path)
    except UsageError as error:
        refusal = str(error)
    else:
        refusal = ""
        lines = [draft.line for draft in file.drafts] + [refused.line for refused in file.quarantined]
        assert len(lines) == len(set(lines)) > 0
        file.model_dump_json().encode("utf-8")
    assert "\n" not in refusal
