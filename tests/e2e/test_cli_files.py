"""Files and folders that cannot be used: one line says what to do, and nothing has been touched."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import Closeloop, Finished, two_at_a_time

pytestmark = [pytest.mark.e2e, pytest.mark.long]

HEADER = b"Last Name,Company,Email\n"
WRONG_FILES: dict[str, tuple[bytes | None, tuple[str, ...]]] = {
    "missing": (None, ("there is no file", "check the name")),
    "empty": (b"", ("is empty", "export the leads again")),
    "blank": (b"\n \n\n", ("is empty", "export the leads again")),
    "header only": (HEADER, ("no rows", "export the leads again")),
    "binary": (bytes(range(256)) * 4, ("binary file", "save it as CSV UTF-8")),
    "spreadsheet": (b"PK\x03\x04" + b"x" * 100, ("a spreadsheet", "save it as CSV UTF-8")),
    "without e-mail": (
        b"First Name,Last Name,Company\nMia,Voss,Acme\n",
        ("lacks a column 'Email'", "its first line"),
    ),
    "another encoding": (
        HEADER + "Петров,Газпром,x@gazprom.example\nИванов,Лукойл,y@lukoil.example\n".encode("cp1251"),
        ("line 2 has the bytes CF E5 F2", "save it as CSV UTF-8"),
    ),
    "wrong encoding": (HEADER + b"B\x81n,Caf\x9d,x@caf.example\n", ("UTF-8", "save it as CSV UTF-8")),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    def run(content: bytes | None) -> Finished:
        here = Closeloop(tmp_path_factory.mktemp("file"))
        return here("import", written(here.place, content), "--json")

    return two_at_a_time({kind: partial(run, content) for kind, (content, _) in WRONG_FILES.items()})


def written(place: Path, content: bytes | None) -> Path:
    path = place / "leads.csv"
    if content is not None:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", WRONG_FILES)
def test_import_refuses_a_file_that_is_no_lead_file(refused: dict[str, Finished], kind: str) -> None:
    _, words = WRONG_FILES[kind]
    assert refused[kind].complains(2, *words)


def test_import_refuses_a_folder(closeloop: Closeloop) -> None:
    assert closeloop("import", closeloop.place).complains(2, "is a folder", "give the CSV file inside it")


def test_a_demo_with_a_wrong_file_leaves_the_last_demo_as_it_was(closeloop: Closeloop) -> None:
    kept = closeloop.place / "demo"
    kept.mkdir()
    for name in (".closeloop-demo", "report.html"):
        (kept / name).touch()
    leads = written(closeloop.place, b"")
    assert closeloop("demo", "--leads-file", leads, "--home", kept).complains(2, "is empty")
    assert (kept / "report.html").is_file()


def test_a_demo_does_not_delete_the_file_it_is_given(closeloop: Closeloop) -> None:
    kept = closeloop.place / "demo"
    kept.mkdir()
    (kept / ".closeloop-demo").touch()
    leads = written(kept, HEADER + b"Voss,Acme,mia@acme.example\n")
    assert closeloop("demo", "--leads-file", leads, "--home", kept).complains(2, "copy it elsewhere")
    assert leads.is_file()


def test_a_demo_never_empties_a_folder_that_is_not_a_demos(closeloop: Closeloop) -> None:
    letters = closeloop.place / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("keep me")
    assert closeloop("demo", "--home", letters).complains(2, "not a demo's folder", "choose another --home")
    assert (letters / "dear.txt").read_text() == "keep me"


def test_a_home_that_is_a_file_is_refused(closeloop: Closeloop) -> None:
    closeloop.home.write_text("not a folder")
    assert closeloop("report").complains(2, "Set CLOSELOOP_HOME to a writable folder")


def test_a_ledger_that_is_none_is_named_and_left_alone(closeloop: Closeloop) -> None:
    closeloop.home.mkdir()
    ledger = closeloop.home / "ledger.db"
    ledger.write_text("my holiday diary")
    assert closeloop("why", "anybody").complains(1, str(ledger), "check CLOSELOOP_HOME")
    assert ledger.read_text() == "my holiday diary"


def test_a_report_that_cannot_be_written_says_where(closeloop: Closeloop) -> None:
    (closeloop.home / "report.html").mkdir(parents=True)
    assert closeloop("report", "--json").complains(1, "cannot write", "report.html")
