"""Hints work when they are copied, however the program was started."""

from __future__ import annotations

import pytest

from closeloop.cli.program import VARIABLE, as_called, program


def test_without_start_py_hints_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert program() == "closeloop"
    assert as_called("ask `closeloop doctor`") == "ask `closeloop doctor`"


def test_behind_start_py_every_command_is_named_as_it_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "python3 start.py")
    said = as_called("`closeloop why a@x.example`, `closeloop --help` or CLOSELOOP_HOME=a closeloop run all")
    assert said == (
        "`python3 start.py why a@x.example`, `python3 start.py --help` or CLOSELOOP_HOME=a python3 start.py run all"
    )


def test_words_that_are_no_command_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "python3 start.py")
    kept = "below the closeloop home, in /srv/closeloop run by us, unset so that closeloop starts one"
    assert as_called(kept) == kept
