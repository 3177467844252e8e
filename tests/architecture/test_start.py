"""`start.py` hands over to the program faithfully, and says what to do where it cannot set it up."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.tree import ROOT

FILES = (
    "start.py",
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-installer.lock",
    "requirements-recordings.lock",
)
PROGRAM = """
import sys

def main():
    print(sys.argv[1:])
    return 7
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in a folder with a space, not set up yet, whose program prints its arguments and exits with 7."""
    folder = tmp_path / "a clone"
    (folder / "closeloop" / "cli").mkdir(parents=True)
    (folder / "closeloop" / "cli" / "__init__.py").write_text(PROGRAM)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def start(clone: Path) -> ModuleType:
    return loaded(clone)


def loaded(clone: Path) -> ModuleType:
    """The `start.py` of a clone, as a module."""
    found = importlib.util.spec_from_file_location("start_of_a_clone", clone / "start.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def ready(clone: Path, start: ModuleType) -> Path:
    """The clone with everything but its packages set up, which the program above does without."""
    start.VENV.mkdir()
    start._make_environment()
    start._link_project()
    start.STAMP.write_text(start._fingerprint(start.RUNTIME_LOCK))
    return clone


def run(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(clone / "start.py"), *arguments],
        cwd="/",
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_gets_its_arguments_and_gives_its_exit_code(ready: Path) -> None:
    ran = run(ready, "demo", "--leads-file", "my leads.csv")
    assert (ran.returncode, ran.stderr) == (7, "")
    assert ran.stdout == "['demo', '--leads-file', 'my leads.csv']\n"


def test_without_arguments_the_program_is_asked_for_its_help(ready: Path) -> None:
    assert run(ready).stdout == "['--help']\n"


def test_the_program_knows_the_name_it_was_called_by(ready: Path) -> None:
    (ready / "closeloop" / "cli" / "__init__.py").write_text(
        "import os\n\ndef main():\n    print(os.environ['CLOSELOOP_PROGRAM'])\n    return 0\n"
    )
    named = run(ready, "why", "anna@acme.example").stdout.strip()
    assert named.startswith((Path(sys.executable).name, sys.executable))
    assert named.endswith(f"'{ready / 'start.py'}'")


def test_the_installed_command_runs_by_itself_from_a_path_with_a_space(ready: Path) -> None:
    command = ready / ".venv" / "bin" / "closeloop"
    ran = subprocess.run([command, "why", "somebody"], cwd="/", capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (7, "['why', 'somebody']\n")


def test_the_project_is_known_to_its_environment_by_name_and_version(ready: Path) -> None:
    asked = "from importlib.metadata import version; print(version('closeloop'))"
    answer = subprocess.run(
        [ready / ".venv/bin/python", "-c", asked], cwd="/", capture_output=True, text=True, check=True
    )
    assert f'version = "{answer.stdout.strip()}"' in (ready / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_missing_file_is_named(ready: Path, name: str) -> None:
    (ready / name).unlink()
    ran = run(ready, "demo")
    assert ran.returncode == 1
    assert f"{name} is missing: is this a whole clone?" in ran.stderr


def test_a_changed_lock_is_set_up_again(ready: Path, start: ModuleType) -> None:
    assert start._stamped({start._fingerprint(start.RUNTIME_LOCK)})
    (ready / "requirements.lock").write_text("another==1\n")
    assert not start._stamped({start._fingerprint(start.RUNTIME_LOCK)})


def test_a_moved_clone_is_set_up_again(ready: Path) -> None:
    moved = loaded(ready.rename(ready.with_name("moved")))
    assert moved.STAMP.exists()
    assert not moved._stamped({moved._fingerprint(moved.RUNTIME_LOCK)})


def test_without_an_index_the_set_up_says_so_and_is_not_taken_for_done(clone: Path, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/"
    ran = run(
        clone, "demo", PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL=nobody, HOME=str(tmp_path), PIP_NO_CACHE_DIR="1"
    )
    assert ran.returncode == 1
    assert "The package index cannot be reached. Check the network" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (clone / ".venv" / "closeloop.stamp").exists()


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "The disk is full",
        ),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the file that the lock names"),
        ("error: Failed to fetch\n  Caused by: dns error: failed to lookup address", "index cannot be reached"),
        ("something new", "The whole output is in"),
    ],
)
def test_a_failed_installation_comes_with_advice(start: ModuleType, said: str, advice: str) -> None:
    start.VENV.mkdir()
    start.LOG.write_text(said)
    assert advice in start._why_not_installed()


def test_the_check_command_takes_no_arguments(ready: Path, start: ModuleType) -> None:
    start.STAMP.write_text(start._fingerprint(start.DEV_LOCK))
    ran = run(ready, "check", "flows")
    assert ran.returncode == 1
    assert "check takes no arguments" in ran.stderr
