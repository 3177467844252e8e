"""Approvals: asked by the playbook, answered once, and nothing leaves but what was approved."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from closeloop.application import approving
from closeloop.domain.actions import ActionState
from closeloop.domain.approvals import (
    Approval,
    ApprovalKind,
    Approvals,
    ApprovalState,
    FromAmount,
    OnDeadline,
    UncertainReply,
)
from closeloop.domain.errors import UsageError
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage, Standing
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import playbook

ALWAYS = FromAmount()


def asking(company: Company, **rules: Any) -> None:
    """The playbook with these rules in its section `approvals`."""
    company.with_services(playbook=playbook().model_copy(update={"approvals": Approvals(**rules)}))


def the_question(company: Company) -> Approval:
    (found,) = company.ledger.waiting_approvals(9)
    return found


def asked_about_first_mail(company: Company, **rule: Any) -> tuple[Prospect, Approval]:
    asking(company, first_mail=FromAmount(**rule))
    person = company.written_to()
    return person, the_question(company)


def approve(company: Company, asked: Approval, **more: Any) -> Approval:
    return approving.approve(company.services, asked.id, by="Mira", now=company.now, **more)


def test_the_shipped_playbook_asks_for_nothing(company: Company) -> None:
    company.written_to()
    assert company.ledger.waiting_approvals(9) == []
    assert playbook().approvals == Approvals()


def test_a_mail_that_waits_for_approval_is_not_sent_and_the_owner_has_a_task(company: Company) -> None:
    person, asked = asked_about_first_mail(company)
    company.deliver()
    assert company.mailer.sent == []
    assert company.state(company.mail(person).key) is ActionState.PLANNED
    (subject,) = company.human_tasks(person)
    assert subject.startswith("Approve a first mail for Volvo (")
    task = next(kept.action for key, kept in company.ledger.kept.items() if "approve" in key)
    assert f"closeloop approve {asked.id}" in task.payload["description"]
    assert f"Subject: {company.mail(person).payload['subject']}" in task.payload["description"]
    result = company.deliver()
    assert result.considered == 0, "it is looked at every hour, not with every pass"


def test_an_account_below_the_amount_is_written_to_without_asking(company: Company) -> None:
    asking(company, first_mail=FromAmount(from_amount=Decimal(10_000_000)))
    company.written_to()
    company.deliver()
    assert len(company.mailer.sent) == 1


def test_an_approved_mail_goes_out_word_for_word_and_the_story_says_who_approved_it(company: Company) -> None:
    person, asked = asked_about_first_mail(company)
    planned = company.mail(person).payload["text"]
    decided = approve(company, asked, why="good fit")
    assert (decided.state, decided.decided_by) == (ApprovalState.APPROVED, "Mira")
    company.deliver()
    (sent,) = company.mailer.sent
    assert sent.mail.text == planned
    told = " ".join(line.text for line in company.ledger.story(person.key))
    assert f"The approval of a first mail ({asked.id}): approved by Mira" in told
    assert f"approved ({asked.id}, approved by Mira" in told, "the last look has it too"


def test_edited_words_are_what_is_sent_and_the_footer_stays(company: Company) -> None:
    person, asked = asked_about_first_mail(company)
    footer = company.mail(person).payload["text"].partition("\n-- \n")[2]
    given = "Subject: Your invoices\n\nDear Anna,\n\nsee https://tallyard.example/a?b=1&c=2 <soon>."
    decided = approve(company, asked, words=given)
    assert decided.state is ApprovalState.EDITED
    company.deliver()
    (sent,) = company.mailer.sent
    assert sent.mail.subject == "Your invoices"
    assert sent.mail.text == f"Dear Anna,\n\nsee https://tallyard.example/a?b=1&c=2 <soon>.\n\n-- \n{footer}"
    assert '<a href="https://tallyard.example/a?b=1&amp;c=2">' in sent.mail.html
    assert "&lt;soon&gt;" in sent.mail.html


def test_words_that_are_saved_unchanged_are_no_edit(company: Company) -> None:
    _, asked = asked_about_first_mail(company)
    found = approving.question(company.services, asked)
    decided = approve(company, asked, words=f"Subject: {found.subject}\n\n{found.text}\n")
    assert decided.state is ApprovalState.APPROVED


def test_a_mail_whose_words_were_changed_after_the_approval_does_not_leave(company: Company) -> None:
    person, asked = asked_about_first_mail(company)
    approve(company, asked)
    kept = company.ledger.kept[company.mail(person).key]
    kept.action = kept.action.model_copy(update={"payload": kept.action.payload | {"text": "Something else."}})
    result = company.deliver()
    assert company.mailer.sent == []
    assert list(result.holds) == ["its words are not those that were approved"]


def test_a_mail_that_needs_an_approval_nobody_was_asked_for_does_not_leave(company: Company) -> None:
    _, asked = asked_about_first_mail(company)
    del company.ledger.asked[asked.id]
    company.deliver()
    assert company.mailer.sent == []


def test_a_rejected_first_mail_is_called_off_and_the_prospect_is_left_in_peace(company: Company) -> None:
    person, asked = asked_about_first_mail(company)
    approving.reject(company.services, asked.id, by="Mira", now=company.now, why="a merger is going on")
    assert company.state(company.mail(person).key) is ActionState.SKIPPED
    after = company.see(person)
    assert after.standing is Standing.NURTURE
    assert "a merger is going on" in str(after.reason)
    company.wait(20 * DAY)
    company.run("approach")
    company.deliver()
    assert company.mailer.sent == []


def test_an_answer_counts_once_and_the_second_is_told_who_was_faster(company: Company) -> None:
    _, asked = asked_about_first_mail(company)
    approve(company, asked)
    with pytest.raises(UsageError, match="decided already: approved by Mira"):
        approving.reject(company.services, asked.id, by="Tom", now=company.now, why="no")
    with pytest.raises(UsageError, match="there is no approval 'ap-0'"):
        approving.the_one(company.services, "ap-0")


def test_a_no_needs_a_reason_and_every_answer_a_name(company: Company) -> None:
    _, asked = asked_about_first_mail(company)
    with pytest.raises(UsageError, match="say why not"):
        approving.reject(company.services, asked.id, by="Mira", now=company.now, why=" ")
    with pytest.raises(UsageError, match="say who decides"):
        approving.approve(company.services, asked.id, by=" ", now=company.now)
    with pytest.raises(UsageError, match="has no words"):
        approve(company, asked, words="Subject: hello\n\n-- \nfooter")
    assert the_question(company) == asked


@pytest.mark.parametrize(
    ("rule", "state", "sent"),
    [
        (OnDeadline.APPROVE, ApprovalState.APPROVED, 1),
        (OnDeadline.REJECT, ApprovalState.EXPIRED, 0),
        (OnDeadline.HOLD, ApprovalState.WAITING, 0),
    ],
)
def test_a_deadline_does_what_the_playbook_says(
    company: Company, rule: OnDeadline, state: ApprovalState, sent: int
) -> None:
    person, asked = asked_about_first_mail(company, on_deadline=rule, hours=8)
    assert asked.deadline is not None
    company.run("reconcile")
    assert the_question(company) == asked, "it is not over yet"
    company.clock.move_to(asked.deadline)
    company.run("reconcile")
    company.run("reconcile")
    company.deliver()
    assert company.ledger.asked[asked.id].state is state
    assert len(company.mailer.sent) == sent
    reminded = [s for s in company.human_tasks(person) if s.startswith("Still waiting: ")]
    assert len(reminded) == (rule is OnDeadline.HOLD)


def test_an_answer_to_a_reply_that_was_not_understood_for_certain_waits(company: Company) -> None:
    asking(company, reply=UncertainReply(below=0.95))
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("objections")
    asked = the_question(company)
    assert asked.kind is ApprovalKind.REPLY
    approving.reject(company.services, asked.id, by="Mira", now=company.now, why="I will call")
    company.deliver()
    assert len(company.mailer.sent) == 1
    assert company.see(person).standing is Standing.OPEN
    assert any(s.startswith("Write in your own words") for s in company.human_tasks(person))


def test_an_answer_to_a_reply_that_is_clear_goes_out_at_once(company: Company) -> None:
    asking(company, reply=UncertainReply(below=0.5))
    person = company.written_to()
    company.deliver()
    company.receive(company.reply(person, Label.OBJECTION_PRICE))
    company.run("objections")
    company.deliver()
    assert len(company.mailer.sent) == 2


PRICED = {"question_answer": 1}
"""They asked what it costs."""


def test_an_extra_for_deciding_now_is_approved_first(company: Company) -> None:
    asking(company, inducement=ALWAYS)
    company.person(stage=Stage.CLOSING, amount=Decimal(50_000), closes=1, mails=3, enrollments=PRICED)
    company.run("closing")
    assert the_question(company).kind is ApprovalKind.INDUCEMENT
    company.deliver()
    assert company.mailer.sent == []


def _drafted(company: Company, home: Path) -> tuple[Prospect, Path, Approval]:
    asking(company, deck=ALWAYS)
    company.with_services(home=home)
    person = company.person(stage=Stage.PREPARATION)
    deck = home / "decks"
    deck.mkdir()
    company.run("preparation")  # the fake builder writes no file: the test does
    (name,) = company.decks.built
    (deck / name).write_bytes(b"the first draft")
    company.wait(DAY)
    company.run("preparation")
    return person, deck / name, the_question(company)


def test_a_draft_waits_until_it_is_approved_and_then_moves_on(company: Company, tmp_path: Path) -> None:
    person, _, asked = _drafted(company, tmp_path)
    assert company.see(person).stage is Stage.PREPARATION
    approve(company, asked)
    company.run("preparation")
    after = company.see(person)
    assert (after.stage, after.deck_asked) == (Stage.APPROACH, None)


def test_a_draft_that_was_changed_before_the_approval_is_approved_as_it_is(
    company: Company, tmp_path: Path
) -> None:
    person, file, asked = _drafted(company, tmp_path)
    file.write_bytes(b"with a better first page")
    assert approve(company, asked).state is ApprovalState.EDITED
    company.run("preparation")
    assert company.see(person).stage is Stage.APPROACH
    assert file.read_bytes() == b"with a better first page", "it was not built anew"


def test_a_draft_that_was_changed_after_the_approval_is_asked_about_again(company: Company, tmp_path: Path) -> None:
    person, file, asked = _drafted(company, tmp_path)
    approve(company, asked)
    file.write_bytes(b"with another price")
    company.run("preparation")
    assert company.see(person).stage is Stage.PREPARATION
    assert the_question(company).id != asked.id


def test_a_rejected_draft_goes_to_a_person_and_does_not_come_back_unchanged(
    company: Company, tmp_path: Path
) -> None:
    person, _, asked = _drafted(company, tmp_path)
    approving.reject(company.services, asked.id, by="Mira", now=company.now, why="wrong currency")
    company.run("preparation")
    company.wait(timedelta(days=14))
    company.run("preparation")
    assert company.see(person).stage is Stage.PREPARATION
    assert company.ledger.waiting_approvals(9) == []
    assert "The draft presentation was not approved: wrong currency" in company.human_tasks(person)
