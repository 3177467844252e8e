"""Two versions of a playbook: every place that differs is named, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_changes import PlaybookChange, changes
from tests.unit.domain.test_playbook import SHIPPED, changed

Values = dict[str, Any]


def found(tmp_path: Path, change: Values) -> list[PlaybookChange]:
    return changes(read_playbook(SHIPPED), read_playbook(changed(tmp_path, change)))


def shipped() -> Values:
    return dict(yaml.safe_load(SHIPPED.read_text()))


def test_a_playbook_does_not_differ_from_itself() -> None:
    assert changes(read_playbook(SHIPPED), read_playbook(SHIPPED)) == []


def test_a_changed_rule_is_named_by_the_entry_it_is_in(tmp_path: Path) -> None:
    icp = "qualification.icp.criteria"
    assert [
        (one.place, one.before, one.after)
        for one in found(tmp_path, {f"{icp}.0.weight": 40, f"{icp}.1.weight": 30, "qualification.qualify_at": 60})
    ] == [
        ("qualification.icp.criteria[size].weight", 45, 40),
        ("qualification.icp.criteria[industry].weight", 25, 30),
        ("qualification.qualify_at", 55, 60),
    ]


def test_an_entry_put_in_front_changes_no_other(tmp_path: Path) -> None:
    boxes = shipped()["sending"]["mailboxes"]
    fresh = {**boxes[0], "name": "Ida Brand", "email": "ida.brand@mail.tallyard.example"}
    (one,) = found(tmp_path, {"sending.mailboxes": [fresh, *boxes]})
    assert (one.place, one.before, one.after["email"]) == ("sending.mailboxes[Ida Brand]", None, fresh["email"])


def test_entries_in_another_order_are_said_to_be_so(tmp_path: Path) -> None:
    pains = shipped()["product"]["pains"]
    (one,) = found(tmp_path, {"product.pains": [pains[1], pains[0], *pains[2:]]})
    assert one.place == "product.pains, their order"
    assert one.before[:2] == ["volume", "growing_team"]
    assert one.after[:2] == ["growing_team", "volume"]


def test_steps_count_for_newcomers_and_all_else_for_everybody(tmp_path: Path) -> None:
    steps = shipped()["sequences"]["approach_question"]
    longer = [*steps[:1], {**steps[1], "wait_days": steps[1]["wait_days"] + 3}, *steps[2:]]
    made = found(tmp_path, {"sequences.approach_question": longer, "qualification.nurture_days": 60})
    assert {one.counts_for for one in made if one.place.startswith("sequences.approach_question[")} == {"newcomers"}
    assert [one.place for one in made if one.counts_for == "everybody"] == ["qualification.nurture_days"]


NUMBERS = {
    "qualification.qualify_at": st.integers(40, 90),
    "qualification.nurture_days": st.integers(1, 200),
    "product.base_price": st.integers(9_000, 100_000),
    "product.saving_per_employee": st.integers(1, 500),
}


@given(edits=st.fixed_dictionaries({}, optional=NUMBERS))
@settings(max_examples=20, deadline=None)
def test_whatever_is_edited_is_what_is_found(edits: Values) -> None:
    before, after = Playbook.model_validate(shipped()), shipped()
    for place, value in edits.items():
        section, name = place.split(".")
        after[section][name] = value
    made = changes(before, Playbook.model_validate(after))
    differing = {place for place, value in edits.items() if _at(before, place) != value}
    assert {one.place for one in made} == differing
    assert {one.place: float(one.after) for one in made} == {place: float(edits[place]) for place in differing}


def _at(playbook: Playbook, place: str) -> Any:
    section, name = place.split(".")
    return getattr(getattr(playbook, section), name)
