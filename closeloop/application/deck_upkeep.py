"""Decks whose facts changed after they were drawn: drawn anew while nobody outside has seen them, else handed over.

Invariant: each change is answered once, by one redraw or one task for the owner, whatever runs beside; a prospect
is neither due earlier nor later for it, and what a person made of a deck is never drawn over. What a deck says
wrongly is said on the prospect until it is drawn again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from closeloop.application import deck_files
from closeloop.application.ports import Change, DecisionRow
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.deck_facts import BEFORE_THE_CUSTOMER, as_known, changed_facts, remembered
from closeloop.domain.preparation import evident_pains
from closeloop.domain.presentation_content import DeckContent, Finding
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Standing

REDRAWN, HANDED_OVER = "decks redrawn", "decks handed to their owners"
REDREW = "preparation.deck_redrawn"
_ASKED_ABOUT = (Standing.OPEN, Standing.NURTURE)


def keep_up(prospects: Iterable[Prospect], services: Services, run_id: str, now: datetime, tally: Tally) -> None:
    """Look at prospects that changed, whatever it was that changed."""
    outdated = {p.key: p for p in prospects if p.deck and p.deck_facts and changed_facts(p)}
    if not outdated:
        return
    unseen = [p for p in outdated.values() if p.stage in BEFORE_THE_CUSTOMER]
    ours = [p for p in unseen if deck_files.is_as_we_drew_it(p, services)]
    drafts = [(p, content) for p in ours if (content := _content(p, services, now)) is not None]
    found = services.decks.build_all([(content, services.home / str(p.deck)) for p, content in drafts])
    redrawn = {p.key: (content, why) for (p, content), why in zip(drafts, found, strict=True)}
    changes = [_answered(p, redrawn.get(p.key), services, run_id, now) for p in outdated.values()]
    overtaken = services.ledger.commit(_together(changes, outdated)).overtaken
    for change in changes:
        if change.decisions and change.prospects[0].key not in overtaken:
            tally.count(REDRAWN if change.decisions[0].rule == REDREW else HANDED_OVER)


def _content(prospect: Prospect, services: Services, now: datetime) -> DeckContent | None:
    """None for a prospect whose rule fails: its owner is asked, the others go on."""
    try:
        return deck_content(_with_pains(prospect, services), services.playbook, now.date())
    except Exception:  # noqa: BLE001 - whatever one prospect does to a rule, the batch goes on
        return None


def _with_pains(prospect: Prospect, services: Services) -> Prospect:
    """With the pains that have evidence now, as the preparation would choose them."""
    pains = tuple(pain.id for pain in evident_pains(prospect, services.playbook))
    return prospect.model_copy(update={"pains": pains})


def _together(changes: Sequence[Change], read: dict[str, Prospect]) -> Change:
    return Change(
        prospects=tuple(p for change in changes for p in change.prospects),
        decisions=tuple(row for change in changes for row in change.decisions),
        actions=tuple(action for change in changes for action in change.actions),
        read=read,
    )


def _answered(
    prospect: Prospect,
    redrawn: tuple[DeckContent, tuple[Finding, ...]] | None,
    services: Services,
    run_id: str,
    now: datetime,
) -> Change:
    reasons = changed_facts(prospect)
    if redrawn is not None and not redrawn[1]:
        return _drawn_again(prospect, redrawn[0], reasons, services, run_id, now)
    problems = tuple(f"slide {found.slide}: {found.problem}" for found in redrawn[1]) if redrawn else ()
    return _handed_over(prospect, (*reasons, *problems), services, run_id, now)


def _drawn_again(
    prospect: Prospect,
    content: DeckContent,
    reasons: tuple[str, ...],
    services: Services,
    run_id: str,
    now: datetime,
) -> Change:
    fields, actions = deck_files.planned(prospect, str(prospect.deck), services, now)
    fields |= {"deck_facts": remembered(prospect, content), "deck_outdated": None}
    row = _row(prospect, "Draft", REDREW, reasons, services, run_id, now)
    drawn = _with_pains(prospect, services).model_copy(update=fields)
    return Change(prospects=(drawn,), decisions=(row,), actions=tuple(actions))


def _handed_over(
    prospect: Prospect, reasons: tuple[str, ...], services: Services, run_id: str, now: datetime
) -> Change:
    """The new facts are remembered, so that this change is not asked about again; the flag says the deck is old."""
    known = {name: as_known(prospect.facts.get(name)) for name in prospect.deck_facts}
    changed = prospect.model_copy(update={"deck_facts": known, "deck_outdated": "; ".join(reasons)})
    if prospect.standing not in _ASKED_ABOUT:
        return Change(prospects=(changed,))
    row = _row(prospect, "AskHuman", "preparation.deck_outdated", reasons, services, run_id, now)
    return Change(prospects=(changed,), decisions=(row,), actions=(_task(prospect, reasons, now),))


def _row(
    prospect: Prospect,
    kind: str,
    rule: str,
    reasons: tuple[str, ...],
    services: Services,
    run_id: str,
    now: datetime,
) -> DecisionRow:
    return DecisionRow(
        prospect_key=prospect.key,
        run_id=run_id,
        stage=prospect.stage,
        at=now,
        kind=kind,
        rule=rule,
        reasons=reasons,
        playbook_version=services.playbook.version,
    )


def _task(prospect: Prospect, reasons: tuple[str, ...], now: datetime) -> Action:
    """One for each state of the facts: a change back is another change."""
    state = hashlib.sha256("\n".join(reasons).encode()).hexdigest()[:16]
    return Action(
        key=action_key(ActionKind.TASK, prospect.key, "deck", state, prospect.deck_drafts),
        kind=ActionKind.TASK,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload={
            "subject": f"The presentation says something that changed: {reasons[0]}"[:255],
            "description": "Correct the deck or tell the customer.\n" + "\n".join(reasons),
            "channel": "task",
            "completed": False,
            "priority": "High",
        },
    )
