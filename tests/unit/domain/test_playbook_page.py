"""The examples of docs/playbook.md are what a playbook may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from closeloop.domain.playbook import Playbook
from tests.unit.domain.people import shipped_playbook

PAGE = Path(__file__).parents[3] / "docs" / "playbook.md"
WHOLE = {"sequences", "sending", "account"}
"""Sections that the page shows whole; of the others it shows parts."""


def examples() -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return {name: content for block in blocks for name, content in yaml.safe_load(block).items()}


def test_the_examples_of_the_page_are_valid_and_speak_of_sections_that_exist() -> None:
    shown = examples()
    assert shown.keys() >= WHOLE
    assert shown.keys() <= Playbook.model_fields.keys()
    held = shipped_playbook().model_dump(mode="json")
    held["sequences"] |= shown.pop("sequences")
    held |= {name: shown[name] for name in ("sending", "account")}
    found = Playbook.model_validate(held)
    assert found.sending.mailboxes[0].warm_up is not None
    assert [step.id for step in found.sequences["approach_question"]][-1] == "ring"


def test_every_section_has_a_word_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in Playbook.model_fields if f"`{name}`" not in text] == []
