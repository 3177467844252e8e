"""Draws the figures of the report from all that the ledger knows.

Pure, with a fixed seed behind the forecast. Invariant: the same input gives the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.answers import answers
from closeloop.domain.calibration import calibration
from closeloop.domain.census import Census, Opened
from closeloop.domain.chances import by_stage
from closeloop.domain.figures import (
    Amounts,
    ApproachFigures,
    Cause,
    Deals,
    Deliverability,
    Figures,
    Held,
    Refused,
    Spending,
    StageFigures,
    StalledDeal,
)
from closeloop.domain.forecast import forecast
from closeloop.domain.history import DecisionLike, read
from closeloop.domain.intervals import rate
from closeloop.domain.leads import Quarantined
from closeloop.domain.outlook import Outlook, look_out
from closeloop.domain.persistence import persistence
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, Understanding
from closeloop.domain.speed import speed
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.stalled import stalled
from closeloop.domain.survival import Curve, kaplan_meier

FORECAST_SEED = 20
STOP_WORDS = {
    "bounces": ("bounce",),
    "complaints": ("spam",),
    "opt_outs": ("opted out", "asked us to stop", "unsubscribe", "legal", "do-not-contact"),
}
"""What the reasons of stopped prospects say, by what mail providers call it."""


def draw_figures(
    *,
    prospects: Iterable[Prospect],
    decisions: Iterable[DecisionLike],
    replies: Iterable[tuple[Signal, Understanding]],
    outbox: Mapping[str, Mapping[str, int]],
    quarantined: Iterable[tuple[str, Quarantined]],
    playbook: Playbook,
    now: datetime,
    api_calls: int | None = None,
    spending: Spending | None = None,
) -> Figures:
    """All figures as of `now`. Decisions come oldest first; `outbox` is action kind to state to count."""
    said = answers(replies)
    census = Census(history=read(decisions, said.to_answer), answers=said, now=now)
    for prospect in prospects:
        census.add(prospect)
    outlook = look_out(census.history.runs, said.signs, census.clicks, playbook, now)
    return Figures(
        as_of=now,
        company=playbook.sender.company,
        product=playbook.product.name,
        playbook_version=playbook.version,
        currency=playbook.product.currency,
        **_people(census),
        stages=_stages(census, playbook),
        **_talks(census, playbook),
        **_money(census, outlook, playbook),
        **_stuck(_stalled(census, outlook, playbook)),
        deliverability=_deliverability(census, outbox.get(ActionKind.EMAIL, {})),
        holds=_holds(census),
        quarantined=tuple(Refused(source=s, line=row.line, reason=row.reason) for s, row in quarantined),
        api_calls=api_calls,
        spending=spending,
    )


def _people(census: Census) -> dict[str, Any]:
    """Who there is, how far they came and why some came no further."""
    return {
        "leads": census.leads,
        "funnel": {stage: census.reached[stage] for stage in Stage},
        "standings": {standing: census.standings[standing] for standing in Standing},
        "qualified": census.qualified,
        "disqualified": census.standings[Standing.DISQUALIFIED],
        "disqualified_for": dict(census.disqualified_for.most_common()),
        "stopped_for": dict(census.stopped_for.most_common()),
        "best": tuple(row for _, row in sorted(census.best, reverse=True, key=lambda pair: pair[0])),
    }


def _talks(census: Census, playbook: Playbook) -> dict[str, Any]:
    """What we said to them, what came back, and how soon either side answered."""
    history = census.history
    return {
        "written_to": census.written_to,
        "replied": rate(census.replied, census.written_to),
        "replies": dict(census.answers.labels.most_common()),
        "touches_by_channel": dict(history.channels.most_common()),
        "approaches": _approaches(census, playbook),
        "comparisons": history.tries.compared(census.answers.written, playbook.compare_from),
        "persistence": persistence(
            census.touches, census.given_up, census.dropped, census.touched_by, census.given_up_by
        ),
        "speed": speed(history.reactions, census.owners, census.unanswered),
    }


def _stages(census: Census, playbook: Playbook) -> dict[Stage, StageFigures]:
    found = {}
    for stage in Stage:
        stays, rule, here = census.history.stays.get(stage, []), playbook.stages[stage], census.reached[stage]
        converts = stage is not Stage.FOLLOW_UP and here > 0
        found[stage] = StageFigures(
            weight=rule.weight,
            usual_days=rule.usual_days,
            here=census.here[stage],
            conversion=census.went_on[stage] / here if converts else None,
            median_days=round(median(stays), 1) if stays else None,
            left=len(stays),
        )
    return found


def _approaches(census: Census, playbook: Playbook) -> tuple[ApproachFigures, ...]:
    """Those of the playbook first, then any that only history knows."""
    kinds = dict.fromkeys([*(a.kind for a in playbook.approaches), *sorted(census.approaches)])
    found = {str(kind): census.approaches.get(str(kind), Opened()) for kind in kinds}
    return tuple(
        ApproachFigures(
            kind=kind,
            replied=rate(opened.replied, opened.written_to),
            positive=rate(opened.positive, opened.written_to),
        )
        for kind, opened in found.items()
    )


def _money(census: Census, outlook: Outlook, playbook: Playbook) -> dict[str, Any]:
    deals = (outlook.open_deal(prospect) for prospect in census.open_deals)
    states = ("won", "lost", "open", "paused")
    return {
        "forecast": forecast(deals, playbook.product.currency, FORECAST_SEED),
        "chances": by_stage(outlook.chances),
        "learned_from": outlook.chances.runs,
        "has_learned": outlook.chances.has_learned,
        "calibration": calibration(outlook.passed, census.worth, playbook, census.now),
        "deals": Deals(**{state: census.deals[state] for state in states}),
        "endings": {state: dict(whys.most_common()) for state, whys in census.endings.items()},
        "amounts": Amounts(**{state: census.amounts[state] for state in states}),
    }


def _stuck(deals: Sequence[StalledDeal]) -> dict[str, Any]:
    by_stage = {stage: _causes(deal for deal in deals if deal.stage is stage) for stage in Stage}
    return {
        "stalled": deals,
        "stalled_causes": _causes(deals),
        "stalled_by_stage": {stage: causes for stage, causes in by_stage.items() if causes},
    }


def _stalled(census: Census, outlook: Outlook, playbook: Playbook) -> tuple[StalledDeal, ...]:
    """The most valuable first."""
    curves = {stage: _curve(census, stage) for stage in {deal.stage for deal in census.open_deals}}
    looks = (
        stalled(
            deal,
            census.account(deal),
            census.answers.last.get(deal.key),
            playbook,
            census.now,
            curve=curves[deal.stage],
            touches=run.touches if (run := outlook.runs.get(deal.key)) else (),
            mind=outlook.mind(deal),
        )
        for deal in census.open_deals
    )
    found = [deal for deal in looks if deal is not None]
    return tuple(sorted(found, key=lambda deal: (-(deal.amount or 0), deal.key)))


def _curve(census: Census, stage: Stage) -> Curve:
    """Who was parked or is still there has not left by a way forwards; they were watched all the same."""
    return kaplan_meier(census.history.stays[stage], [*census.history.cut[stage], *census.stays[stage]])


def _causes(stuck: Iterable[StalledDeal]) -> dict[Cause, int]:
    causes = [deal.cause for deal in stuck]
    return {cause: causes.count(cause) for cause in Cause if cause in causes}


def _deliverability(census: Census, mails: Mapping[str, int]) -> Deliverability:
    ended = {
        name: sum(n for reason, n in census.stopped_for.items() if any(word in reason for word in words))
        for name, words in STOP_WORDS.items()
    }
    accepted = mails.get(ActionState.ACCEPTED, 0)
    return Deliverability(
        accepted=accepted,
        rejected=mails.get(ActionState.REJECTED, 0),
        uncertain=mails.get(ActionState.UNCERTAIN, 0),
        skipped=mails.get(ActionState.SKIPPED, 0),
        waiting=mails.get(ActionState.PLANNED, 0) + mails.get(ActionState.CLAIMED, 0),
        **ended,
        bounce_rate=min(1.0, ended["bounces"] / accepted) if accepted else None,
        complaint_rate=min(1.0, ended["complaints"] / accepted) if accepted else None,
    )


def _holds(census: Census) -> tuple[Held, ...]:
    """Those with most prospects waiting first."""
    found = [
        Held(
            stage=stage,
            rule=rule,
            reason=reasons.most_common(1)[0][0],
            prospects=census.waiting[stage, rule],
            times=reasons.total(),
            needs_person=(stage, rule) in census.history.asked,
        )
        for (stage, rule), reasons in census.history.held.items()
    ]
    return tuple(sorted(found, key=lambda held: (-held.prospects, -held.times, held.stage.number, held.rule)))
