"""Our writes, people's edits and undo in any order over one record, and an oracle that knows who put what where.

The oracle watches the record itself: whatever a step changed is noted with its author. It shares no rule with the
product but the promise: a person's edit on a field that is not ours to enforce stays until a person changes it
again, and undo restores a field exactly when the run's write is the last thing that happened to it. Only where
nobody who looks at the record could tell whether a lost write happened, undo may also leave a field as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Protocol

from closeloop.application.field_sync import sync_fields
from closeloop.application.ports import Change
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.undo import undo
from closeloop.application.undo_result import UndoResult
from closeloop.domain.crm_mapping import CrmMapping, Rule
from closeloop.domain.prospect import Fact, Prospect

PERSON = "a person"
RULES = {
    "Closeloop_Stage__c": Rule.OURS,
    "Closeloop_Hold__c": Rule.OURS,
    "Closeloop_Score__c": Rule.ENFORCED,
    "NumberOfEmployees": Rule.FILL_IF_BLANK,
    "Industry": Rule.NEWEST_WINS,
    "Website": Rule.THEIRS,
}
"""The fields that are watched, one of each rule at least."""
NUMBERS = frozenset({"Closeloop_Score__c", "NumberOfEmployees"})


def mixed_rules(shipped: CrmMapping) -> CrmMapping:
    """The shipped mapping with every rule in use on the Lead."""
    content = shipped.model_dump(mode="json")
    for mapped in filter(None, content["objects"]["Lead"]["fields"].values()):
        mapped["rule"] = RULES.get(mapped["field"], Rule(mapped["rule"])).value
    return CrmMapping.model_validate(content)


class Org(Protocol):
    """The one record, as people see and change it."""

    def read(self) -> dict[str, Any]: ...

    def edit(self, name: str, value: Any) -> None: ...


@dataclass
class Write:
    """Something that really happened to a field."""

    author: str
    before: Any
    after: Any
    chosen: tuple[Any, datetime] | None = None
    """What was somebody's choice before it."""
    in_doubt: bool = False
    """Undo may leave it alone."""


@dataclass
class Field:
    """What happened to one field, and which value somebody chose for it."""

    stack: list[Write] = field(default_factory=list)
    chosen: tuple[Any, datetime] | None = None
    """A person's value that has to stay, and since when."""
    undone: tuple[Any] | None = None
    """The value that was taken back last."""


@dataclass
class World:
    """One prospect, its Lead, and the oracle."""

    services: Services
    prospect: Prospect
    org: Org
    pass_time: Callable[[timedelta], None]
    fields: dict[str, Field] = field(default_factory=lambda: {name: Field() for name in RULES})
    runs: list[str] = field(default_factory=list)
    number: int = 0
    unanswered: dict[str, Any] = field(default_factory=dict)
    """What the last pass meant to write, when it was not told whether it did."""
    changed: bool = False
    """Somebody saved the record since: we or a person."""

    @property
    def now(self) -> datetime:
        return self.services.clock.now()

    def next(self) -> int:
        self.number += 1
        self.pass_time(timedelta(minutes=1))
        return self.number

    def process(self, **changes: Any) -> None:
        """The process comes to want something else."""
        self.next()
        self.prospect = self.prospect.model_copy(update=changes)
        self.services.ledger.commit(Change(prospects=(self.prospect,)))

    def learn(self, name: str, value: Any) -> None:
        self.next()
        fact = Fact(name=name, value=value, source="registry:test", observed_at=self.now)
        self.process(facts=self.prospect.facts | {name: fact})

    def sync(self, *, answered: bool = True) -> None:
        """One pass, again also when nothing new is wanted; then look at who lost what."""
        run = f"run-{self.next()}"
        self._look_back()
        self.unanswered = {}
        self.process(touches=self.prospect.touches + 1)
        before = self.org.read()
        sync_fields(self.services, run, self.now, 100, Tally("sync", run))
        after = self.org.read()
        if self.services.ledger.crm_writes(run):
            self.runs.append(run)
        for name in RULES:
            if before[name] != after[name]:
                self._we_wrote(name, run, before[name], after[name])
        if not answered:
            self.unanswered = {row.field: row.after for row in self.services.ledger.crm_writes(run)}
            self.changed = before != after

    def _look_back(self) -> None:
        """Anybody may empty a field; a text or number of ours that stands there shows that our write happened."""
        now = self.org.read()
        shows = any(value is not None and now.get(name) == value for name, value in self.unanswered.items())
        if self.changed and not shows:
            for write in [write for name in self.unanswered if name in RULES for write in self.fields[name].stack]:
                write.in_doubt = True

    def _we_wrote(self, name: str, run: str, before: Any, after: Any) -> None:
        here = self.fields[name]
        assert RULES[name] is not Rule.THEIRS, f"{name} is never ours to write"
        if here.chosen is not None:
            fact = self.prospect.facts.get("industry")
            younger = RULES[name] is Rule.NEWEST_WINS and fact is not None and fact.observed_at > here.chosen[1]
            assert younger, f"{name}: {here.chosen[0]!r} was a person's choice, and {after!r} was written over it"
            here.chosen = None
        here.undone = None
        here.stack.append(Write(run, before, after))

    def edit(self, name: str, value: Any) -> None:
        self.next()
        before = self.org.read()[name]
        self.org.edit(name, value)
        self.changed = True
        if before == value:
            return
        here = self.fields[name]
        here.stack.append(Write(PERSON, before, value, here.chosen))
        put_back = here.undone is not None and here.undone[0] == value
        here.chosen = None if RULES[name] is Rule.ENFORCED or put_back else (value, self.now)
        self._forget_a_detour(here)

    def _forget_a_detour(self, here: Field) -> None:
        """People who put back what they found have changed nothing: the field is whose it was before."""
        edits = list(takewhile(lambda write: write.author == PERSON, reversed(here.stack)))
        back = [place for place, write in enumerate(edits) if write.before == edits[0].after]
        if back:
            here.chosen = edits[back[-1]].chosen
            del here.stack[-back[-1] - 1 :]

    def undo(self, run: str, *, answered: bool = True) -> UndoResult:
        """Take a run back, twice, and compare with what the oracle says."""
        self.next()
        self._look_back()
        before = self.org.read()
        result = undo(self.services, run, self.now)
        if result.restored or result.kept:  # else it had no reason to read the record
            self.unanswered = {}
        after = self.org.read()
        expected = {name: self._without(self.fields[name], run, before[name], after[name]) for name in RULES}
        assert {name: after[name] for name in RULES} == expected
        if answered:
            told = {line.field: line.says for line in result.restored if line.field in RULES}
            assert told == {name: value for name, value in expected.items() if before[name] != value}
        undo(self.services, run, self.now)
        assert self.org.read() == after, "a second undo changes nothing"
        return result

    def undo_in_vain(self, run: str) -> None:
        """An undo that does nothing, and whose answer is lost."""
        self.next()
        self._look_back()
        before = self.org.read()
        result = undo(self.services, run, self.now)
        assert self.org.read() == before
        if result.failed or result.kept:
            self.unanswered = {line.field: None for line in result.failed}
            self.changed = False

    def _without(self, here: Field, run: str, current: Any, says: Any) -> Any:
        value = current
        while here.stack and here.stack[-1].author == run and not (here.stack[-1].in_doubt and says == value):
            here.undone = (value,)
            value = here.stack.pop().before
            here.chosen = (value, self.now)
        return value
