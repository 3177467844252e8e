"""Over real HTTP: plan then apply is what a plain run would have been, and what a plan foretells comes true."""

from __future__ import annotations

from pathlib import Path

import pytest

from closeloop.application.applying import Outcome
from closeloop.domain.plan import ItemKind
from tests.contract.plan_worlds import HttpWorld
from tests.sandbox.conftest import Sandbox


@pytest.fixture
def world(sandbox_process: Sandbox, tmp_path: Path) -> HttpWorld:
    found = HttpWorld(sandbox_process, tmp_path / "home")
    found.begin()
    return found


def test_plan_then_apply_is_what_a_plain_run_would_have_been(
    world: HttpWorld, sandbox_process: Sandbox, tmp_path: Path
) -> None:
    world.run()
    plain = (world.sent(), world.written(), world.snapshot())
    other = HttpWorld(sandbox_process, tmp_path / "other home")
    other.begin()
    plan = other.plan()
    done = other.apply(plan)
    assert done.is_whole, [result for result in done.results if result.outcome is Outcome.REFUSED]
    assert other.sent() == plain[0]
    assert other.written() == plain[1]
    assert other.snapshot() == plain[2]
    assert {kind.value for kind in ItemKind} - set(plan.totals.items) == {"campaign_member", "new_lead", "event"}


def test_a_plan_changes_nothing_outside_and_foretells_what_happens(world: HttpWorld) -> None:
    before = (world.sent(), world.written(), world.snapshot(), world.people())
    plan = world.plan()
    assert (world.sent(), world.written(), world.snapshot(), world.people()) == before
    reads = world.crm.calls_made()
    sent, written = len(world.sent()), len(world.written())
    world.run()
    mails = world.sent()[sent:]
    assert len(mails) == plan.totals.items["mail"]
    texts = {item.key: item.content["mail"]["subject"] for item in plan.items() if item.kind is ItemKind.MAIL}
    assert {mail["custom_args"]["action_key"]: mail["subject"] for mail in mails} == texts
    calls = plan.totals.api_calls
    assert world.crm.calls_made() - reads <= calls["salesforce_reads"] + calls["salesforce_writes"]
    assert len(world.written()) > written


def test_a_second_application_does_nothing_and_says_why(world: HttpWorld) -> None:
    plan = world.plan()
    world.apply(plan)
    before = (world.sent(), world.written(), world.snapshot())
    again = world.apply(plan)
    assert again.counts == {"applied": 0, "not needed": 0, "refused": len(plan.items())}
    assert {why for part in again.parts_refused.values() for why in part} <= {
        "already sent",
        "a run has worked on this prospect since",
        "it has been taken in since",
        "what had come in has been worked on since",
    }
    assert (world.sent(), world.written(), world.snapshot()) == before
