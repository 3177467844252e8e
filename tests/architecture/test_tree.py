"""Rules that hold over the whole tree: how imports point, what files are named, where time comes from."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, functions, parsed, project_files, python_files

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
SHADOWING_NAMES = {"email", "types", "config", "tasks", "calendar"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
CLOCKS |= {("time", "time"), ("time", "time_ns")}
MAY_READ_THE_CLOCK = ("closeloop/adapters/clock.py", "sandbox/__main__.py", "sandbox/sendgrid/signing.py", "tests/")
LONGEST_FILE = 400


def test_imports_point_one_way() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in project_files() if path.stem in EMPTY_NAMES] == []


def test_no_flow_or_task_file_hides_a_module_of_the_standard_library() -> None:
    inside = [path for path in python_files() if path.parts[0] in {"flows", "tasks"}]
    assert [str(path) for path in inside if path.stem in SHADOWING_NAMES] == []


def test_every_python_file_says_what_it_owns() -> None:
    undescribed = [path for path in python_files() if parsed(path).body and not ast.get_docstring(parsed(path))]
    assert [str(path) for path in undescribed] == []


def clock_reads(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in CLOCKS:
            yield f"{path}:{node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"{path}:{node.lineno}" for name in node.names if ("time", name.name) in CLOCKS)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_time_comes_from_the_clock_port_only() -> None:
    watched = [path for path in python_files() if not str(path).startswith(MAY_READ_THE_CLOCK)]
    assert [read for path in watched for read in clock_reads(path)] == []


@pytest.mark.parametrize(
    "line", ["datetime.now(UTC)", "datetime.datetime.now()", "time.time()", "date.today()", "datetime.utcnow"]
)
def test_a_clock_read_is_recognised(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.test_tree.parsed", lambda _: ast.parse(line))
    assert list(clock_reads(Path("somewhere.py"))) == ["somewhere.py:1"]


# Each pattern is put together here, so that this file does not hold what it looks for.
NEVER_COMMITTED = {
    "a path of one machine": re.compile(
        "|".join("/" + name + "/[a-z.]" for name in ("work", "root", "farm", "Users"))
    ),
    "the place of this clone": re.compile(re.escape(str(ROOT)) + r"\b"),
    "a package index": re.compile(
        "pypi" + r"\.org|files\.python" + r"hosted|--(?:extra-)?index" + r"-url\s*[=\s]h"
    ),
    "a secret key": re.compile(
        r"SG\." + r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|BEGIN [A-Z ]*PRIVATE" + " KEY-----\n[A-Z]"
    ),
}
TEXT_SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".yaml",
    ".yml",
    ".j2",
    ".html",
    ".txt",
    ".json",
    ".csv",
    ".cfg",
    "",
}


@pytest.mark.parametrize("what", NEVER_COMMITTED)
def test_nothing_of_one_machine_is_committed(what: str) -> None:
    pattern = NEVER_COMMITTED[what]
    texts = ((path, _text(path)) for path in project_files() if path.suffix in TEXT_SUFFIXES)
    found = [f"{path}: {hit.group(0)}" for path, text in texts for hit in pattern.finditer(text)]
    assert found == []


def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def test_files_stay_readable(capsys: pytest.CaptureFixture[str]) -> None:
    """No file over 400 lines; how long the functions are is told in every run, for people to judge."""
    files = {path: _text(path).count("\n") for path in python_files()}
    lengths = sorted((length, f"{path}: {name}") for path in files for name, length in functions(path))
    sizes = [length for length, _ in lengths]
    told = (
        f"{len(files)} files, median {statistics.median(files.values()):.0f} lines, longest {max(files.values())}",
        f"{len(sizes)} functions, median {statistics.median(sizes):.0f} lines, over 30 lines: "
        f"{sum(size > 30 for size in sizes)}, longest {lengths[-1][0]} ({lengths[-1][1]})",
    )
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert [f"{path}: {lines} lines" for path, lines in files.items() if lines > LONGEST_FILE] == []
