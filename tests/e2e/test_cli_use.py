"""What every command says when it is asked for help, and when it is used wrongly."""

from __future__ import annotations

import re
from functools import partial
from importlib.metadata import version

import pytest

from tests.e2e.conftest import Closeloop, Finished, two_at_a_time

pytestmark = pytest.mark.e2e

COMMANDS = (
    "demo",
    "up",
    "plan",
    "apply",
    "settle",
    "preview",
    "approve",
    "run",
    "import",
    "why",
    "report",
    "doctor",
    "gateway",
    "sandbox",
    "playbook",
    "mapping",
    "undo",
    "understand",
    "forget",
    "backup",
    "restore",
)
PLAYBOOK_COMMANDS = ("check", "diff", "schema")
WITH_JSON = {
    "demo", "up", "run", "plan", "apply", "import", "why", "settle", "approve", "preview", "report", "doctor",
    "undo", "forget", "backup", "restore",
}  # fmt: skip
WRONG_USE = {
    "frobnicate": 'Unknown command "frobnicate"',
    "report --frobnicate": "Unknown option: --frobnicate",
    "playbook frobnicate": "Available commands: check, schema",
    "import": "requires an argument",
    "run": "requires an argument",
    "run frobnicate": '"prospecting"',
    "run all --limit many": "--limit",
    "run all --limit 0": "--limit must be at least 1",
    "run all --as-of yesterday": "--as-of",
    "demo --leads 0": "--leads must be at least 1",
    "demo --days 0": "--days must be between 1 and",
    "demo --seed dice": "--seed",
    "forget": "requires an argument",
    "forget nobody": "nobody called 'nobody'",
    "restore nowhere.zip": "cannot be read",
    "restore --mark-uncertain": "--backup-at",
    "gateway --port 99999": "choose another --host or --port",
}


def listed(help_page: str) -> set[str]:
    """The commands in a help page's box of commands."""
    box = help_page[help_page.index("─ Commands ─") :]
    return {found for found in re.findall(r"^│ (\S+) ", box, re.MULTILINE) if not found.startswith("-")}


def test_help_lists_every_command_and_none_that_does_not_work(closeloop: Closeloop) -> None:
    shown = closeloop("--help")
    assert shown.is_clean
    assert listed(shown.out) == set(COMMANDS)
    assert listed(closeloop("playbook", "--help").out) == set(PLAYBOOK_COMMANDS)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Closeloop:
    """One command line for all tests here: none of them may leave anything behind."""
    return Closeloop(tmp_path_factory.mktemp("use"))


@pytest.fixture(scope="module")
def help_pages(bare: Closeloop) -> dict[str, Finished]:
    return two_at_a_time({command: partial(bare, command, "--help") for command in COMMANDS})


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(help_pages: dict[str, Finished], command: str) -> None:
    shown = help_pages[command]
    assert shown.is_clean
    assert f"Usage: closeloop {command}" in shown.out
    assert ("--json" in shown.out) == (command in WITH_JSON)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(help_pages: dict[str, Finished], command: str) -> None:
    box = [
        line for line in help_pages[command].out.splitlines() if re.match(r"│ (?:\*  )?(?:--[a-z]|[A-Z]{3})", line)
    ]
    bare = [line for line in box if re.match(r"│ +(?:\* +)?(?:--)?[\w-]+(?: [A-Z0-9]+)?\s*(?:\[.*)?│$", line)]
    assert bare == []


def test_behind_start_py_the_help_and_every_hint_name_what_was_typed(closeloop: Closeloop) -> None:
    shown = closeloop("--help", CLOSELOOP_PROGRAM="python3 start.py")
    assert "Usage: python3 start.py COMMAND" in shown.out
    assert all(word in shown.out for word in ("bench", "check"))
    tried = closeloop("frobnicate", CLOSELOOP_PROGRAM="python3 start.py")
    assert "Try `python3 start.py --help`" in tried.err


def test_a_ledger_with_nobody_in_it_says_where_to_look(closeloop: Closeloop) -> None:
    demo = closeloop.place / ".closeloop" / "demo"
    demo.mkdir(parents=True)
    (demo / ".closeloop-demo").touch()
    reported = closeloop("report")
    assert reported.code == 0
    assert "CLOSELOOP_HOME=.closeloop/demo" in reported.err
    assert closeloop("why", "anna@acme.example").complains(
        1, "nobody here is called", "CLOSELOOP_HOME=.closeloop/demo"
    )


def test_help_needs_neither_settings_nor_a_home(bare: Closeloop, help_pages: dict[str, Finished]) -> None:
    assert len(help_pages) == len(COMMANDS)
    assert not bare.home.exists()


def test_without_a_command_there_is_help_and_with_version_there_is_the_version(closeloop: Closeloop) -> None:
    assert "Usage: closeloop COMMAND" in closeloop().out
    assert closeloop("--version").out.strip() == version("closeloop")


@pytest.fixture(scope="module")
def refused(bare: Closeloop) -> dict[str, Finished]:
    return two_at_a_time({arguments: partial(bare, *arguments.split()) for arguments in WRONG_USE})


@pytest.mark.parametrize("arguments", WRONG_USE)
def test_wrong_use_is_one_line_that_names_what_is_wrong(refused: dict[str, Finished], arguments: str) -> None:
    assert refused[arguments].complains(2, WRONG_USE[arguments])


def test_a_sandbox_that_cannot_start_says_why_in_one_line(closeloop: Closeloop) -> None:
    tried = closeloop("sandbox", "--leads", "missing.csv")
    assert (tried.code, tried.out) == (2, "")
    assert tried.err.splitlines() == [
        "sandbox: missing.csv: No such file or directory; give the path of a CSV file"
    ]
