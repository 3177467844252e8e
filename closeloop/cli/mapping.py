"""`closeloop mapping`: check a CRM mapping, print its schema."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from closeloop.adapters.playbook.yaml_file import read_crm_mapping
from closeloop.bootstrap import settings
from closeloop.cli.output import console, print_json
from closeloop.domain.crm_mapping import CrmMapping


def check(file: Path | None, *, as_json: bool) -> int:
    """Validate; raises `UsageError` with every wrong place, otherwise says what is mapped and whose it is."""
    path = file or settings().crm_mapping
    facts = _facts(read_crm_mapping(path))
    if as_json:
        print_json({"mapping": str(path), "valid": True, "objects": facts})
        return 0
    screen = console()
    screen.print(f"{path} is valid; whether the org has these fields says `closeloop doctor`", style="bold")
    for name, rules in facts.items():
        screen.print(f"  {name:<24} {', '.join(f'{number} {rule}' for rule, number in rules.items())}")
    return 0


def _facts(found: CrmMapping) -> dict[str, dict[str, int]]:
    """Fields of each object by rule."""
    return {
        name: dict(Counter(field.rule.value for field in here.fields.values() if field))
        for name, here in found.objects.items()
    }


def print_schema() -> int:
    """The JSON Schema on stdout."""
    sys.stdout.write(json.dumps(CrmMapping.model_json_schema(), indent=2) + "\n")
    return 0
