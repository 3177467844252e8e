"""YAML in which every key stands once, and whose mistakes are named by file and line.

Invariant: nothing that a person wrote is dropped in silence; plain YAML lets the last of two equal keys win.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from closeloop.domain.errors import UsageError


class _OneOfEachKey(yaml.CSafeLoader):
    """Refuses a mapping that names a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, yaml.ScalarNode] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and (first := seen.setdefault(key.value, key)) is not key:
                line = first.start_mark.line + 1
                words = f"{key.value!r} stands twice, first on line {line}; only one of them would count"
                raise yaml.constructor.ConstructorError(None, None, words, key.start_mark)
        return super().construct_mapping(node, deep)


def parse(text: str, path: Path) -> Any:
    """What the text holds; raises `UsageError` with the file and the line of what is no such YAML."""
    try:
        return yaml.load(text, Loader=_OneOfEachKey)  # noqa: S506 - it constructs plain values only
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        words = " ".join(part for part in (problem.context, problem.problem) if part)
        raise UsageError(f"{path} is not valid YAML: {place}{words}") from None
    except yaml.YAMLError as problem:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(problem).split())}") from None
