"""No value enters a query but through a function of `soql.py`: looked for in the source of the whole adapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

ADAPTER = Path("closeloop/adapters/salesforce")
SAFE = {"quote", "in_list", "moment", "whole"}
OPERATORS = "=|!=|<>|<|>|<=|>=|LIKE|IN|INCLUDES|EXCLUDES|LIMIT|OFFSET"
A_VALUE_FOLLOWS = re.compile(rf"(?:\s(?:{OPERATORS})\s*\(?\s*|'%?)$", re.IGNORECASE)
SOQL = re.compile(r"\bSELECT\s.*\bFROM\b|\bWHERE\s", re.DOTALL)


def unsafe(tree: ast.AST) -> Iterator[int]:
    """The lines on which text becomes part of a query without being quoted."""
    quoted = {ast.dump(ast.Name(name, ast.Load())) for name in _quoted_names(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for before, value in _placeholders(node):
                if A_VALUE_FOLLOWS.search(before) and not (
                    _is_safe(value.value) or ast.dump(value.value) in quoted
                ):
                    yield value.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod) and _is_soql(node.left):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            yield from [node.lineno] if _is_soql(node.func.value) else []


def _quoted_names(tree: ast.AST) -> set[str]:
    """Names of a file that are never given anything but a quoted value."""
    given: dict[str, list[bool]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(_is_safe(node.value))
        elif isinstance(node, ast.arg):
            given.setdefault(node.arg, []).append(False)
    return {name for name, safe in given.items() if all(safe)}


def _is_safe(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAFE


def _placeholders(node: ast.JoinedStr) -> Iterator[tuple[str, ast.FormattedValue]]:
    before = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            yield before, part
            before = ""
        elif isinstance(part, ast.Constant):
            before = str(part.value)


def _is_soql(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and SOQL.search(node.value) is not None


def test_values_enter_a_query_only_through_the_quoting_functions() -> None:
    files = sorted((ROOT / ADAPTER).glob("*.py"))
    checked = [path for path in files if path.name != "soql.py"]
    assert any("SELECT" in path.read_text(encoding="utf-8") for path in checked)
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in checked
        for line in unsafe(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "f\"SELECT Id FROM Lead WHERE Email = '{email}'\"",
        'f"SELECT Id FROM Lead WHERE Email = {email}"',
        'f"Email LIKE {pattern}"',
        'f"Email LIKE \'%{pattern}"',
        'f"Id IN ({ids})"',
        'f"SELECT Id FROM Lead LIMIT {limit}"',
        'f"SystemModstamp >= {since.isoformat()}"',
        '"SELECT Id FROM Lead WHERE Email = " + email',
        "\"SELECT Id FROM Lead WHERE Email = '%s'\" % email",
        '"SELECT Id FROM Lead WHERE Email = {}".format(email)',
    ],
)
def test_a_value_that_is_not_quoted_is_recognised(line: str) -> None:
    assert list(unsafe(ast.parse(line))) == [1]


@pytest.mark.parametrize(
    "line",
    [
        'f"SELECT {fields} FROM {name} WHERE {where} ORDER BY Id"',
        'f"SELECT Id FROM Lead WHERE Email = {quote(email)} AND Id IN {in_list(ids)} LIMIT {whole(5)}"',
        'f"SystemModstamp > {moment(since)}"',
    ],
)
def test_quoted_values_and_names_of_our_own_pass(line: str) -> None:
    assert list(unsafe(ast.parse(line))) == []
