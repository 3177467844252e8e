"""What a command that draws nothing and signs in nowhere has to import: none of the heavy libraries of others."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"PIL", "jwt", "lxml", "pptx", "prefect", "simple_salesforce", "xlsxwriter", "zeep"}


@pytest.mark.parametrize("module", ["closeloop.cli.main", "closeloop.bootstrap"])
def test_a_command_starts_without_what_only_drawing_and_signing_in_need(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert HEAVY & {name.partition(".")[0] for name in answer.stdout.split()} == set()
