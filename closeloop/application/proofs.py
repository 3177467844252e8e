"""Every mail of a playbook, written to an invented prospect in every language, before anybody real gets one.

What would be found at the first prospect whom it concerns (a misspelled name in a template, a text that is too
long, a mail that says nothing) is found here. The prospect is written to twice: once with all that the playbook can
ask for known, and once with nothing known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from closeloop.application.ports import MailRenderer
from closeloop.domain.appointments import Appointment
from closeloop.domain.errors import RenderError
from closeloop.domain.messages import TEMPLATES, MeetingProps
from closeloop.domain.playbook import Criterion, Playbook
from closeloop.domain.prospect import CrmIds, Fact, Objection, Prospect
from closeloop.domain.stage import Stage
from closeloop.domain.wording import mail_props

STEPS = range(1, 8)
"""More than any mail has different words for."""
LATER = 3
_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_MEETS = Appointment(number=1, on=_NOW.date(), starts_at=_NOW)
_KEY = "00Q000000000000EAA"


def unwritable(playbook: Playbook, renderer: MailRenderer) -> list[str]:
    """`mails.<language>.<template>: why`, once for each reason; empty when every mail can be written."""
    found = (problem for language in playbook.languages for problem in _in(language, playbook, renderer))
    return list(dict.fromkeys(found))


def _in(language: str, playbook: Playbook, renderer: MailRenderer) -> Iterator[str]:
    for template, payload in _payloads(playbook):
        if language not in renderer.languages(template) and language != playbook.locale:
            continue
        for person in _people(playbook, payload):
            try:
                props = mail_props(payload, person, playbook, _NOW, language=language)
                renderer.render(template, language, props)
            except ValidationError as problem:
                gaps = ", ".join(".".join(map(str, error["loc"])) for error in problem.errors())
                yield f"mails.{language}.{template}: nothing gives it {gaps}"
            except RenderError as problem:
                yield f"mails.{language}.{template}: {problem}"


def _payloads(playbook: Playbook) -> Iterator[tuple[str, dict[str, Any]]]:
    labels = [answer.label.value for answer in playbook.objections.answers]
    unused = {"close_inducement"} if playbook.closing.inducement is None else set()
    unused |= {"close_scarcity"} if playbook.closing.scarcity is None else set()
    for template in sorted(TEMPLATES.keys() - unused):
        for step in STEPS if "step" in TEMPLATES[template].model_fields else (1,):
            approaches = [one.kind for one in playbook.approaches] if template.startswith("approach_") else [None]
            for kind in approaches:
                for label in _labels(template, step, labels):
                    given = {"template": template, "step": step, "approach": kind, "label": label}
                    yield (
                        template,
                        given | {"term_ends": _NOW.date().isoformat(), "handed_over_from": "A colleague"},
                    )


def _labels(template: str, step: int, labels: list[str]) -> list[str] | list[None]:
    """Every objection where its texts are said first; the later words are the same for all."""
    if not template.startswith("objection_"):
        return [None]
    return labels if step < LATER else labels[:1]


def _people(playbook: Playbook, payload: dict[str, Any]) -> tuple[Prospect, Prospect]:
    nobody = Prospect(
        key=_KEY,
        crm=CrmIds(lead=_KEY),
        owner_id="005000000000000AAA",
        email="somebody@company.example",
        company="Example Company",
        stage_entered_at=_NOW,
    )
    asked = [pain.evidence for pain in playbook.product.pains]
    facts = {one.fact: _met(one) for one in asked}
    objection = payload["label"] and Objection(label=payload["label"], raised_in=Stage.APPROACH, raised_at=_NOW)
    pains = tuple(pain.id for pain in playbook.product.pains)
    known = {
        "first_name": "Anna",
        "facts": facts,
        "pains": pains,
        "objection": objection,
        "referred_by": "A colleague",
    }
    if _has_an_hour(payload["template"]):
        nobody = nobody.model_copy(update={"appointment": _MEETS})
    return nobody, nobody.model_copy(update=known)


def _has_an_hour(template: str) -> bool:
    """A mail about a meeting is written only where the meeting has an hour."""
    return TEMPLATES[template] is MeetingProps


def _met(criterion: Criterion) -> Fact:
    """A fact that meets the criterion, so that its sentence is said."""
    bounds = criterion.range
    low = int(bounds.at_least or 0) if bounds else 0
    value: str | int = low if bounds else criterion.any_of[0]
    source = "registry:https://companies.example"
    return Fact(name=criterion.fact, value=value, source=source, observed_at=_NOW, as_of="2025")
