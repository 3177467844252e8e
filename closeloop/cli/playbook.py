"""`closeloop playbook`: check a playbook, print its schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.markup import escape

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.playbook.meaning import warnings
from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.application.proofs import unwritable
from closeloop.bootstrap import mail_renderer, settings
from closeloop.cli.output import console, print_json
from closeloop.domain.errors import UsageError
from closeloop.domain.playbook import Playbook


def check(file: Path | None, *, as_json: bool) -> int:
    """Validate; raises `UsageError` with every wrong place, otherwise says what the playbook holds."""
    path = file or settings().playbook
    found = read_playbook(path)
    if wrong := unwritable(found, mail_renderer()):
        raise UsageError("\n  ".join([f"{path} is not a valid playbook:", *wrong]))
    facts, doubts = _facts(found), warnings(found, SystemClock().now().date())
    if as_json:
        print_json({"playbook": str(path), "valid": True, "warnings": doubts, **facts})
        return 0
    screen = console()
    screen.print(f"{escape(str(path))} is valid", style="bold", soft_wrap=True)
    for name, value in facts.items():
        screen.print(f"  {name.replace('_', ' '):<16} {escape(str(value))}", soft_wrap=True)
    for doubt in doubts:
        screen.print(f"warning: {escape(doubt)}", soft_wrap=True)
    return 0


def _facts(found: Playbook) -> dict[str, object]:
    return {
        "version": found.version,
        "product": found.product.name,
        "languages": ", ".join(found.languages),
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
