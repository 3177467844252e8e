"""The report's sentences and the text alternatives of its charts.

Invariant: a sentence says only what the figures say, and says when they are too few to say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from closeloop.domain.calibration import Calibration
from closeloop.domain.chances import StageChance
from closeloop.domain.figures import (
    ApproachFigures,
    Deliverability,
    Figures,
    Spending,
    stage_name,
)
from closeloop.domain.forecast import Forecast
from closeloop.domain.persistence import GivingUp, Persistence
from closeloop.domain.speed import Speed
from closeloop.domain.state_of_mind import StateOfMind
from closeloop.domain.variants import Comparison, Difference

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
COMPLAINTS_LIMIT, BOUNCES_LIMIT = 0.001, 0.02
"""Shares of mail above which mailbox providers turn against a sender."""


def money(amount: Decimal, currency: str) -> str:
    """`€48,000`, or `SEK 48,000` where the currency has no sign of its own."""
    return f"{_sign(currency)}{amount:,.0f}"


def money_short(amount: Decimal, currency: str) -> str:
    """`€1.2M`, `€48k`: three figures are enough for a headline."""
    # from 999,500 on, thousands would round to the odd `1,000k`
    for size, word, digits, starts in ((10**6, "M", 2, 999_500), (10**3, "k", 0, 1_000)):
        if amount >= starts:
            return f"{_sign(currency)}{amount / size:,.{digits}f}{word}"
    return money(amount, currency)


def percent(share: float) -> str:
    """Whole per cent, finer below one."""
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """`1 deal`, `1,200 deals`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def headline(figures: Figures) -> str:
    """The one thing to take away."""
    found, currency = figures.forecast, figures.currency
    won = f"{money_short(figures.amounts.won, currency)} won"
    if not found.futures:
        return f"{won} from {plural(figures.deals.won, 'deal')}"
    return f"{won}, {money_short(found.expected, currency)} expected from {plural(found.deals, 'open deal')}"


def tell_rest(figures: Figures) -> str:
    """What stands below the headline: how sure the forecast is, and what needs somebody."""
    parts = []
    found, currency = figures.forecast, figures.currency
    if found.futures:
        low, high = money_short(found.p10, currency), money_short(found.p90, currency)
        parts.append(f"In 8 of 10 simulated futures the open deals bring between {low} and {high}.")
    if figures.stalled:
        at_stake = sum((deal.amount or Decimal(0) for deal in figures.stalled), Decimal(0))
        verb = "stands" if len(figures.stalled) == 1 else "stand"
        worth = f", worth {money_short(at_stake, currency)}," if at_stake else ""
        parts.append(f"{plural(len(figures.stalled), 'deal')}{worth} {verb} still and need somebody.")
    early = figures.persistence.dropped_early
    if early:
        parts.append(f"{plural(early, 'prospect was', 'prospects were')} given up before the fifth touch.")
    return " ".join(parts) or "No deal is open yet."


def say_funnel(figures: Figures) -> str:
    """Where most are lost: the weakest step that at least ten prospects came to."""
    steps = [
        (found.conversion, stage)
        for stage, found in figures.stages.items()
        if found.conversion is not None and figures.funnel[stage] >= 10
    ]
    if not steps:
        return "Too few prospects yet to say where the funnel leaks."
    worst, stage = min(steps)
    return f"Fewest go on from {stage_name(stage)}: {percent(worst)}."


def say_approaches(rows: Sequence[ApproachFigures]) -> str:
    """Names a winner only where its interval lies above all others."""
    tried = sorted((r for r in rows if r.replied.of), key=lambda r: -(r.replied.share or 0))
    if len(tried) < 2:
        return "Fewer than two approaches have been tried, so there is nothing to compare."
    best, others = tried[0], tried[1:]
    if all(best.replied.low > other.replied.high for other in others):
        return f"The {best.kind} approach is answered more often than any other, beyond chance."
    return f"No approach stands out: {best.kind} leads, but the intervals overlap, so it may be chance."


def say_comparisons(rows: Sequence[Comparison]) -> str:
    """How many steps are tried in several wordings, and how many have an answer."""
    decided = sum(1 for row in rows if row.winner is not None)
    tried = plural(len(rows), "step")
    if not decided:
        return f"{tried} tried in several wordings; none is known to be better yet."
    return f"{tried} tried in several wordings; in {decided} one is answered more often."


def say_difference(found: Difference) -> str:
    """In points, since a share of a share misleads."""
    points = f"{100 * found.points:+.1f} points ({100 * found.low:+.1f} to {100 * found.high:+.1f})"
    return f"{found.better} against {found.than}: {points}"


def say_persistence(found: Persistence) -> str:
    """How many of those given up went too early."""
    total = sum(found.given_up.values())
    if not total:
        return "Nobody has been given up so far."
    share = percent(found.dropped_early / total)
    return f"{share} of {plural(total, 'prospect')} given up were given up before the fifth touch."


def say_calibration(found: Calibration) -> str:
    """The score of the forecasts that would have been made, against the plain weights and against guessing."""
    if found.brier is None or found.plain is None or found.guessing is None:
        return "No deal has ended yet, so the forecast cannot be scored."
    text = (
        f"Made again for the past, the forecast scores {found.brier:.3f} over {plural(found.deals, 'ended deal')}"
    )
    if not found.says_enough:
        return f"{text} (Brier score, 0 is perfect). These are too few to judge it by."
    text += f" (Brier score, 0 is perfect); the playbook’s weights alone score {found.plain:.3f}"
    if found.guessing == 0:
        return f"{text}. They all ended alike, so there is no rate to guess by."
    compared = "better" if found.brier < found.guessing else "no better"
    return f"{text}. That is {compared} than always guessing the won share, which scores {found.guessing:.3f}."


