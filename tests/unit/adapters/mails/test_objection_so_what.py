"""The answer to an objection ends on what the product changes for this prospect, where that has evidence."""

from __future__ import annotations

import pytest

from closeloop.domain.messages import RenderedMail
from closeloop.domain.prospect import Objection
from closeloop.domain.stage import Stage
from closeloop.domain.wording import mail_props
from tests.fakes.services import Company
from tests.unit.domain.people import GOOD_FACTS, NOW, playbook, prospect


def answered(pains: tuple[str, ...], language: str) -> RenderedMail:
    objection = Objection(label="objection_price", raised_in=Stage.APPROACH, raised_at=NOW)
    person = prospect(GOOD_FACTS, pains=pains, objection=objection)
    props = mail_props({"template": "objection_answer", "step": 1}, person, playbook(), NOW, language=language)
    return Company().services.renderer.render("objection_answer", language, props)


@pytest.mark.parametrize("language", ["en", "th"])
def test_an_objection_is_answered_with_the_benefit_that_was_chosen_for_them(language: str) -> None:
    pain = playbook().product.pains[0]
    benefit = next(b for b in playbook().edition(language).product.benefits if pain.id in b.answers)
    with_pain, without = answered((pain.id,), language), answered((), language)
    assert benefit.so_what in with_pain.text
    assert benefit.so_what not in without.text
