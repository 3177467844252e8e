"""`closeloop playbook`: check a playbook, print its schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.bootstrap import settings
from closeloop.cli.output import console, print_json
from closeloop.domain.playbook import Playbook


def check(file: Path | None, *, as_json: bool) -> int:
    """Validate; raises `UsageError` with every wrong place, otherwise says what the playbook holds."""
    path = file or settings().playbook
    found = read_playbook(path)
    facts = _facts(found)
    if as_json:
        print_json({"playbook": str(path), "valid": True, **facts})
        return 0
    screen = console()
    screen.print(f"{path} is valid", style="bold")
    for name, value in facts.items():
        screen.print(f"  {name.replace('_', ' '):<16} {value}")
    return 0


def _facts(found: Playbook) -> dict[str, object]:
    return {
        "version": found.version,
        "product": found.product.name,
        "framework": found.qualification.framework,
        "approaches": ", ".join(approach.kind for approach in found.approaches),
        "sequences": ", ".join(f"{name} ({len(steps)} steps)" for name, steps in found.sequences.items()),
        "objections": f"{len(found.objections.answers)} answered, "
        f"at least {found.objections.minimum_follow_ups} follow-ups",
        "stage_weights": ", ".join(f"{stage} {rule.weight:g} %" for stage, rule in found.stages.items()),
    }


def print_schema() -> int:
    """The JSON Schema on stdout."""
    sys.stdout.write(json.dumps(Playbook.model_json_schema(), indent=2) + "\n")
    return 0
