"""What the tests hold unit/domain to: playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.domain.errors import UsageError
from closeloop.domain.stage import Stage
from tests.unit.domain.people import playbook

SHIPPED = Path(__file__).parents[3] / "config" / "playbook.yaml"


def changed(path: Path, change: dict[str, Any]) -> Path:
    """A copy of the shipped playbook with some dotted places replaced."""
    found = yaml.safe_load(SHIPPED.read_text())
    for place, value in change.items():
        *way, last = place.split(".")
        target: Any = found
        for step in way:
            target = target[int(step)] if step.isdigit() else target[step]
        target[int(last) if last.isdigit() else last] = value
    copy = path / "playbook.yaml"
    copy.write_text(yaml.safe_dump(found))
    return copy


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("qualification.icp.criteria.0.weight", 46, "sum to 100, they sum to 101"),
        ("stages.closing.weight", 31, "stage weights must sum to 100"),
        ("objections.minimum_follow_ups", 4, "greater than or equal to 5"),
        ("qualification.framework", "meddic", "'bant' or 'gpct'"),
        ("qualification.bant.criteria.0.name", "money", "bant has the criteria budget"),
        ("approaches.0.sequence", "nowhere", "an approach names nowhere"),
        ("product.benefits.0.answers", ["boredom"], "a benefit names boredom"),
        ("qualification.disqualify_below", 60, "must be lower than qualify_at"),
        ("follow_up.customer.wait_days", [30, 14], "must not get shorter"),
        ("objections.answers", [], "the reply labels names"),
        ("sender.shoe_size", 43, "there is no such key"),
        (
            "approaches.2.when",
            {"name": "x", "weight": 1, "fact": "y", "any_of": ["z"], "question": "?"},
            "last approach",
        ),
        ("closing.scarcity.seats_left", 0, "greater than or equal to 1"),
    ],
)
def test_a_wrong_playbook_is_refused_with_the_place_and_the_reason(
    tmp_path: Path, place: str, value: Any, words: str
) -> None:
    with pytest.raises(UsageError) as problem:
        read_playbook(changed(tmp_path, {place: value}))
    assert words in str(problem.value)
    assert str(tmp_path) in str(problem.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as problem:
        read_playbook(changed(tmp_path, {"sender.email": 7, "product.base_price": -1}))
    assert "sender.email" in str(problem.value)
    assert "product.base_price" in str(problem.value)


@pytest.mark.parametrize("text", ["a: [", "\x00", "just words", ""])
def test_what_is_no_playbook_at_all_is_a_usage_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(UsageError):
        read_playbook(path)


def test_the_probability_of_a_deal_grows_with_every_stage_behind_it() -> None:
    chances = [playbook().probability(stage) for stage in Stage]
    assert chances == sorted(chances)
    assert chances[0] == 0
    assert chances[-1] < 1
