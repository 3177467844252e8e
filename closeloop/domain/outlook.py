"""What may be expected of each deal: state of mind and chance of an order, learned from all that went before.

Invariant: an open deal is looked at by the same rules as the deals of the past were, so that what was learned from
them applies to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from closeloop.domain.chance import Chance
from closeloop.domain.chances import Chances, Passed, cell_of, learn, passed, usual_days
from closeloop.domain.deal_runs import Run, learnable
from closeloop.domain.forecast import OpenDeal
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.state_of_mind import Sign, StateOfMind, clicks_of, state_of_mind


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was learned, and what it is applied to."""

    signs: Mapping[str, Sequence[Sign]]
    """Prospect key to what they wrote."""
    runs: Mapping[str, Run]
    """Prospect key to the last run of its deal."""
    passed: Sequence[Passed]
    """Every run, with its way."""
    chances: Chances
    playbook: Playbook
    now: datetime

    def mind(self, prospect: Prospect) -> StateOfMind:
        """Of anybody, deal or not."""
        run = self.runs.get(prospect.key)
        touches = run.touches if run is not None else _last_touch(prospect)
        return state_of_mind([*self.signs.get(prospect.key, ()), *clicks_of(prospect)], touches, self.now)

    def chance(self, deal: Prospect) -> Chance:
        """Of an order from an open deal."""
        mood, usual = self.mind(deal).mood, usual_days(self.playbook)
        return self.chances.of(cell_of(deal.stage, deal.stage_entered_at, mood, usual, self.now))

    def open_deal(self, deal: Prospect) -> OpenDeal:
        return OpenDeal(key=deal.key, stage=deal.stage, amount=deal.amount, chance=self.chance(deal))


def look_out(
    runs: Sequence[Run],
    signs: Mapping[str, Sequence[Sign]],
    clicks: Mapping[str, Iterable[Sign]],
    playbook: Playbook,
    now: datetime,
) -> Outlook:
    """Learn from the runs of all deals; `clicks` are those of people with a deal."""
    usual = usual_days(playbook)
    ways = [passed(r, [*signs.get(r.key, ()), *clicks.get(r.key, ())], usual, now) for r in runs]
    known = {id(run) for run in learnable(runs, now)}
    chances = learn((one for one in ways if id(one.run) in known), playbook)
    return Outlook(signs, {run.key: run for run in runs}, ways, chances, playbook, now)


def _last_touch(prospect: Prospect) -> list[datetime]:
    return [prospect.last_touch_at] if prospect.last_touch_at is not None else []
