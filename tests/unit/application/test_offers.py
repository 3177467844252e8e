"""Offers from decision to send: budgets and seats by the ledger, promises looked at again before they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from closeloop.application.offers import WITHDRAWN
from closeloop.application.why import why
from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.approvals import Approvals, FromAmount
from closeloop.domain.close_rules import Closing
from closeloop.domain.endings import Why
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Profile, Stage, Standing
from closeloop.domain.steps import Seen
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import NOW, playbook

ASKED: dict[str, Any] = {
    "stage": Stage.CLOSING,
    "profile": Profile.OPPORTUNITY,
    "amount": Decimal(50_000),
    "closes": 1,
    "tried_closes": ("alternative",),
}
"""A deal that was asked once."""
KEEN: dict[str, Any] = {**ASKED, "seen": {Seen.INTERESTED: NOW}}
PRICED: dict[str, Any] = {**ASKED, "enrollments": {"question_answer": 1}}


def closing(**changes: Any) -> Playbook:
    rules = Closing.model_validate(playbook().closing.model_dump(mode="json") | changes)
    return playbook().model_copy(update={"closing": rules})


def extra(**changes: Any) -> dict[str, Any]:
    inducement = playbook().closing.inducement
    assert inducement is not None
    return inducement.model_dump(mode="json") | changes


def seats(**changes: Any) -> dict[str, Any]:
    scarcity = playbook().closing.scarcity
    assert scarcity is not None
    return scarcity.model_dump(mode="json") | changes


def templates(company: Company) -> list[str]:
    kept = [one.action for one in company.ledger.kept.values() if one.action.kind is ActionKind.EMAIL]
    return [str(action.payload["template"]) for action in kept]


def win(company: Company, name: str) -> None:
    """Another deal is won."""
    other = company.person(name, domain=f"{name}.example", **ASKED)
    company.receive(company.reply(other, Label.INTERESTED))
    assert company.see(other).standing is Standing.CUSTOMER


def test_a_month_grants_no_more_extras_than_its_budget_pays_for(company: Company) -> None:
    company.with_services(playbook=closing(inducement=extra(worth=2400, budget_per_month=5000)))
    people = [company.person(f"p{number}", domain=f"c{number}.example", **PRICED) for number in range(5)]
    company.run("closing")
    assert sorted(templates(company)) == ["close_alternative"] * 3 + ["close_inducement"] * 2
    company.run("closing")
    assert company.ledger.granted(["inducement:2026-01"]) == {"inducement:2026-01": 4800}
    left_out = next(p for p in people if company.mail(p).payload["template"] == "close_alternative")
    reasons = [row.reasons for row in company.ledger.decided if row.prospect_key == left_out.key][-1]
    assert "no extra-inducement close: the budget of January 2026 is used up (4,800 of 5,000)" in reasons


def test_the_next_month_has_a_budget_of_its_own(company: Company) -> None:
    company.with_services(playbook=closing(inducement=extra(budget_per_month=2400)))
    company.person("anna", **PRICED)
    company.run("closing")
    company.wait(31 * DAY)
    company.person("bert", domain="other.example", **PRICED)
    company.run("closing")
    assert templates(company).count("close_inducement") == 2
    months = ["inducement:2026-01", "inducement:2026-02"]
    assert company.ledger.granted(months) == dict.fromkeys(months, 2400)


def test_an_extra_that_another_run_took_meanwhile_is_promised_to_nobody_else(company: Company) -> None:
    company.with_services(playbook=closing(inducement=extra(budget_per_month=2400)))
    anna, bert = company.person("anna", **PRICED), company.person("bert", domain="other.example", **PRICED)
    stale = replace(company.services, ledger=company.ledger)
    company.ledger.granted = lambda accounts: dict.fromkeys(accounts, Decimal(0))  # type: ignore[method-assign]
    company.run("closing", limit=1)
    company.run("closing", limit=1)
    assert stale.ledger.prospects([anna.key, bert.key])[bert.key] == bert
    assert templates(company) == ["close_inducement"]


def test_an_extra_whose_approval_is_refused_is_free_again(company: Company) -> None:
    asks = closing(inducement=extra(budget_per_month=2400))
    asks = asks.model_copy(update={"approvals": Approvals(inducement=FromAmount(hours=8))})
    company.with_services(playbook=asks)
    anna = company.person("anna", **PRICED)
    company.run("closing")
    assert company.mail(anna).payload["approval"] == "inducement"
    company.deliver()
    assert company.mailer.sent == []
    company.ledger.cancel_planned([anna.key], "not approved", company.now)
    assert company.ledger.granted(["inducement:2026-01"]) == {"inducement:2026-01": 0}


def test_seats_are_counted_down_by_deals_that_were_won(company: Company) -> None:
    company.with_services(playbook=closing(scarcity=seats(seats_left=2, counted_on=None)))
    win(company, "first")
    anna = company.person("anna", **KEEN)
    company.run("closing")
    assert "1 left" in company.mail(anna).payload["text"]
    win(company, "second")
    bert = company.person("bert", domain="other.example", **KEEN)
    company.run("closing")
    assert company.mail(bert).payload["template"] != "close_scarcity"


@pytest.mark.parametrize("how", ["all seats are taken", "one seat is taken", "the last day is over"])
def test_a_planned_mail_whose_scarcity_ended_is_not_sent_and_another_close_is_chosen(
    company: Company, how: str
) -> None:
    left = 1 if how == "all seats are taken" else 2
    rules = seats(seats_left=left, counted_on=None, ends_on="2026-01-06")
    company.with_services(playbook=closing(scarcity=rules))
    anna = company.person("anna", **KEEN)
    company.run("closing")
    assert company.mail(anna).payload["template"] == "close_scarcity"
    if how == "the last day is over":
        company.wait(2 * DAY)
    else:
        win(company, "winner")
    assert company.deliver().counts["offers withdrawn"] == 1
    first = company.mail(anna)
    assert company.state(first.key) is ActionState.SKIPPED
    assert anna.email not in [mail.to for mail in company.mailer.sent]
    told = [row for row in company.ledger.decided if row.rule == WITHDRAWN]
    assert [row.prospect_key for row in told] == [anna.key]
    assert told[0].reasons[0].startswith("the standing-room-only close was not sent: ")
    company.wait(timedelta(hours=2))
    company.run("closing")
    company.deliver()
    again = company.mails(anna)[1]
    assert again.key != first.key
    assert company.state(again.key) is ActionState.ACCEPTED
    told_now = again.payload["text"]
    assert "1 left" in told_now if how == "one seat is taken" else again.payload["template"] != "close_scarcity"
    assert company.see(anna).closes == 2


def test_an_extra_that_waited_too_long_is_not_offered_any_more_and_costs_nothing(company: Company) -> None:
    company.with_services(playbook=closing(inducement=extra(days_to_decide=3)))
    anna = company.person("anna", **PRICED)
    company.run("closing")
    quoted = company.see(anna).quote
    assert quoted is not None
    assert quoted.extra
    company.wait(DAY)
    company.deliver()
    assert company.mailer.sent == []
    assert company.ledger.granted(["inducement:2026-01"]) == {"inducement:2026-01": 0}
    assert company.see(anna).quote is None
    assert company.see(anna).tried_closes == ("alternative",)


def test_why_tells_what_was_offered_and_why_the_offer_was_withdrawn(company: Company) -> None:
    company.with_services(playbook=closing(scarcity=seats(seats_left=1, counted_on=None)))
    anna = company.person("anna", **KEEN)
    company.run("closing")
    win(company, "winner")
    company.deliver()
    decisions = [row for row in company.ledger.decided if row.prospect_key == anna.key]
    said = " ".join(reason for row in decisions for reason in row.reasons)
    assert "proved by the playbook: places in the guided start of spring 2026: 1 left, until 30 April 2026" in said
    assert "the standing-room-only close was not sent: all 1 are taken; another close is chosen" in said
    assert why(company.ledger, anna.email)


def test_a_deal_is_won_by_the_close_that_was_answered(company: Company) -> None:
    anna = company.person("anna", **KEEN)
    company.run("closing")
    company.deliver()
    company.receive(company.reply(company.see(anna), Label.INTERESTED))
    ending = company.see(anna).ending
    assert ending is not None
    assert (ending.won, ending.why, ending.after) == (True, Why.ORDER, "scarcity")
    assert ending.words == "said yes to the order, after the standing-room-only close"


@pytest.mark.parametrize(
    ("label", "expected"), [(Label.UNSUBSCRIBE, Why.OPTED_OUT), (Label.LEFT_COMPANY, Why.UNREACHABLE)]
)
def test_a_stop_ends_an_open_deal_with_its_reason(company: Company, label: Label, expected: Why) -> None:
    anna = company.person("anna", **KEEN)
    company.receive(company.reply(anna, label))
    ending = company.see(anna).ending
    assert ending is not None
    assert (ending.won, ending.why) == (False, expected)


def win_back(person: Prospect) -> tuple[Standing, str | None, bool]:
    step = person.next_step
    return person.standing, step.what if step else None, person.due_at is not None


def test_a_lost_deal_goes_to_win_back_with_a_date_and_its_reason(company: Company) -> None:
    silent = company.person("anna", **(ASKED | {"closes": 4, "tried_closes": ("alternative",) * 4}))
    answers = {"objection_price": 6}
    objector = company.person("bert", domain="other.example", **(ASKED | {"answered": answers}))
    company.receive(company.reply(objector, Label.OBJECTION_PRICE))
    for _ in range(20):
        company.run("closing")
        company.run("objections")
        company.wait(DAY)
    for person, expected in ((silent, Why.NO_ANSWER), (objector, Why.PRICE)):
        after = company.see(person)
        assert after.ending is not None
        assert after.ending.why is expected
        assert win_back(after) == (Standing.LOST, "Win-back", True)
        assert after.tried_closes == ()
