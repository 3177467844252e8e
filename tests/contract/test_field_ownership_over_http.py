"""Field ownership and undo with the real adapter and ledger over HTTP: the property in small, and custom names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.application.field_sync import sync_fields
from closeloop.application.prospecting import pull
from closeloop.application.results import Tally
from closeloop.application.undo import undo
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.prospect import CrmIds
from closeloop.domain.stage import Stage
from tests.contract.crm_orgs import SandboxOrg, draft, lead_row, login_to, owner, person, task, wish
from tests.fakes.services import Company
from tests.sandbox.conftest import Sandbox
from tests.unit.application.interleavings import NUMBERS, RULES, World, mixed_rules
from tests.unit.domain.people import GOOD_FACTS, crm_mapping, prospect

STEPS = 12


@dataclass
class HttpOrg:
    """The Lead in the sandbox, over raw REST."""

    org: SandboxOrg
    lead: str

    def read(self) -> dict[str, Any]:
        (row,) = self.org.rows("Lead", *RULES)
        return row

    def edit(self, name: str, value: Any) -> None:
        self.org.change("Lead", self.lead, **{name: value})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def world(sandbox: Sandbox, ledger: SqlLedger) -> World:
    org = SandboxOrg(sandbox)
    (lead,) = org.insert("Lead", [lead_row()])
    company = Company()
    start = datetime.fromisoformat(sandbox.post_control("advance", {"hours": 0})["now"])
    company.clock = SimulatedClock(start)
    services = replace(
        company.services, crm=org.crm, ledger=ledger, clock=company.clock, mapping=mixed_rules(crm_mapping())
    )
    someone = prospect(GOOD_FACTS, key=lead, crm=CrmIds(lead=lead), stage=Stage.PREPARATION)
    ledger.add_prospects([someone])

    def pass_time(duration: timedelta) -> None:
        company.clock.move_to(company.clock.now() + duration)
        sandbox.post_control("clock", {"now": company.clock.now().isoformat()})

    made = World(services, someone, HttpOrg(org, lead), pass_time)
    made.sync()
    return made


@pytest.mark.parametrize("seed", range(3))
def test_no_edit_is_lost_and_undo_is_exact_on_the_wire(sandbox: Sandbox, ledger: SqlLedger, seed: int) -> None:
    here, chance = world(sandbox, ledger), random.Random(seed)  # noqa: S311 - no secret
    for _ in range(STEPS):
        step = chance.choice(["process", "learn", "edit", "edit", "sync", "sync", "undo"])
        number = here.number
        if step == "process":
            here.process(stage=chance.choice(list(Stage)), score=number, reason=f"reason {number}")
        elif step == "learn":
            here.learn("industry", f"found {number}")
        elif step == "edit":
            name = chance.choice(sorted(RULES))
            value = 100 + number if name in NUMBERS else f"a person's {number}"
            here.edit(name, chance.choice([value, None]))
        elif step == "sync":
            here.sync()
        else:
            here.undo(chance.choice(here.runs))
    assert any(field.stack for field in here.fields.values())


def test_our_own_writes_come_back_in_the_pull_as_no_news(sandbox: Sandbox, ledger: SqlLedger) -> None:
    here = world(sandbox, ledger)
    pull(here.services, "first", here.now)
    here.next()
    here.prospect = ledger.prospects([here.prospect.key])[here.prospect.key]
    here.process(stage=Stage.APPROACH)
    sync_fields(here.services, "run", here.now, 100, Tally("sync", "run"))
    before = ledger.prospects([here.prospect.key])
    here.next()
    result = pull(here.services, "second", here.now)
    assert result.considered == 1
    assert result.counts == {}
    assert ledger.prospects([here.prospect.key]) == before
    assert list(ledger.decisions()) == []


def renamed() -> CrmMapping:
    """An org that keeps our words elsewhere: the hold in `Street`, the size of the company nowhere."""
    content = crm_mapping().model_dump(mode="json")
    fields = content["objects"]["Lead"]["fields"]
    fields["hold"]["field"] = "Street"
    fields["employees"] = None
    fields["goals"] = {"field": "City", "rule": "theirs"}
    fields["industry"] |= {"values": {"Manufacturing": "Engineering"}}
    return CrmMapping.model_validate(content)


def test_custom_names_and_words_reach_the_wire_both_ways(sandbox: Sandbox) -> None:
    org = SandboxOrg(sandbox)
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)), names=renamed())
    (outcome,) = crm.upsert_leads([draft(1, industry="Manufacturing", employees=900)])
    assert outcome.record_id
    assert org.rows("Lead", "Industry", "NumberOfEmployees") == [
        {"Industry": "Engineering", "NumberOfEmployees": None}
    ]
    org.change("Lead", outcome.record_id, NumberOfEmployees=12, City="control")
    (found,) = crm.changed_leads(None, 10)
    assert (found.industry, found.employees, found.email) == ("Manufacturing", None, "m1@north.example")
    assert (found.goals, found.plans) == ("control", None)
    look = crm.look([person(outcome.record_id)])[outcome.record_id]
    assert not look.closed


def test_new_records_get_the_record_types_of_the_mapping(sandbox: Sandbox) -> None:
    kinds = ("Lead", "Task", "Opportunity")
    sandbox.post_control("org", {"record_types": [{"object": kind, "name": "Ours"} for kind in kinds]})
    org = SandboxOrg(sandbox)
    types = {row["SobjectType"]: row["Id"] for row in org.rows("RecordType", "Id", "SobjectType")}
    content = crm_mapping().model_dump(mode="json")
    for kind in kinds:
        content["objects"][kind]["record_type"] = types[kind]
    names = CrmMapping.model_validate(content)
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)), names=names, convert_by="create")
    (made,) = crm.upsert_leads([draft(1)])
    assert made.record_id
    seller = owner(org, made.record_id)
    crm.create_tasks([task("task:1", made.record_id, seller)])
    crm.convert([wish(made.record_id, seller, domain="north.example", close_on="2026-04-05")])
    assert {kind: [row["RecordTypeId"] for row in org.rows(kind, "RecordTypeId")] for kind in kinds} == {
        kind: [types[kind]] for kind in kinds
    }
    # A Lead that is there already keeps its type: it may be anybody's.
    (older,) = org.insert("Lead", [lead_row(2)])
    crm.upsert_leads([draft(2, industry="Manufacturing")])
    assert crm.read("Lead", [older], ["RecordTypeId"]) == {older: {"RecordTypeId": None}}


def test_a_status_the_mapping_calls_closed_is_closed(sandbox: Sandbox) -> None:
    content = crm_mapping().model_dump(mode="json")
    content["objects"]["Lead"]["fields"]["status"]["values"]["disqualified"] = "Working - Contacted"
    crm = SalesforceCrm(lambda: connect(login_to(sandbox)), names=CrmMapping.model_validate(content))
    org = SandboxOrg(sandbox)
    (lead,) = org.insert("Lead", [lead_row(Status="Working - Contacted")])
    assert crm.look([person(lead)])[lead].closed
    assert not SandboxOrg(sandbox).crm.look([person(lead)])[lead].closed


def test_what_the_org_forbids_is_known_before_writing(sandbox: Sandbox) -> None:
    crm = SandboxOrg(sandbox).crm
    assert crm.writable("Lead", ["Title", "Nowhere__c", "CreatedDate"]) == frozenset({"Title"})


def test_an_undo_over_http_tells_what_it_did(sandbox: Sandbox, ledger: SqlLedger) -> None:
    here = world(sandbox, ledger)
    here.edit("Closeloop_Stage__c", "a person's")
    result = undo(here.services, here.runs[0], here.now)
    assert {line.field for line in result.kept} == {"Closeloop_Stage__c"}
    assert "NumberOfEmployees" in {line.field for line in result.restored}
