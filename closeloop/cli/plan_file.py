"""The plan as a file: written whole or not at all, readable by people, refused with words when it is no plan."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from closeloop.domain.errors import CloseloopError, UsageError
from closeloop.domain.plan import SCHEMA_VERSION, Plan


def save_plan(plan: Plan, path: Path) -> None:
    """Readable by its owner only, since it holds whole mails; raises `CloseloopError` when it cannot be written."""
    draft = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(plan.model_dump_json(indent=1) + "\n")
        draft.replace(path)
    except OSError as problem:
        raise CloseloopError(f"cannot write {path} ({problem.strerror}): give --out a place that can be") from None


def load_plan(path: Path) -> Plan:
    """Raises `UsageError` for a file that is not there, or is no plan this program understands."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no text"
        raise UsageError(f"cannot read {path}: {reason}. Make one with `closeloop plan all --out {path}`") from None
    try:
        return Plan.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(
            f"{path} is no plan of this program (schema {SCHEMA_VERSION}): {place}: {first['msg']}. "
            "Make a new one with `closeloop plan`"
        ) from None
