"""What a playbook names must be there: mail templates, facts, placeholders, a language with templates.

Invariant: a playbook that passes never fails at a prospect for a name that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import templates
from closeloop.domain.decisions import Channel
from closeloop.domain.known_facts import KNOWN_FACTS, NUMBERS
from closeloop.domain.languages import TONGUES, language_name
from closeloop.domain.messages import (
    TEMPLATES,
    ApproachProps,
    ClosingProps,
    MailProps,
    MeetingProps,
    ObjectionProps,
)
from closeloop.domain.playbook import Criterion, Playbook

FOLDER = Path(templates.__file__).parent / "email"
_SUBJECT = re.compile(r"sequences\.\w+\.\d+\.variants\.\d+\.subject(?:\.[\w-]+)?")
FILLED_IN = frozenset({"company", "value"})
"""What a pain sentence may leave open."""
_PAIN = re.compile(r"product\.pains\.\d+\.says(?:\.[\w-]+)?")
_FILLED_IN = ((_PAIN, FILLED_IN), (_SUBJECT, frozenset({"company"})))
_BRACES = re.compile(r"[{}]")
_OPEN = re.compile(r"\{([^{}]*)\}")
_BY_RULE = (ObjectionProps, ClosingProps, MeetingProps)
"""Mails of these kinds are chosen by the rules and know what those rules give them."""


def wrong_places(playbook: Playbook) -> list[str]:
    """`place: what is wrong` for every name that leads nowhere; empty for a sound playbook."""
    return [*_locale(playbook), *_mails(playbook), *_facts(playbook), *_pains(playbook), *_open_places(playbook)]


def warnings(playbook: Playbook, today: date) -> list[str]:
    """What works and is probably not meant."""
    found = list(_languages_left_out(playbook))
    ends = playbook.closing.scarcity.ends_on if playbook.closing.scarcity else None
    if ends is not None and ends < today:
        unused = "the standing-room-only close is not used until you name a new date"
        found.append(f"closing.scarcity ended on {ends}: {unused}")
    return found


def _languages_left_out(playbook: Playbook) -> Iterator[str]:
    """Languages that some texts are in, but in which no mail can be whole."""
    if playbook.locale.partition("-")[0] not in TONGUES:
        yield f"locale: greetings, days and money are said in English, since we have not learned {playbook.locale}"
    for language, places in playbook.untranslated().items():
        nobody = f"nobody is written to in {language_name(language)}"
        if language.partition("-")[0] not in TONGUES:
            yield f"texts in {language}: {nobody}, since the product speaks only {', '.join(sorted(TONGUES))}"
        elif places:
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            yield f"texts in {language} are missing, so {nobody}: {', '.join(places[:3])}{more}"
        elif lacking := sorted(name for name in _used_mails(playbook) if not _has_files(name, language)):
            yield f"mails without templates in {language} go out in {playbook.locale}: {', '.join(lacking)}"


def _used_mails(playbook: Playbook) -> set[str]:
    steps = {step.template for steps in playbook.sequences.values() for step in steps}
    chosen_by_rule = {name for name, kind in TEMPLATES.items() if issubclass(kind, _BY_RULE)}
    return (steps & set(TEMPLATES)) | chosen_by_rule | {template for _, template in playbook.follow_up.mails()}


def _locale(playbook: Playbook) -> Iterator[str]:
    there = sorted(folder.name for folder in FOLDER.iterdir() if (folder / "_base").is_dir())
    if not {playbook.locale, playbook.locale.partition("-")[0]} & set(there):
        yield f"locale: there are no mail templates in {playbook.locale!r}, only in {', '.join(there)}"


def _mails(playbook: Playbook) -> Iterator[str]:
    approaches = {approach.sequence for approach in playbook.approaches}
    for name, steps in playbook.sequences.items():
        for number, step in enumerate(steps):
            if step.channel is Channel.EMAIL:
                place = f"sequences.{name}.{number}.template"
                yield from _mail(place, step.template, playbook.locale, in_approach=name in approaches)
            for variant in step.variants:
                if variant.template is not None:
                    here = f"sequences.{name}.{number}.variants.{variant.name}.template"
                    yield from _mail(here, variant.template, playbook.locale, in_approach=name in approaches)
                if variant.offer is not None and name not in approaches:
                    yield f"sequences.{name}.{number}.variants.{variant.name}.offer: only an approach has an offer"
    for place, template in playbook.follow_up.mails():
        yield from _mail(f"{place}.template", template, playbook.locale, in_approach=False)


def _mail(place: str, template: str, locale: str, *, in_approach: bool) -> Iterator[str]:
    kind = TEMPLATES.get(template)
    if kind is None:
        yield f"{place}: there is no mail {template!r}{_meant(template, TEMPLATES)}"
    elif not _has_files(template, locale):
        yield f"{place}: the mail {template!r} has no files in {FOLDER.name}/{locale}/"
    elif problem := _misplaced(kind, in_approach):
        yield f"{place}: the mail {template!r} {problem}"


def _has_files(template: str, locale: str) -> bool:
    languages = (locale, locale.partition("-")[0])
    return any((FOLDER / language / template / "subject.txt.j2").is_file() for language in languages)


def _misplaced(kind: type[MailProps], in_approach: bool) -> str:
    if issubclass(kind, _BY_RULE):
        return "is chosen by the rules of its stage and cannot be a step"
    if kind is ApproachProps and not in_approach:
        return "needs the offer of an approach, so only the sequence of an approach can hold it"
    return ""


def _facts(playbook: Playbook) -> Iterator[str]:
    for place, criterion in _criteria(playbook):
        if criterion.fact not in KNOWN_FACTS:
            yield f"{place}.fact: nobody knows a fact {criterion.fact!r}{_meant(criterion.fact, KNOWN_FACTS)}"
        elif criterion.range is not None and criterion.fact not in NUMBERS:
            yield f"{place}.range: {criterion.fact} is no number; use any_of"


def _criteria(playbook: Playbook) -> Iterator[tuple[str, Criterion]]:
    rules = playbook.qualification
    for name, framework in (("icp", rules.icp), ("bant", rules.bant), ("gpct", rules.gpct)):
        for number, criterion in enumerate(framework.criteria):
            yield f"qualification.{name}.criteria.{number}", criterion
    for number, pain in enumerate(playbook.product.pains):
        yield f"product.pains.{number}.evidence", pain.evidence
    for number, approach in enumerate(playbook.approaches):
        if approach.when is not None:
            yield f"approaches.{number}.when", approach.when


def _pains(playbook: Playbook) -> Iterator[str]:
    answered = {pain for benefit in playbook.product.benefits for pain in benefit.answers}
    for number, pain in enumerate(playbook.product.pains):
        if pain.id not in answered:
            yield f"product.pains.{number}: no benefit answers {pain.id!r}; name it in the `answers` of one"


def _open_places(playbook: Playbook) -> Iterator[str]:
    """A `{word}` that nobody fills in would reach the reader as it is."""
    for place, text in _texts(playbook.model_dump(mode="json"), ""):
        may_hold = next((names for where, names in _FILLED_IN if where.fullmatch(place)), frozenset[str]())
        rest = _without(may_hold, text)
        if _BRACES.search(rest):
            yield f"{place}: {_unfilled(rest, may_hold)}"


def _without(names: frozenset[str], text: str) -> str:
    return _OPEN.sub(lambda found: "" if found.group(1) in names else found.group(), text)


def _unfilled(text: str, may_hold: frozenset[str]) -> str:
    names = [f"{{{name}}}" for name in _OPEN.findall(text)]
    said = f"nothing fills in {', '.join(names)}" if names else "a brace stands alone"
    fits = " or ".join(f"{{{name}}}" for name in sorted(may_hold))
    return f"{said}; this sentence may hold {fits}" if fits else f"{said}; say it in words"


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _texts(part, f"{place}.{name}" if place else str(name))


def _meant(given: str, known: Any) -> str:
    close = get_close_matches(given, sorted(known), 1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(known))}"
