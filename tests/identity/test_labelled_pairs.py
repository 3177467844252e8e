"""The floor of the matching: what docs/identity.md states holds on pairs that nothing was tuned on."""

from __future__ import annotations

import json

import pytest

from closeloop.domain.identity import IdentityRules
from tests.identity.generate import DATA, companies, people
from tests.identity.measure import Measured, load, measure
from tests.identity.seeds import HELD_OUT, TUNED

SETS = ("tuned.jsonl", "held_out.jsonl", "by_hand.jsonl")


def measured(*names: str, what: str | None = None) -> Measured:
    pairs = [pair for name in names for pair in load(name) if what in (None, pair["what"])]
    return measure(pairs, IdentityRules())


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("what", ["person", "account"])
def test_sure_matches_are_right_and_few_doubles_are_missed(name: str, what: str) -> None:
    found = measured(name, what=what)
    assert found.precision >= 0.98, found.wrong
    assert found.recall >= 0.90, found.wrong


def test_there_are_more_than_a_thousand_pairs_and_half_of_them_are_doubles() -> None:
    pairs = [pair for name in SETS for pair in load(name)]
    assert len({json.dumps(pair, sort_keys=True) for pair in pairs}) == len(pairs) > 1_900
    assert 0.4 < sum(pair["same"] for pair in pairs) / len(pairs) < 0.65


def test_a_human_is_asked_about_few() -> None:
    assert measured(*SETS).asked < 0.02


def test_without_the_evidence_beside_the_name_the_floor_would_not_hold() -> None:
    """The set is hard enough to fail: taking everybody of one surname for one person is often wrong."""
    pairs = [pair for pair in load("held_out.jsonl") if pair["what"] == "person"]
    alike = [p for p in pairs if p["a"]["last_name"].strip().lower() == p["b"]["last_name"].strip().lower()]
    assert sum(p["same"] for p in alike) / len(alike) < 0.8


def test_the_halves_share_no_surname_and_no_company() -> None:
    assert not set(TUNED.surnames) & set(HELD_OUT.surnames)
    assert not set(TUNED.companies) & set(HELD_OUT.companies)


def test_the_frozen_pairs_are_what_the_generator_makes() -> None:
    made = people(HELD_OUT, 21) + companies(HELD_OUT, 22)
    written = "".join(f"{json.dumps(pair, ensure_ascii=False)}\n" for pair in made)
    assert (DATA / "held_out.jsonl").read_text(encoding="utf-8") == written


def test_every_address_is_under_a_reserved_domain() -> None:
    hosts = {
        row["email"].rpartition("@")[2]
        for name in SETS
        for p in load(name)
        for row in (p["a"], p["b"])
        if "email" in row
    }
    assert {host.rpartition(".")[2].lower() for host in hosts} <= {"example", "test"}
