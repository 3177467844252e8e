"""A language model's words in preparation: paid, checked, remembered, and never in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from closeloop.application.model_purse import money_account, token_account
from closeloop.application.report import figures
from closeloop.application.rewording import DROPPED, KEPT, RULE, TOKENS
from closeloop.application.wording_port import Proposals, Usage, WordingRequest
from closeloop.domain.languages import tongue_of
from closeloop.domain.model_budget import ModelBudget
from closeloop.domain.preparation import pain_props
from closeloop.domain.presentation_content import Finding
from closeloop.domain.prospect import Prospect
from closeloop.domain.rewording import NewWords
from closeloop.domain.stage import Stage
from closeloop.domain.talk_track import talk_track
from tests.fakes.services import Company
from tests.unit.domain.people import fact

Writes = Callable[[WordingRequest], tuple[NewWords, ...]]


def good(request: WordingRequest) -> tuple[NewWords, ...]:
    """Begins the first sentence with another word; says nothing new."""
    point = request.points[0]
    return (NewWords(id=point.id, pain=point.words.pain.replace("With ", "At ", 1)),)


def boastful(request: WordingRequest) -> tuple[NewWords, ...]:
    point = request.points[0]
    return (NewWords(id=point.id, pain=f"{request.company} loses 40% of its profit.", so_what="we guarantee it"),)


class PaperModel:
    """Answers at once, for a cent and 500 tokens each."""

    name = "paper:model"

    def __init__(self, writes: Writes) -> None:
        self.writes, self.asked = writes, list[WordingRequest]()

    def most(self, requests: Sequence[WordingRequest]) -> Decimal:
        return Decimal("0.05")

    def propose(self, requests: Sequence[WordingRequest]) -> Proposals:
        self.asked += requests
        used = Usage(calls=1, tokens=500, cost=Decimal("0.01"))
        return Proposals(
            found={one.key: self.writes(one) for one in requests}, usage={one.key: used for one in requests}
        )


def _with(company: Company, model: PaperModel | None, **budget: Decimal) -> None:
    playbook = company.services.playbook.model_copy(update={"model_budget": ModelBudget(**budget)})
    company.with_services(wording=model, playbook=playbook)


def _said(company: Company, person: Prospect) -> str:
    return pain_props(person, company.services.playbook, tongue_of("en"))[0].pain


def test_without_a_model_nobody_is_asked_and_nothing_is_spent(company: Company) -> None:
    person = company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    assert company.see(person).rewording is None
    assert company.ledger.spent == {}


def test_words_that_are_borne_out_are_said_in_mail_deck_and_talk_track(company: Company) -> None:
    _with(company, PaperModel(good))
    person = company.person(stage=Stage.PREPARATION, country="DE")
    result = company.run("preparation")
    after = company.see(person)
    new = _said(company, after)
    assert new.startswith("At 12,000 people")
    assert new in talk_track(after, company.services.playbook, company.now.date())
    company.run("approach")
    assert new in " ".join(company.mail(person).payload["text"].split())
    assert result.counts[KEPT] == 1


def test_what_no_evidence_bears_out_is_dropped_and_why_tells_it(company: Company) -> None:
    _with(company, PaperModel(boastful))
    person = company.person(stage=Stage.PREPARATION)
    own = _said(company, person.model_copy(update={"pains": ("volume",)}))
    result = company.run("preparation")
    after = company.see(person)
    assert _said(company, after) == own
    assert after.stage is Stage.APPROACH
    (row,) = [row for row in company.ledger.decided if row.rule == RULE]
    assert row.reasons == (
        "no text is in the words of paper:model, for 500 tokens (US$ 0.0100)",
        "not said: a sentence says 'loses', which stands in no evidence behind it",
        "not said: a sentence says 'guarantee', which stands in no evidence behind it",
    )
    assert result.counts[DROPPED] == 2


def test_the_words_go_when_the_fact_behind_them_changes(company: Company) -> None:
    _with(company, PaperModel(good))
    person = company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    after = company.see(person)
    grown = after.model_copy(update={"facts": after.facts | {"employees": fact("employees", 15_000)}})
    assert _said(company, grown).startswith("With 15,000 people")


def test_the_same_request_is_paid_once(company: Company) -> None:
    model = PaperModel(good)
    _with(company, model)
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=2, problem="a proof without a source"),)
    company.run("preparation")
    for _ in range(9):
        company.wait(company.see(person).due_at - company.now)  # type: ignore[operator]
        company.run("preparation")
    assert len(model.asked) == 1


def test_a_deck_that_cannot_hold_the_words_is_built_in_the_playbooks_own(company: Company) -> None:
    _with(company, PaperModel(good))
    person = company.person(stage=Stage.PREPARATION)
    company.decks.findings = (Finding(slide=5, problem="the sentence does not fit"),)
    company.run("preparation")
    after = company.see(person)
    assert len(company.decks.built) == 2
    assert after.rewording is not None
    assert after.rewording.points == ()


def test_cost_and_tokens_are_counted_by_month_and_run_and_reported(company: Company) -> None:
    _with(company, PaperModel(good))
    for name in ("anna", "berta", "carla"):
        company.person(name, stage=Stage.PREPARATION)
    result = company.run("preparation")
    assert company.ledger.spent[money_account(company.now)] == 300
    assert company.ledger.spent[token_account(company.now)] == 1_500
    assert company.ledger.spent["model run:run-1"] == 300
    assert result.counts[TOKENS] == 1_500
    spending = figures(company.ledger, company.services.playbook, company.now).spending
    assert spending is not None
    assert (spending.model_cost, spending.model_tokens) == (Decimal("0.03"), 1_500)


@pytest.mark.parametrize("budget", [{"per_run": Decimal("0.12")}, {"per_month": Decimal("0.12")}])
def test_no_more_is_asked_than_the_budget_can_pay_at_the_dearest(
    company: Company, budget: dict[str, Decimal]
) -> None:
    model = PaperModel(good)
    _with(company, model, **budget)
    people = [company.person(name, stage=Stage.PREPARATION) for name in ("anna", "berta", "carla")]
    result = company.run("preparation")
    assert len(model.asked) == 2
    assert result.counts["left in the playbook's words: the model's budget is used up"] == 1
    assert {company.see(person).stage for person in people} == {Stage.APPROACH}


def test_a_model_that_is_away_holds_nobody_up(company: Company) -> None:
    class Away(PaperModel):
        def propose(self, requests: Sequence[WordingRequest]) -> Proposals:
            return Proposals(trouble="the model took too long")

    _with(company, Away(good))
    person = company.person(stage=Stage.PREPARATION)
    result = company.run("preparation")
    assert company.see(person).stage is Stage.APPROACH
    assert result.counts["left in the playbook's words: the model took too long"] == 1


def test_the_model_is_told_no_persons_name_or_address(company: Company) -> None:
    model = PaperModel(good)
    _with(company, model)
    company.person(stage=Stage.PREPARATION)
    company.run("preparation")
    told = model.asked[0].model_dump_json(exclude={"key"})
    assert not any(word in told for word in ("Anna", "Okafor", "anna@", "Maren"))
