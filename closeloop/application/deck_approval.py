"""A draft presentation that a person must approve: asked when it passes its lint, moved on after the yes.

Invariant: the prospect moves on with the very file that was approved; one that changed since is asked about anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from closeloop.application.approval_asking import for_deck, task
from closeloop.application.deciding import Outcome, note
from closeloop.application.results import Tally
from closeloop.domain.approvals import Approval, ApprovalState, file_mark
from closeloop.domain.business_days import add_business_days
from closeloop.domain.decisions import Advance, AskHuman, Hold
from closeloop.domain.stage import Stage

HUMAN_DAYS = 5
LOOK_AGAIN_DAYS = 1


def ready(reasons: tuple[str, ...], now: datetime) -> Advance:
    """On to the approach."""
    return Advance(rule="preparation.draft_passed", reasons=reasons, to=Stage.APPROACH, due_at=now)


def undecided(outcomes: Sequence[Outcome], tally: Tally) -> list[Outcome]:
    """Those whose draft is still to be built; the others wait for an answer, or have one and are done."""
    asked = {o.before.key: o.before.deck_asked for o in outcomes if o.before.deck_asked}
    if not asked:
        return list(outcomes)
    known = outcomes[0].services.ledger.approvals(asked.values())
    left = []
    for outcome in outcomes:
        found = known.get(asked.get(outcome.before.key) or "")
        if found is None or (found.state is ApprovalState.WAITING and _content(outcome) is None):
            left.append(outcome)
        else:
            _by(found, outcome, tally)
    return left


def ask(outcome: Outcome, tally: Tally) -> None:
    """About the file as it is now; the answer to the same file counts again."""
    content = _content(outcome)
    if content is None:
        note(tally, outcome.take(_wait("the draft's file is gone", outcome)))
        return
    question = for_deck(str(outcome.prospect.deck), content, outcome.prospect, outcome.services, outcome.now)
    before = outcome.services.ledger.approvals([question.id]).get(question.id)
    if before is not None and before.state is not ApprovalState.WAITING:
        _by(before, outcome, tally)
        return
    outcome.change(deck_asked=question.id)
    if before is None:
        path = outcome.services.home / str(outcome.prospect.deck)
        said = f"The draft is on the record, and at {path}. Change that file itself, then approve it as it is."
        outcome.approvals.append(question)
        outcome.actions.append(task(question, outcome.prospect, outcome.services, outcome.now, said))
    note(tally, outcome.take(_wait("the draft waits for an approval", outcome, question.id)))


def _by(found: Approval, outcome: Outcome, tally: Tally) -> None:
    """What the answer means for the prospect."""
    content = _content(outcome)
    if found.state is ApprovalState.WAITING:
        note(tally, outcome.take(_wait("the draft waits for an approval", outcome, found.id)))
    elif not found.state.is_yes:
        outcome.change(deck_asked=None)
        note(tally, outcome.take(_turned_down(found, outcome.now)))
    elif content is not None and file_mark(content) == found.mark:
        outcome.change(deck_asked=None)
        note(tally, outcome.take(ready((f"the draft was {found.said}",), outcome.now)))
    else:
        ask(outcome, tally)


def _wait(reason: str, outcome: Outcome, *more: str) -> Hold:
    """Looked at every working day as well, should an answer's word have been lost. Runs count the first reason."""
    until = add_business_days(outcome.now, LOOK_AGAIN_DAYS)
    return Hold(rule="preparation.draft_waits", reasons=(reason, *more), until=until)


def _turned_down(found: Approval, now: datetime) -> AskHuman:
    return AskHuman(
        rule="preparation.draft_rejected",
        reasons=(f"the draft was {found.said}",),
        subject=f"The draft presentation was not approved: {found.reason or 'put right what it is made from'}"[
            :255
        ],
        until=add_business_days(now, HUMAN_DAYS),
    )


def _content(outcome: Outcome) -> bytes | None:
    try:
        return (outcome.services.home / str(outcome.prospect.deck)).read_bytes()
    except OSError:
        return None
