"""Draws the figures of the report from all that the ledger knows.

Pure, with a fixed seed behind the forecast. Invariant: the same input gives the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import accumulate
from operator import attrgetter
from statistics import median
from typing import Any

from closeloop.domain.actions import ActionKind, ActionState
from closeloop.domain.census import SHOWN_DROPPED, Census, Opened, answers
from closeloop.domain.figures import (
    PERSISTENT_FROM,
    USUAL_GIVING_UP,
    Amounts,
    ApproachFigures,
    Cause,
    Deals,
    Deliverability,
    Figures,
    GivingUp,
    Held,
    Persistence,
    Refused,
    StageFigures,
    StalledDeal,
)
from closeloop.domain.forecast import OpenDeal, calibration, forecast
from closeloop.domain.history import DecisionLike, read
from closeloop.domain.intervals import rate
from closeloop.domain.leads import Quarantined
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Signal, Understanding
from closeloop.domain.stage import Stage, Standing
from closeloop.domain.stalled import stalled

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
) -> Figures:
    """All figures as of `now`. Decisions come oldest first; `outbox` is action kind to state to count."""
    census = Census(history=read(decisions), answers=answers(replies), now=now)
    for prospect in prospects:
        census.add(prospect)
    funnel = _funnel(census)
    stuck = _stalled(census, playbook)
    return Figures(
        as_of=now,
        company=playbook.sender.company,
        product=playbook.product.name,
        playbook_version=playbook.version,
        currency=playbook.product.currency,
        leads=census.leads,
        funnel=funnel,
        stages=_stages(census, playbook, funnel),
        standings={standing: census.standings[standing] for standing in Standing},
        qualified=funnel[Stage.PREPARATION],
        disqualified=census.standings[Standing.DISQUALIFIED],
        disqualified_for=dict(census.disqualified_for.most_common()),
        stopped_for=dict(census.stopped_for.most_common()),
        best=tuple(row for _, row in sorted(census.best, reverse=True, key=lambda pair: pair[0])),
        written_to=census.written_to,
        replied=rate(census.replied, census.written_to),
        replies=dict(census.answers.labels.most_common()),
        touches_by_channel=dict(census.history.channels.most_common()),
        approaches=_approaches(census, playbook),
        comparisons=census.history.tries.compared(census.answers.written, playbook.compare_from),
        persistence=_persistence(census),
        **_money(census, playbook),
        stalled=stuck,
        stalled_causes=_causes(stuck),
        deliverability=_deliverability(census, outbox.get(ActionKind.EMAIL, {})),
        holds=_holds(census),
        quarantined=tuple(Refused(source=s, line=row.line, reason=row.reason) for s, row in quarantined),
        api_calls=api_calls,
    )


def _funnel(census: Census) -> dict[Stage, int]:
    exactly = [census.reached[stage.number] for stage in reversed(Stage)]
    return dict(zip(Stage, reversed(list(accumulate(exactly))), strict=True))


def _stages(census: Census, playbook: Playbook, funnel: dict[Stage, int]) -> dict[Stage, StageFigures]:
    onwards = dict(zip(Stage, list(Stage)[1:], strict=False))
    found = {}
    for stage in Stage:
        stays, rule, then = census.history.stays.get(stage, []), playbook.stages[stage], onwards.get(stage)
        converts = then is not None and funnel[stage] > 0
        found[stage] = StageFigures(
            weight=rule.weight,
            usual_days=rule.usual_days,
            here=census.here[stage],
            conversion=funnel[then] / funnel[stage] if then is not None and converts else None,
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


def _persistence(census: Census) -> Persistence:
    first = sorted(census.dropped, key=attrgetter("touches", "key"))[:SHOWN_DROPPED]
    return Persistence(
        touches=dict(sorted(census.touches.items())),
        given_up=dict(sorted(census.given_up.items())),
        dropped_early=len(census.dropped),
        compared=_compared(census),
        examples=tuple(first),
    )


def _compared(census: Census) -> tuple[GivingUp, ...]:
    """Sellers who go on after the fourth refusal are the usual share of `five and more`."""
    total = census.given_up.total()
    counts = {touches: census.given_up[touches] for touches in USUAL_GIVING_UP}
    usual = USUAL_GIVING_UP | {PERSISTENT_FROM: round(1 - sum(USUAL_GIVING_UP.values()), 4)}
    counts[PERSISTENT_FROM] = total - sum(counts.values())
    return tuple(
        GivingUp(touches=n, prospects=count, ours=count / total if total else None, usual=usual[n])
        for n, count in counts.items()
    )


def _money(census: Census, playbook: Playbook) -> dict[str, Any]:
    deals = (OpenDeal(key=p.key, stage=p.stage, amount=p.amount) for p in census.open_deals)
    states = ("won", "lost", "open", "paused")
    return {
        "forecast": forecast(deals, playbook.probability, playbook.product.currency, FORECAST_SEED),
        "calibration": calibration(census.outcomes),
        "deals": Deals(**{state: census.deals[state] for state in states}),
        "amounts": Amounts(**{state: census.amounts[state] for state in states}),
    }


def _stalled(census: Census, playbook: Playbook) -> tuple[StalledDeal, ...]:
    """The most valuable first."""
    looks = (
        stalled(deal, census.account(deal), census.answers.last.get(deal.key), playbook, census.now)
        for deal in census.open_deals
    )
    found = [deal for deal in looks if deal is not None]
    return tuple(sorted(found, key=lambda deal: (-(deal.amount or 0), deal.key)))


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
