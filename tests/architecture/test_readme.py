"""What README.md names is there: every path, every command of `start.py`, `closeloop` and `make`."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

README = ROOT / "README.md"
OWN_COMMANDS = {"test", "bench", "check"}
pytestmark = pytest.mark.skipif(not README.exists(), reason="there is no README.md yet")


def _code() -> list[str]:
    """Inline code and the lines of code blocks, without prompts and comments."""
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:\w*)\n(.*?)^```", text, flags=re.S | re.M)
    lines = [line.strip().removeprefix("$ ").split("  #")[0] for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def _commands(pattern: str) -> set[str]:
    found = (re.search(pattern, line) for line in _code())
    return {match.group(1) for match in found if match}


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", README.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_every_named_path_exists() -> None:
    ours = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    named = {line.rstrip("/") for line in _code() if re.fullmatch(r"[\w.-]+(?:/[\w.<>*{}-]+)*/?", line)}
    concrete = {path for path in named if path.split("/")[0] in ours and not re.search("[<>*{}]", path)}
    assert concrete, "the README names no file at all"
    assert sorted(path for path in concrete if not (ROOT / path).exists()) == []


Way = tuple[str, ...]
"""A command's name, and that of its part."""
_HELPS = """
import contextlib, io, json, sys
from closeloop.cli import main
told = []
for way in json.load(sys.stdin):
    sys.argv, said = ["closeloop", *way, "--help"], io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main()
    told.append(said.getvalue())
json.dump(told, sys.stdout)
"""


def test_every_command_it_names_is_there_with_each_of_its_parts() -> None:
    named = {(command,) for command in _commands(r"(?:start\.py|^closeloop) ([a-z]+)") - OWN_COMMANDS}
    assert named, "the README names no command at all"
    listed = {way for cell in _first_cells() for code in re.findall(r"`([^`]+)`", cell) for way in _ways(code)}
    assert len(listed) > 20, "the table of commands was not found"
    assert [" ".join(way) for way, told in _helps(sorted(named | listed)).items() if not _is_of(told, way)] == []


def _first_cells() -> list[str]:
    table = README.read_text(encoding="utf-8").partition("| command | does |")[2].partition("\n\n")[0]
    return [line.split(" | ")[0] for line in table.splitlines()[2:]]


def _ways(code: str) -> list[Way]:
    """`playbook check\\|diff` names two; words in capitals, options and files are no part of a name."""
    name, *rest = code.split()
    parts = rest[0].split("\\|") if rest and re.fullmatch(r"[a-z\\|]+", rest[0]) else []
    return [(name, part) for part in parts] or [(name,)]


def _helps(ways: list[Way]) -> dict[Way, str]:
    """All of them from one process, since a start takes longest."""
    asked = [sys.executable, "-c", _HELPS]
    told = subprocess.run(asked, cwd=ROOT, input=json.dumps(ways), capture_output=True, text=True, check=True)
    return dict(zip(ways, json.loads(told.stdout), strict=True))


def _is_of(told: str, way: Way) -> bool:
    """That of a part that is not there is the help of the whole, or none."""
    return re.search(rf"Usage: \S+ {' '.join(way)}\b", told) is not None


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    assert _commands(r"^make ([a-z]+)$") <= targets


def test_the_prompts_that_people_copy_need_nothing_but_python() -> None:
    assert any(line.startswith("python3 start.py ") for line in _code())
    assert Path(ROOT / "start.py").exists()
