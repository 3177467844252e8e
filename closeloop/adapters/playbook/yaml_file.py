"""The playbook and the CRM mapping as YAML. A file that does not validate is refused, with every wrong place."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from closeloop.adapters.playbook.meaning import wrong_places
from closeloop.adapters.playbook.strict_yaml import parse
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.errors import UsageError
from closeloop.domain.playbook import Playbook

Model = TypeVar("Model", bound=BaseModel)


def read_playbook(path: Path) -> Playbook:
    """The playbook, sound in form and in what it names; raises `UsageError` listing each wrong place."""
    found = _read(path, Playbook, "playbook", "CLOSELOOP_PLAYBOOK")
    if wrong := wrong_places(found):
        raise UsageError(_refusal(path, "playbook", wrong))
    return found


def read_crm_mapping(path: Path) -> CrmMapping:
    """The validated mapping; raises `UsageError` listing each wrong place."""
    return _read(path, CrmMapping, "CRM mapping", "CLOSELOOP_CRM_MAPPING")


def _read(path: Path, model: type[Model], what: str, setting: str) -> Model:
    try:
        return model.model_validate(_parse(path, what, setting))
    except ValidationError as problem:
        names = _known_names(model)
        wrong = [f"{_place(error['loc'], what)}: {_words(error, names)}" for error in problem.errors()]
        raise UsageError(_refusal(path, what, wrong)) from None


def _refusal(path: Path, what: str, wrong: list[str]) -> str:
    return "\n  ".join([f"{path} is not a valid {what}:", *wrong])


def _parse(path: Path, what: str, setting: str) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except OSError as problem:
        reason = problem.strerror or problem
        raise UsageError(f"cannot read the {what} {path}: {reason}. Set {setting} to its path.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8") from None


def _place(location: tuple[int | str, ...], what: str) -> str:
    return ".".join(str(part) for part in location) or what


def _words(error: ErrorDetails, names: list[str]) -> str:
    if error["type"] != "extra_forbidden":
        return error["msg"].removeprefix("Value error, ")
    meant = get_close_matches(str(error["loc"][-1]), names, 1)
    return "there is no such key" + (f"; did you mean {meant[0]}?" if meant else "")


def _known_names(model: type[BaseModel]) -> list[str]:
    """Every key that a file of this kind may hold anywhere."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for part in parts for name in part.get("properties", {})})
