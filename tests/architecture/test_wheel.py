"""The wheel holds the whole product, and its packages work from a folder that is not this tree."""

import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, project_files

SHIPPED = ("closeloop", "flows", "tasks", "config", "templates", "sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the locked hatchling in this environment, so without a network."""
    if not (ROOT / "README.md").exists():
        pytest.skip("there is no README.md yet, which the wheel's metadata needs")
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("closeloop-*.whl")
    return made


def test_the_wheel_holds_every_file_of_every_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {str(path) for path in project_files() if path.parts[0] in SHIPPED}
    assert sorted(wanted - held) == []


def test_its_packages_import_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    names = [name for name in SHIPPED if (ROOT / name / "__init__.py").exists()]
    code = f"import {', '.join(names)}; print(*({', '.join(f'{name}.__file__' for name in names)}), sep='\\n')"
    # Isolated, so that neither this tree nor a path file brings the packages in.
    seen = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(unpacked)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert seen == [str(unpacked / name / "__init__.py") for name in names]


def test_the_command_it_installs_leads_to_the_cli(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "closeloop = closeloop.cli:main" in archive.read(points).decode()


def test_no_other_package_owns_a_name_that_we_ship() -> None:
    """A wheel with a top-level `config` would silently overwrite another's."""
    owners = packages_distributions()
    taken = {name: owner for name in SHIPPED for owner in owners.get(name, []) if owner != "closeloop"}
    assert taken == {}
