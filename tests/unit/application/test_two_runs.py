"""Two runs over one ledger: what one of them saves is never undone by what the other had read before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from closeloop.application.overtaking import update
from closeloop.application.ports import Change, Ledger, Saved
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage
from tests.fakes.ledger import MemoryLedger
from tests.fakes.services import DAY, Company


class Racing:
    """A ledger in which something else happens right before the first save."""

    def __init__(self, ledger: MemoryLedger, meanwhile: Any) -> None:
        self._ledger, self._meanwhile = ledger, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def commit(self, change: Change) -> Saved:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            meanwhile()
        return self._ledger.commit(change)


def race(company: Company, meanwhile: Any) -> None:
    racing: Any = Racing(company.ledger, lambda: _alone(company, meanwhile))
    company.with_services(ledger=racing)


def _alone(company: Company, meanwhile: Any) -> None:
    company.with_services(ledger=company.ledger)
    meanwhile()


def test_a_reply_handled_while_a_stage_decides_is_not_forgotten(company: Company) -> None:
    person = company.written_to()
    company.deliver()
    company.wait(10 * DAY)
    race(company, lambda: company.receive(company.reply(person, Label.INTERESTED)))
    result = company.run("approach")
    after = company.see(person)
    assert (after.stage, after.replies) == (Stage.PRESENTATION, 1)
    assert result.holds == {"another run changed it meanwhile": 1}
    company.deliver()
    assert [mail.mail.subject for mail in company.mailer.sent if "approach:1:2" in mail.action_key] == []


def test_a_reply_that_is_overtaken_waits_and_is_handled_by_the_next_pass(company: Company) -> None:
    person = company.written_to()
    race(company, lambda: touch(company.ledger, [person.key]))
    company.receive(company.reply(person, Label.INTERESTED))
    assert company.see(person).replies == 0
    company.run("receive")
    assert (company.see(person).replies, company.see(person).amount is None) == (1, False)


def test_an_owner_changed_in_the_crm_is_taken_over_whoever_else_is_saving(company: Company) -> None:
    company.crm.insert("Lead", Email="a@a.example", LastName="A", Company="A", OwnerId="005old")
    company.run("pull")
    (person,) = company.ledger.all_prospects()
    company.wait(DAY)
    company.crm.change("Lead", person.key, OwnerId="005new")
    race(company, lambda: touch(company.ledger, [person.key]))
    company.run("pull")
    after = company.see(person)
    assert (after.owner_id, after.touches) == ("005new", person.touches + 1)


def test_ids_of_a_conversion_are_added_to_whatever_was_saved_meanwhile(company: Company) -> None:
    person = company.person()
    racing: Any = Racing(company.ledger, lambda: touch(company.ledger, [person.key]))
    update(racing, [person.key], lambda p: p.with_crm_ids({"contact": "003"}))
    after = company.see(person)
    assert (after.crm.contact, after.touches) == ("003", person.touches + 1)


def touch(ledger: Ledger, keys: Iterable[str]) -> None:
    update(ledger, keys, _one_more)


def _one_more(prospect: Prospect) -> Prospect:
    return prospect.model_copy(update={"touches": prospect.touches + 1})


@pytest.mark.parametrize("name", ["approach", "presentation", "closing"])
def test_a_stage_alone_is_never_overtaken(company: Company, name: str) -> None:
    company.person(stage=Stage(name))
    assert company.run(name).holds == {}
