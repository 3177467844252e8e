"""The state of mind that `why` tells, from the story's own lines."""

from __future__ import annotations

from datetime import timedelta

from closeloop.application.why import Story, why
from closeloop.domain.signals import Label
from closeloop.domain.state_of_mind import Mood
from tests.fakes.services import Company


def told(company: Company, who: str) -> Story:
    found = why(company.ledger, who, company.now)
    assert isinstance(found, Story)
    return found


def test_an_answer_in_the_story_is_the_evidence() -> None:
    company = Company()
    anna = company.written_to("anna")
    company.deliver()
    company.wait(timedelta(days=1))
    company.receive(company.reply(anna, Label.INTERESTED))
    mind = told(company, anna.email).state_of_mind
    assert mind is not None
    assert mind.mood is Mood.KEEN
    assert mind.evidence[0].what == "wrote: is interested"


def test_nothing_is_said_about_somebody_nobody_wrote_to() -> None:
    company = Company()
    anna = company.person("anna")
    assert told(company, anna.email).state_of_mind is None
