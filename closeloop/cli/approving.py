"""`closeloop approve`: what waits for a person's yes, one of them in full, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from closeloop.adapters.decks.gallery import drawn_pages
from closeloop.application import approving
from closeloop.application.approving import Question
from closeloop.application.services import Services
from closeloop.bootstrap import services
from closeloop.cli.output import clean, console, print_json
from closeloop.cli.program import as_called
from closeloop.cli.this_person import this_person
from closeloop.domain.approvals import Approval, ApprovalKind, ApprovalState
from closeloop.domain.errors import UsageError

WRITTEN_TOGETHER = 2.0
"""Seconds between the forms of one deck."""


class Given(NamedTuple):
    """What the command line says."""

    approval: str | None
    listed: bool = False
    show: bool = False
    edit: Path | None = None
    reject: bool = False
    why: str = ""
    by: str | None = None


def answer(given: Given, *, as_json: bool) -> int:
    """The list, one question in full, or the answer to it."""
    work = services()
    if given.approval is None or given.listed:
        if given.approval or given.edit or given.reject:
            raise UsageError("say which one: `closeloop approve` alone lists what waits, by id")
        return _list(approving.questions(work), as_json)
    if given.show:
        return _show_one(approving.question(work, approving.the_one(work, given.approval)), as_json)
    decided = _decide(work, given.approval, given)
    if as_json:
        print_json({"decided": decided.model_dump(mode="json")})
    else:
        console().print(escape(_said(decided)), soft_wrap=True)
    return 0


def _decide(work: Services, approval: str, given: Given) -> Approval:
    by, now = given.by or this_person(), work.clock.now()
    if given.reject:
        if given.edit:
            raise UsageError("either --edit FILE, which approves the words in it, or --reject")
        return approving.reject(work, approval, by=by, now=now, why=given.why)
    words = _read(given.edit) if given.edit else None
    return approving.approve(work, approval, by=by, now=now, why=given.why, words=words)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"cannot read the words in {path} ({problem}): give a text file in UTF-8") from None


def _said(decided: Approval) -> str:
    what = decided.kind.in_words
    if decided.state is ApprovalState.REJECTED:
        return f"Noted: {what} was rejected. It is called off."
    changed = ", with your changes" if decided.state is ApprovalState.EDITED else ""
    stage = "preparation" if decided.kind is ApprovalKind.DECK else "deliver"
    then = as_called(f"`closeloop run {stage}` or the next scheduled run goes on with it.")
    return f"Noted: {what} is approved{changed}. {then}"


def _list(found: Sequence[Question], as_json: bool) -> int:
    if as_json:
        print_json({"waiting": [question.model_dump(mode="json") for question in found]})
        return 0
    screen = console()
    if not found:
        screen.print("Nothing waits for an approval.")
        return 0
    screen.print(f"{len(found):,} waiting for an approval, the oldest first\n", style="bold")
    for question in found:
        asked = question.approval
        until = (
            f"until {question.deadline:%Y-%m-%d %H:%M} UTC, then {asked.on_deadline}" if question.deadline else ""
        )
        amount = f" · {asked.amount:,}" if asked.amount is not None else ""
        line = f"  {asked.id}  {asked.kind.in_words} · {question.person}, {question.company}{amount}"
        screen.print(escape(clean(line)), soft_wrap=True)
        about = f"“{question.subject}”" if question.subject else question.deck or ""
        screen.print(
            escape(clean(f"                 {about}  {until or 'no deadline'}")), style="dim", soft_wrap=True
        )
    hint = "read one: closeloop approve ID --show   then: closeloop approve ID   or add --reject --why TEXT"
    screen.print(f"\n{escape(as_called(hint))}", soft_wrap=True)
    return 0


def _show_one(question: Question, as_json: bool) -> int:
    pictures = drawn_pages(Path(question.deck)) if question.deck else []
    if as_json:
        print_json(question.model_dump(mode="json") | {"pictures": [str(file) for file in pictures]})
        return 0
    screen: Console = console()
    asked = question.approval
    screen.print(
        escape(f"{asked.id}: {asked.kind.in_words} for {question.person}, {question.company}"), style="bold"
    )
    screen.print(escape(f"asked {asked.asked_at:%Y-%m-%d %H:%M} UTC of {asked.ask}\n"), soft_wrap=True)
    if question.deck:
        screen.print(escape(f"The draft: {question.deck}"), soft_wrap=True)
        for place in (*_in_a_browser(Path(question.deck)), *pictures):
            screen.print(escape(f"           {place}"), soft_wrap=True)
    else:
        words = "\n".join(clean(line) for line in question.text.split("\n"))
        screen.print(escape(f"Subject: {clean(question.subject)}\n\n{words}"), soft_wrap=True)
    return 0


def _in_a_browser(deck: Path) -> list[Path]:
    """The same deck as a web page, unless a person has changed the file since."""
    page = deck.with_suffix(".html")
    try:
        return [page] if page.stat().st_mtime >= deck.stat().st_mtime - WRITTEN_TOGETHER else []
    except OSError:
        return []
