"""Rules and learned wording together: how likely each label is, and what may be said from that.

Rules come first: a safety label that a rule found stays. The model speaks where rules are silent or hardly
sure, and
it too may find an opt-out or a legal demand, since a missed one is the worst mistake. Below a threshold nobody has
understood the reply, and a person reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from closeloop.adapters.replies.wording_model import Calibration, WordingModel, shares
from closeloop.domain.signals import STOPPING_LABELS, Label

ABSTAIN_BELOW = 0.45
"""Less likely than this, the likeliest label is only a suggestion for a person."""
SAFETY_FROM = 0.5
"""From here on an opt-out or a legal demand together are taken for one."""
SAFETY_FROM_AGAINST_RULES = 0.7
"""The same where a rule is sure of something else."""
STOP_FROM = 0.5
"""From here on the model alone may say that somebody left or is the wrong person."""


@dataclass(frozen=True, slots=True)
class RulesSay:
    """What the rules found in a reply: labels they are sure of, and labels only hinted at."""

    sure: frozenset[Label] = frozenset()
    hinted: frozenset[Label] = frozenset()


def combined(scores: Mapping[Label, float], said: RulesSay, weights: Calibration) -> dict[Label, float]:
    """The probability of every label, from the model's scores and what the rules say."""
    return shares(
        {
            label: score / weights.temperature + weights.trust * _worth(label, said, weights)
            for label, score in scores.items()
        }
    )


def _worth(label: Label, said: RulesSay, weights: Calibration) -> float:
    if label in said.sure:
        return weights.sure[label]
    return weights.hinted[label] if label in said.hinted else 0.0


def likely(model: WordingModel, text: str, said: RulesSay) -> dict[Label, float]:
    """The probability of every label for a reply in these words."""
    scores = dict(zip(model.labels, model.scores(text), strict=True))
    return combined(scores, said, model.calibration)


def best(likely: Mapping[Label, float], *, without: Iterable[Label] = (), doubted: bool = False) -> Label:
    """The likeliest label; an opt-out or a legal demand already when it may well be one.

    `doubted` when a rule is sure of something else.
    """
    safety = likely[Label.UNSUBSCRIBE] + likely[Label.LEGAL]
    if safety >= (SAFETY_FROM_AGAINST_RULES if doubted else SAFETY_FROM):
        return max((Label.UNSUBSCRIBE, Label.LEGAL), key=lambda label: likely[label])
    out = {*without, Label.UNSUBSCRIBE, Label.LEGAL}
    left = {label: share for label, share in likely.items() if label not in out}
    return max(left, key=lambda label: left[label])


def is_safety(likely: Mapping[Label, float]) -> bool:
    """Whether it may well be an opt-out or a legal demand."""
    return likely[Label.UNSUBSCRIBE] + likely[Label.LEGAL] >= SAFETY_FROM


def is_enough(label: Label, share: float) -> bool:
    """Whether so likely a label may be acted on without a person."""
    if label in {Label.UNSUBSCRIBE, Label.LEGAL}:
        return True
    return share >= (STOP_FROM if label in STOPPING_LABELS else ABSTAIN_BELOW)
