"""What nobody foresaw about one prospect holds that prospect; everybody else goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.application import receive
from closeloop.domain.decisions import Decision
from closeloop.domain.messages import MailProps, RenderedMail
from closeloop.domain.prospect import Prospect
from closeloop.domain.replies import on_reply as real
from closeloop.domain.signals import Label
from tests.fakes.services import Company


class OddRenderer(JinjaMailRenderer):
    """Fails at one company as no renderer should."""

    def __init__(self, real: JinjaMailRenderer) -> None:
        self._real = real

    def languages(self, template: str) -> frozenset[str]:
        return self._real.languages(template)

    def render(self, template: str, locale: str, props: MailProps) -> RenderedMail:
        if props.company == "Odd":
            raise ZeroDivisionError
        return self._real.render(template, locale, props)


def test_a_template_that_fails_at_one_prospect_holds_it_and_the_others_get_their_mail(company: Company) -> None:
    real = company.services.renderer
    assert isinstance(real, JinjaMailRenderer)
    company.with_services(renderer=OddRenderer(real))
    odd, other = company.person("odd", "odd.example", company="Odd"), company.person("fine")
    result = company.run("approach")
    assert result.holds == {"the mail cannot be written: nobody foresaw this (ZeroDivisionError)": 1}
    assert company.mails(odd) == []
    assert len(company.mails(other)) == 1
    held = company.see(odd).due_at
    assert held is not None
    assert held > company.now


def test_a_reply_that_no_rule_can_work_on_stops_its_prospect_and_asks_its_owner(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, other = company.written_to("odd", domain="odd.example"), company.written_to("fine")

    def on_reply(prospect: Prospect, *rest: Any) -> Sequence[Decision]:
        if prospect.key == odd.key:
            raise IndexError
        return real(prospect, *rest)

    monkeypatch.setattr(receive, "on_reply", on_reply)
    result = company.receive(company.reply(odd, Label.INTERESTED), company.reply(other, Label.UNSUBSCRIBE))
    assert [failure.record_id for failure in result.failures] == [odd.key]
    company.deliver()
    assert company.mailer.sent == []
    assert company.human_tasks(odd) == ["Read the last reply and decide what is next: it could not be worked on"]
    assert company.see(other).opted_out
