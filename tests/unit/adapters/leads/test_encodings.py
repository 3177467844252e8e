"""What a lead file was saved in: read right, or refused with the line and its bytes; never a wrong name."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.data import SAMPLE_LEADS
from closeloop.domain.errors import UsageError
from closeloop.domain.leads import LeadFile

HEADER = "First Name,Last Name,Company,Email,Description"
PLAIN = "Ann,Smith,Acme,ann@acme.example,hello"
FOREIGN = {
    "tis-620": ("สมชาย,ใจดี,บริษัทไทย", "สุดา,รักไทย,กรุงเทพ"),
    "shift_jis": ("太郎,鈴木,トヨタ自動車", "花子,田中,日産"),
    "cp1251": ("Иван,Петров,Газпром", "Анна,Иванова,Лукойл"),
    "koi8-r": ("Иван,Петров,Газпром", "Анна,Иванова,Лукойл"),
    "gbk": ("伟,张,华为", "娜,李,联想"),
    "big5": ("小明,陳,台積電", "美玲,林,鴻海"),
    "euc_kr": ("철수,김,삼성", "영희,박,현대"),
    "cp1253": ("Γιώργος,Παπαδόπουλος,ΔΕΗ", "Μαρία,Νικολάου,ΟΤΕ"),
    "cp1255": ("דוד,כהן,טבע", "שרה,לוי,אלביט"),
    "cp1256": ("محمد,علي,أرامكو", "فاطمة,حسن,زين"),
    "cp1250": ("Lech,Wałęsa,Żabka", "Jiří,Dvořák,Škoda"),
    "cp1254": ("Işık,Yılmaz,Koç", "Ağrı,Şahin,Öztürk"),
    "mac_roman": ("André,Müller,Nestlé", "Zoë,Nuñez,Citroën"),
    "cp850": ("André,Müller,Nestlé", "Zoë,Nuñez,Citroën"),
}
WESTERN = (
    "André,Müller,Nestlé",
    "Zoë,Nuñez,Citroën",
    "Åsa,Öberg,Ærø Øl",
    "Seán,O’Brien,Café l’été – 10 €",
    "João,Conceição,São",
    "Ágúst,Guðmundsson,Þór",
    "Élodie,Lefèvre,Crédit Coopératif",
    "JÜRGEN,GROSS,MÜLLER–WEIß",
    "Tomáš,Novák,Žilina",
    "Aïda,Île,“Où” naïve Œuvre",
    "Peña,Ibáñez,3ª Vía nº 5",
    "Õie,Mägi,Šokolaad",
    "Jo,Li,½ m² für 5 £",
)


def _read(tmp_path: Path, data: bytes) -> LeadFile:
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    return read_lead_file(path)


def _refusal(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(UsageError) as error:
        _read(tmp_path, data)
    assert "\n" not in str(error.value)
    assert "save it as CSV UTF-8" in str(error.value)
    return str(error.value)


def _rows(names: tuple[str, ...]) -> list[str]:
    return [f"{name},p{n}@c{n}.example," for n, name in enumerate(names)]


def _text(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


@pytest.mark.parametrize("encoding", FOREIGN)
def test_a_file_in_a_foreign_encoding_is_refused_with_a_line_and_its_bytes(tmp_path: Path, encoding: str) -> None:
    refusal = _refusal(tmp_path, _text(PLAIN, *_rows(FOREIGN[encoding])).encode(encoding))
    assert "neither UTF-8 nor Windows-1252" in refusal
    assert "line 3 has the bytes " in refusal


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("names", FOREIGN.values())
def test_the_same_names_are_read_from_unicode(tmp_path: Path, encoding: str, names: tuple[str, ...]) -> None:
    file = _read(tmp_path, _text(*_rows(names)).encode(encoding))
    assert [f"{d.first_name},{d.last_name},{d.company}" for d in file.drafts] == list(names)


@pytest.mark.parametrize("name", WESTERN)
def test_what_western_spreadsheets_save_is_read_as_windows_1252(tmp_path: Path, name: str) -> None:
    file = _read(tmp_path, _text(PLAIN, *_rows((name,))).encode("cp1252"))
    assert file.encoding == "cp1252"
    assert f"{file.drafts[1].first_name},{file.drafts[1].last_name},{file.drafts[1].company}" == name


def test_the_shipped_sample_saved_as_windows_1252_says_the_same(tmp_path: Path) -> None:
    lines = SAMPLE_LEADS.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if line.encode("cp1252", "ignore").decode("cp1252") == line)
    assert _read(tmp_path, kept.encode("cp1252")).drafts == _read(tmp_path, kept.encode("utf-8")).drafts


@pytest.mark.parametrize("around", [("Ann,Smith",), ("Zoë,Müller", "สมชาย,ใจดี", "Ann,Smith")])
def test_one_row_of_raw_bytes_costs_that_row_only(tmp_path: Path, around: tuple[str, ...]) -> None:
    good = [f"{name},Acme,p{n}@acme.example," for n, name in enumerate(around)]
    raw = b"\xfe\x80\xc1\xff,\x9d\x8f,Acme,raw@acme.example,\n"
    file = _read(tmp_path, _text(*good).encode() + raw)
    assert file.encoding == "utf-8"
    assert len(file.drafts) == len(good)
    assert [refused.line for refused in file.quarantined] == [len(good) + 2]
    assert "'First Name' (the bytes FE 80 C1 FF do not fit the rest of the file)" in file.quarantined[0].reason


def test_a_utf_8_row_in_a_windows_1252_file_keeps_its_letters(tmp_path: Path) -> None:
    rows = [f"Jürgen,Groß,Acme,p{n}@acme.example," for n in range(4)]
    file = _read(tmp_path, _text(*rows).encode("cp1252") + "Zoë,Łódź,Acme,zoe@acme.example,\n".encode())
    assert [draft.last_name for draft in file.drafts] == ["Groß"] * 4 + ["Łódź"]


def test_a_row_that_fits_no_western_language_is_kept_out_of_a_windows_1252_file(tmp_path: Path) -> None:
    rows = [f"Jürgen,Groß,Acme,p{n}@acme.example," for n in range(9)]
    data = _text(*rows).encode("cp1252") + "Иван,Петров,Acme,ivan@acme.example,\n".encode("cp1251")
    file = _read(tmp_path, data)
    assert (len(file.drafts), [refused.line for refused in file.quarantined]) == (9, [11])


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_refused(tmp_path: Path, encoding: str) -> None:
    _refusal(tmp_path, _text(PLAIN).encode(encoding))


def test_damaged_utf_16_says_where(tmp_path: Path) -> None:
    data = _text(PLAIN).encode("utf-16") + b"\x00\xdcA\x00"
    assert "line 3 has the bytes 00 DC" in _refusal(tmp_path, data)


def test_a_header_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "line 1" in _refusal(tmp_path, b"\x8f\x9d," + _text(PLAIN).encode())
