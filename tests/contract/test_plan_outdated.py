"""A plan meets a world that went on: whoever it changed for is refused, said why, and exactly the rest happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.adapters.ledger.scoped import ScopedLedger
from closeloop.adapters.plan_gate import Gate, PlannedCrm, PlannedMailer
from closeloop.application.applying import Applied, Outcome
from closeloop.application.ports import Change as Saving
from closeloop.application.results import StageResult
from closeloop.application.services import Services
from closeloop.cli.planning import apply_plan, run_here
from closeloop.domain.errors import UsageError
from closeloop.domain.plan import ItemKind, Plan
from closeloop.domain.signals import Label, SignalKind
from tests.contract.plan_worlds import FIRST, LATER, PaperWorld, items_of
from tests.fakes.crm import PERSON
from tests.fakes.services import KnownAccounts

EVERYBODY = range(FIRST + LATER)
pytestmark = pytest.mark.long
Change = Callable[[PaperWorld, str], None]


class PaidAccounts(KnownAccounts):
    """A source of facts that costs."""

    name = "a paid source"
    credits_per_account = 3


def by_us(world: PaperWorld, key: str) -> None:
    found = world.ledger.prospects([key])
    if not found:
        lead(world, key, Company="Another name")
        return
    changed = found[key].model_copy(update={"touches": found[key].touches + 1})
    world.ledger.commit(Saving(prospects=(changed,)))


def lead(world: PaperWorld, key: str, **fields: Any) -> None:
    world.company.crm.stamp += 1
    world.company.crm.change("Lead", key, **fields)


def address_of(world: PaperWorld, key: str) -> str:
    return str(world.company.crm.records["Lead"][key]["Email"])


def signal(world: PaperWorld, key: str, kind: SignalKind) -> None:
    known = key if world.ledger.prospects([key]) else None
    given = world.company.signal(
        kind,
        prospect_key=known,
        address=address_of(world, key),
        id=f"{kind}-{key}",
        payload={"text": Label.OTHER.value},
    )
    world.ledger.receive([given], world.now)


CHANGES: dict[str, tuple[Change, str]] = {
    "a reply": (lambda w, k: signal(w, k, SignalKind.REPLY), "a reply arrived since"),
    "an opt-out": (lambda w, k: signal(w, k, SignalKind.UNSUBSCRIBED), "opted out since"),
    "a bounce": (lambda w, k: signal(w, k, SignalKind.BOUNCED), "bounced since"),
    "a suppression": (
        lambda w, k: w.ledger.suppress(address_of(w, k), "asked by phone", w.now),
        "the address may not be written to any more: asked by phone",
    ),
    "an owner": (lambda w, k: lead(w, k, OwnerId=PERSON, Owner={"Name": "Jane"}), "the owner changed in the CRM"),
    "an opt-out in the CRM": (lambda w, k: lead(w, k, HasOptedOutOfEmail=True), "opted out in the CRM"),
    "a status": (lambda w, k: lead(w, k, Status="Closed - Not Converted"), "tatus changed in the CRM from “"),
    "a field of ours": (lambda w, k: lead(w, k, Closeloop_Score__c=7), "changed"),
    "a field we only read": (lambda w, k: lead(w, k, Description="Budget is gone"), "changed"),
    "our own work": (by_us, "a run has worked on this prospect since|changed"),
}


def planned_world() -> tuple[PaperWorld, Plan]:
    world = PaperWorld()
    world.begin()
    plan = world.plan()
    assert {part.email for part in plan.parts} == {f"anna{n}@firm{n}.example" for n in EVERYBODY}
    return world, plan


def key_of(plan: Plan, number: int) -> str:
    (key,) = [part.key for part in plan.parts if part.email == f"anna{number}@firm{number}.example"]
    return key


def rows_of(world: PaperWorld, keys: set[str]) -> Any:
    """All that the CRM says of these Leads, and what hangs on them."""
    crm = world.company.crm
    leads = [
        {k: v for k, v in row.items() if k != "LastModifiedDate"} for row in crm.rows("Lead") if row["Id"] in keys
    ]
    return leads, [row for row in crm.rows("Task") if row.get("WhoId") in keys]


@given(
    chosen=st.dictionaries(st.sampled_from(EVERYBODY), st.sampled_from(sorted(CHANGES)), max_size=len(EVERYBODY))
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_the_world_changed_for_is_refused_and_exactly_the_rest_happens(chosen: dict[int, str]) -> None:
    world, plan = planned_world()
    changed = {key_of(plan, number): CHANGES[name] for number, name in chosen.items()}
    for key, (change, _) in changed.items():
        change(world, key)
    before, sent = rows_of(world, set(changed)), len(world.company.mailer.arrived)
    people = world.ledger.prospects(changed)
    done = world.apply(plan)
    assert done.parts_refused.keys() == changed.keys()
    assert rows_of(world, set(changed)) == before
    assert world.ledger.prospects(changed) == people
    rest = {part.key for part in plan.parts} - changed.keys()
    mails = {item.key: item.content["mail"]["text"] for item in items_of(plan, rest) if item.kind is ItemKind.MAIL}
    assert {mail.key: mail.body for mail in world.company.mailer.arrived[sent:]} == mails
    assert {r.outcome for r in done.results if r.prospect in rest} <= {Outcome.APPLIED}
    assert {r.outcome for r in done.results if r.prospect in changed} <= {Outcome.REFUSED}
    assert done.is_whole == (not changed)


def test_the_reason_is_said() -> None:
    """Each change befalls somebody we wrote to before, and somebody new."""
    world = PaperWorld(first=len(CHANGES) + 2, later=len(CHANGES))
    world.begin()
    plan = world.plan()
    befalls = {
        key_of(plan, number): CHANGES[name]
        for start in (2, len(CHANGES) + 2)
        for number, name in enumerate(CHANGES, start)
    }
    for key, (change, _) in befalls.items():
        change(world, key)
    done = world.apply(plan)
    assert done.parts_refused.keys() == befalls.keys()
    for key, (_, words) in befalls.items():
        told = done.parts_refused[key]
        assert any(word in reason for reason in told for word in words.split("|")), (key, told, words)


def test_what_was_refused_is_not_lost_the_next_run_does_it() -> None:
    world, plan = planned_world()
    held, new = key_of(plan, 2), key_of(plan, FIRST)
    lead(world, held, Description="We grow")
    lead(world, new, Description="We grow")
    world.apply(plan)
    world.run()
    arrived = [mail.to for mail in world.company.mailer.arrived]
    assert arrived.count(address_of(world, held)) == 2
    assert arrived.count(address_of(world, new)) == 1
    assert len({mail.key for mail in world.company.mailer.arrived}) == len(arrived)


def test_a_lead_that_came_since_is_left_to_the_next_run() -> None:
    world, plan = planned_world()
    world.company.crm.stamp += 1
    world.company.crm.insert("Lead", Email="late@firm0.example", LastName="Late", Company="Firm 0")
    assert world.apply(plan).is_whole
    assert world.ledger.by_address(["late@firm0.example"]) == {}
    world.run()
    assert world.ledger.by_address(["late@firm0.example"])


def test_a_plan_applied_twice_sends_nothing_more() -> None:
    world, plan = planned_world()
    world.apply(plan)
    sent = len(world.company.mailer.arrived)
    again = world.apply(plan)
    assert len(world.company.mailer.arrived) == sent
    assert again.parts_refused.keys() == {part.key for part in plan.parts}
    assert ("already sent",) in again.parts_refused.values()


def test_an_edited_word_refuses_its_part_and_a_part_taken_out_is_not_missed() -> None:
    world, plan = planned_world()
    edited, out = key_of(plan, 2), key_of(plan, 3)
    parts = {part.key: part for part in plan.parts if part.key != out}
    mail, *others = parts[edited].items
    content = mail.content | {"mail": mail.content["mail"] | {"subject": "Free money"}}
    items = (mail.model_copy(update={"content": content}), *others)
    parts[edited] = parts[edited].model_copy(update={"items": items})
    done = world.apply(plan.model_copy(update={"parts": tuple(parts.values())}))
    assert list(done.parts_refused) == [edited]
    assert done.parts_refused[edited] == ("the mail “Free money” edited in the file",)
    subjects = [mail.subject for mail in world.company.mailer.arrived]
    assert "Free money" not in subjects
    assert [m.to for m in world.company.mailer.arrived].count("anna3@firm3.example") == 1


def test_an_item_taken_out_of_a_part_refuses_the_part() -> None:
    world, plan = planned_world()
    key = key_of(plan, 2)
    parts = [p.model_copy(update={"items": p.items[1:]}) if p.key == key else p for p in plan.parts]
    done: Applied = world.apply(plan.model_copy(update={"parts": tuple(parts)}))
    assert list(done.parts_refused) == [key]


@pytest.mark.parametrize("change", [{"as_of": None}, {"stage": "deliver"}, {"checksum": "0" * 32}])
def test_an_edited_head_or_the_plan_of_another_home_is_no_plan(change: dict[str, Any]) -> None:
    world, plan = planned_world()
    given = change if change.get("as_of", 1) else {"as_of": plan.as_of.replace(year=2027)}
    with pytest.raises(UsageError, match="another home"):
        world.apply(plan.model_copy(update=given))


def test_a_changed_playbook_refuses_everything() -> None:
    world, plan = planned_world()
    newer = world.services.playbook.model_copy(update={"version": "2027.1"})
    world.services = replace(world.services, playbook=newer)
    done = world.apply(plan)
    assert done.run_id is None
    versions = f"the playbook changed from version {plan.playbook_version} to 2027.1"
    assert set(done.parts_refused.values()) == {(versions,)}


def test_the_same_world_gives_the_same_plan() -> None:
    world, plan = planned_world()
    assert world.plan() == plan


def test_a_reply_that_comes_while_a_plan_is_applied_still_stops_the_mail() -> None:
    world, plan = planned_world()
    key = key_of(plan, 2)

    def start(work: Services, stage: str, as_of: datetime, limit: int | None) -> Sequence[StageResult]:
        signal(world, key, SignalKind.REPLY)
        return run_here(work, stage, as_of, limit)

    done = apply_plan(world.services, plan, start)
    assert [m.to for m in world.company.mailer.arrived].count(address_of(world, key)) == 1
    (mail,) = [r for r in done.results if r.prospect == key and r.kind is ItemKind.MAIL]
    assert (mail.outcome, mail.why) == (Outcome.REFUSED, "a reply is waiting to be understood")
    assert not done.is_whole


def test_what_a_run_would_do_beyond_the_plan_is_turned_away_and_done_later() -> None:
    world, plan = planned_world()
    key = key_of(plan, 2)
    (part,) = [part for part in plan.parts if part.key == key]
    mail = next(item for item in part.items if item.kind is ItemKind.MAIL)
    gate = Gate(item for item in plan.items() if item.key != mail.key)
    mailer = PlannedMailer(world.services.mailer, gate)
    services = replace(world.services, mailer=mailer, crm=PlannedCrm(world.services.crm, gate, ()))
    sent = len(world.company.mailer.arrived)
    run_here(
        replace(services, ledger=ScopedLedger(world.ledger, [key], (), lambda: False)), "approach", world.now, 1
    )
    run_here(
        replace(services, ledger=ScopedLedger(world.ledger, [key], (), lambda: False)), "deliver", world.now, 9
    )
    assert len(world.company.mailer.arrived) == sent
    assert mail.key in {item.key for item in gate.turned_away}
    world.wait(timedelta(minutes=5))
    world.run()
    assert mail.key in {arrived.key for arrived in world.company.mailer.arrived}


@pytest.mark.parametrize("stage", ["approach", "deliver"])
def test_a_plan_of_one_stage_is_applied_like_a_run_of_it(stage: str) -> None:
    world = PaperWorld()
    world.begin()
    run_here(world.services, "receive", world.now, None)
    if stage == "deliver":
        run_here(world.services, "approach", world.now, None)
    plan, sent = world.plan(stage, limit=2), len(world.company.mailer.arrived)
    assert plan.totals.items.get("mail", 0) == (2 if stage == "deliver" else 0)
    assert len(plan.parts) == 2 or stage == "deliver", "which tells the CRM about others too"
    assert world.apply(plan).is_whole
    assert len(world.company.mailer.arrived) - sent == plan.totals.items.get("mail", 0)


def test_what_a_plan_pays_for_is_told_and_paid_once() -> None:
    world = PaperWorld()
    world.begin()
    paid = PaidAccounts(world.company.accounts.facts)
    world.services = replace(world.services, enrichers=(paid,))
    plan = world.plan()
    assert plan.totals.credits == 3 * LATER
    assert plan.totals.lookups == {"a paid source": LATER}
    assert world.apply(plan).is_whole
    assert len(paid.asked) == LATER
