"""The playbook as YAML. A file that does not validate is refused as a whole, with every place that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from closeloop.domain.errors import UsageError
from closeloop.domain.playbook import Playbook


def read_playbook(path: Path) -> Playbook:
    """The validated playbook; raises `UsageError` listing each wrong place."""
    try:
        return Playbook.model_validate(_parse(path))
    except ValidationError as problem:
        raise UsageError(f"{path} is not a valid playbook:\n{_places(problem)}") from None


def _parse(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as problem:
        reason = problem.strerror or problem
        raise UsageError(
            f"cannot read the playbook {path}: {reason}. Set CLOSELOOP_PLAYBOOK to its path."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except yaml.YAMLError as problem:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(problem).split())}") from None


def _places(problem: ValidationError) -> str:
    return "\n".join(f"  {_place(error['loc'])}: {_words(error['msg'])}" for error in problem.errors())


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "playbook"


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