def say_coverage(found: Calibration) -> str:
    """How often the band held what came."""
    if found.covered is None:
        return "No past forecast can be held against what came yet: too many of its deals are still open."
    hits, of = found.covered.hits, found.covered.of
    low, high = percent(found.covered.low), percent(found.covered.high)
    return f"{hits} of {of} past bands held what came; 8 of 10 should (the true share is likely {low} to {high})."


def say_learned(figures: Figures) -> str:
    """Whether the stage weights could be re-estimated, and from how much."""
    deals = plural(figures.learned_from, "ended deal")
    if not figures.has_learned:
        verb = "is" if figures.learned_from == 1 else "are"
        return f"{deals.capitalize()} {verb} too few to re-estimate stage weights from: these lean on the playbook."
    off = [row for row in figures.chances if not row.low <= row.playbook <= row.high]
    if not off:
        return f"The playbook’s stage weights agree with {deals}."
    worst = max(off, key=lambda row: abs(row.playbook - row.estimated))
    return (
        f"Re-estimated from {deals}: {stage_name(worst.stage)} is worth {percent(worst.estimated)}, "
        f"where the playbook says {percent(worst.playbook)}."
    )


def say_speed(found: Speed) -> str:
    """How soon those who write hear from us."""
    if found.whole.median_hours is None:
        return "Nobody has written anything to answer yet."
    soon = percent(found.whole.within_a_day.share or 0)
    text = f"Half of those who write hear from us {_within(found.whole.median_hours)}; {soon} within a day."
    if found.waiting:
        text += f" {plural(found.waiting, 'person waits', 'people wait')} for an answer now."
    return text


def hours(number: float) -> str:
    """`at once`, `12 minutes`, `3 hours`, `2.5 days`."""
    if number * 60 < 1:
        return "at once"
    if number < 1:
        return plural(round(number * 60), "minute")
    if number < 48:
        return plural(round(number), "hour")
    return f"{number / 24:.1f} days"


def _within(number: float) -> str:
    return hours(number) if hours(number) == "at once" else f"within {hours(number)}"


def tell_calibration(found: Calibration) -> str:
    """The calibration plot in words."""
    return _list(
        f"predicted {percent(one.predicted)}, {one.observed.hits} of {one.observed.of} won" for one in found.bins
    )


def tell_chances(rows: Iterable[StageChance]) -> str:
    """Stage weights and estimates in words."""
    return _list(
        f"{stage_name(row.stage)}: playbook {percent(row.playbook)}, estimated {percent(row.estimated)} "
        f"({percent(row.low)} to {percent(row.high)})"
        for row in rows
    )


def tell_mind(found: StateOfMind) -> str:
    """The weightiest evidence, with its day."""
    if not found.evidence:
        return "no sign yet"
    return "; ".join(f"{one.what}, {one.at:%-d %b}" for one in found.evidence[:2])


def say_mail(found: Deliverability) -> str:
    """Bounce and complaint rates, and whether they endanger the sender."""
    if found.bounce_rate is None or found.complaint_rate is None:
        return "No mail has been accepted yet."
    bounces, complaints = percent(found.bounce_rate), percent(found.complaint_rate)
    text = f"{bounces} bounced and {complaints} were reported as spam."
    if found.complaint_rate > COMPLAINTS_LIMIT or found.bounce_rate > BOUNCES_LIMIT:
        return f"{text} Attention: senders are safe below 2% bounces and 0.1% complaints."
    return f"{text} Both are within what mailbox providers accept."


def tell_funnel(figures: Figures) -> str:
    """The funnel in words."""
    return _list(f"{stage_name(stage)} {reached:,}" for stage, reached in figures.funnel.items())


def tell_forecast(found: Forecast) -> str:
    """The forecast in words."""
    low, high = money(found.p10, found.currency), money(found.p90, found.currency)
    return f"Expected {money(found.expected, found.currency)}; 8 of 10 futures between {low} and {high}."


def tell_approaches(rows: Iterable[ApproachFigures]) -> str:
    """The approaches and their intervals in words."""
    return _list(
        f"{row.kind} {row.replied.hits} of {row.replied.of}, "
        f"90% interval {percent(row.replied.low)} to {percent(row.replied.high)}"
        for row in rows
    )


def tell_persistence(rows: Sequence[GivingUp]) -> str:
    """Giving up, here and at large, in words."""
    last = rows[-1].touches
    return _list(
        f"{row.touches}{' or more' if row.touches == last else ''}: usual {percent(row.usual)}, "
        f"us {percent(row.ours or 0)}"
        for row in rows
    )


def tell_touches(counts: Mapping[int, int]) -> str:
    """Touches to prospects in words."""
    return _list(f"{plural(touches, 'touch', 'touches')}: {number:,}" for touches, number in counts.items())


def tell_counts(rows: Iterable[tuple[str, int]]) -> str:
    """A bar chart in words."""
    return _list(f"{name} {number:,}" for name, number in rows)


def _list(parts: Iterable[str]) -> str:
    return "; ".join(parts) + "."


def _sign(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} ")


def say_spending(found: Spending | None) -> str:
    """What others were paid this month; empty when nobody was."""
    parts = []
    if found and found.credits:
        parts.append(f"{found.credits:,g} of {found.credits_limit:,g} enrichment credits")
    if found and found.model_tokens:
        cost = f"US$ {found.model_cost:,.2f} of {found.model_budget:,.2f}"
        parts.append(f"{cost} for language models ({plural(found.model_tokens, 'token')})")
    return f"Spent in {found.month}: {'; '.join(parts)}." if found and parts else ""
