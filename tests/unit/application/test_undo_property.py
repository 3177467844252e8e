"""Random interleavings of our writes, people's edits, lost answers and undo: no edit is lost, undo is exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from closeloop.domain.actions import ActionState
from closeloop.domain.stage import Stage
from tests.fakes.crm import MemoryCrm
from tests.fakes.services import Company
from tests.unit.application.interleavings import NUMBERS, RULES, World, mixed_rules
from tests.unit.domain.people import crm_mapping

OFTEN = ("Closeloop_Hold__c", "Closeloop_Stage__c", "Website")
"""Edited right after a lost answer more often than chance would have it: it is where an edit is lost easily."""


@dataclass
class MemoryOrg:
    """The Lead in the fake."""

    crm: MemoryCrm
    lead: str

    def read(self) -> dict[str, Any]:
        row = self.crm.records["Lead"][self.lead]
        return {name: row.get(name) for name in RULES}

    def edit(self, name: str, value: Any) -> None:
        self.crm.change("Lead", self.lead, **{name: value})


class Interleavings(RuleBasedStateMachine):
    """Everybody at work on one Lead."""

    @initialize()
    def taken_in(self) -> None:
        company = Company()
        company.with_services(mapping=mixed_rules(crm_mapping()))
        self.company = company
        person = company.person(stage=Stage.PREPARATION)
        org = MemoryOrg(company.crm, person.key)
        self.world = World(company.services, person, org, company.wait)
        self.world.sync()

    @rule(stage=st.sampled_from(Stage), score=st.integers(0, 5))
    def the_process_moves_on(self, stage: Stage, score: int) -> None:
        self.world.process(stage=stage, score=score, reason=f"reason {score}" if score else None)

    @rule(name=st.sampled_from(["employees", "industry", "website"]))
    def we_learn_something(self, name: str) -> None:
        number = self.world.number
        self.world.learn(name, 1_000 + number if name == "employees" else f"found {number}")

    @rule(name=st.sampled_from(sorted(RULES)), empties=st.booleans())
    def a_person_edits(self, name: str, empties: bool) -> None:
        number = self.world.number
        written = 50_000 + number if name in NUMBERS else f"a person's {number}"
        self.world.edit(name, None if empties else written)

    @rule()
    def we_write(self) -> None:
        self.world.sync()

    @rule(happens=st.booleans())
    def we_write_and_the_answer_is_lost(self, happens: bool) -> None:
        self._lose(happens)
        self.world.sync(answered=False)
        self._heal()

    @rule(score=st.integers(0, 2), happens=st.booleans(), name=st.sampled_from(OFTEN), empties=st.booleans())
    def an_answer_is_lost_and_a_person_edits(self, score: int, happens: bool, name: str, empties: bool) -> None:
        self.the_process_moves_on(self.world.prospect.stage, score)
        self.we_write_and_the_answer_is_lost(happens)
        self.a_person_edits(name, empties)

    @precondition(lambda self: self.world.runs)
    @rule(data=st.data())
    def a_run_is_taken_back(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.world.runs))
        self.world.undo(run)

    @precondition(lambda self: self.world.runs)
    @rule(data=st.data(), happens=st.booleans())
    def a_run_is_taken_back_and_the_answer_is_lost(self, data: st.DataObject, happens: bool) -> None:
        run = data.draw(st.sampled_from(self.world.runs))
        self._lose(happens)
        if happens:
            self.world.undo(run, answered=False)
        else:
            self.world.undo_in_vain(run)
        self._heal()

    @rule(days=st.integers(1, 3))
    def time_passes(self, days: int) -> None:
        self.company.wait(timedelta(days=days))

    def _lose(self, happens: bool) -> None:
        if happens:
            self.company.crm.silent.add("update")
        else:
            self.company.crm.answers["update"] = ActionState.UNCERTAIN

    def _heal(self) -> None:
        self.company.crm.silent.clear()
        self.company.crm.answers.clear()


Interleavings.TestCase.settings = settings(
    max_examples=120, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInterleavings = Interleavings.TestCase
