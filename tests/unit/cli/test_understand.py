"""`closeloop understand`: answers in order on stdout, broken lines named on stderr, one bad line costs only
itself.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from closeloop.cli.understand import understand_file
from closeloop.domain.errors import UsageError

ANSWER = ["id", "labels", "primary", "confidence", "abstained", "resume_on", "refers_to", "stop"]


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "replies.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_reply_gets_one_answer_with_the_promised_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, '{"id": "a", "body": "Please unsubscribe me"}', "", '{"id": 2, "body": "ขอราคาหน่อยครับ"}')
    assert understand_file(path) == 0
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert list(first) == ANSWER
    assert (first["id"], first["primary"], first["stop"]) == ("a", "unsubscribe", True)
    assert (second["id"], second["primary"], second["stop"]) == (2, "question", False)
    assert err == ""


def test_a_broken_line_is_named_and_the_others_are_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, '{"id": 1, "body": "Yes please"}', "{oops", '{"id": 3, "body": "Too expensive"}')
    assert understand_file(path) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == [1, 3]
    assert "replies.jsonl, line 2: no valid JSON" in err
    assert "1 line could not be read; all others are answered" in err


def test_a_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given = io.BytesIO(
        '\ufeff{"id": 1, "body": "Back on 14.03.", "headers": {"Auto-Submitted": "auto-replied"},'.encode()
    )
    given.seek(0, io.SEEK_END)
    given.write(b' "received_at": "2026-11-23T09:00:00Z"}\n')
    given.seek(0)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=given))
    assert understand_file(Path("-")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["primary"], answer["resume_on"]) == ("out_of_office", "2027-03-14")


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one JSON reply per line, or - to read them from stdin"):
        understand_file(tmp_path / "none.jsonl")


def test_bytes_that_are_no_utf_8_cost_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"id": 1, "body": "Kein Interesse, schöne Grüße"}\n'.encode("latin-1"))
    assert understand_file(path) == 0
    assert json.loads(capsys.readouterr().out)["primary"] == "brush_off"
