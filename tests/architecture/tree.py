"""What belongs to the project: what git would commit, or, outside a clone, all files but the made ones."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {".venv", ".git", "__pycache__", ".closeloop", "dist", "build", ".hypothesis"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project, relative to its root, in order."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    names = [Path(name) for name in listed.stdout.splitlines()] if listed.returncode == 0 else _walked()
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def _walked() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in found if not any(part in MADE or part.endswith("_cache") for part in path.parts)]


def python_files() -> tuple[Path, ...]:
    """Every Python file of the project."""
    return tuple(path for path in project_files() if path.suffix == ".py")


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file of the project."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function in a file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
