"""From what was measured to what is told: per prospect, per 1,000, and product over twin. Pure arithmetic.

Every figure is a ratio within one run on the same work; the absolute numbers are of one machine on one day.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Side:
    """One pass of one side over one number of prospects."""

    prospects: int
    cpu_seconds: float
    """Of its own process, from the first request to the last; starting up is not in it."""
    cpu_seconds_by_lap: dict[str, float]
    """The same by flow; `start` is what came before, `records` what Prefect sent after the last flow."""
    server_cpu_seconds: float
    """Of the Prefect server in the same time; 0 for the twin."""
    wall_seconds: float
    peak_megabytes: float
    server_peak_megabytes: float
    crm_calls: int
    mail_calls: int
    mails: int
    writes: int

    @property
    def total_cpu_seconds(self) -> float:
        return self.cpu_seconds + self.server_cpu_seconds

    @property
    def total_peak_megabytes(self) -> float:
        return self.peak_megabytes + self.server_peak_megabytes

    @property
    def prospects_per_minute(self) -> float:
        return 60 * self.prospects / self.wall_seconds

    def per_thousand(self, calls: int) -> float:
        return 1000 * calls / self.prospects

    def as_json(self) -> dict[str, Any]:
        """Everything, with what follows from it."""
        return asdict(self) | {
            "crm_calls_per_1000": self.per_thousand(self.crm_calls),
            "mail_calls_per_1000": self.per_thousand(self.mail_calls),
            "prospects_per_minute": self.prospects_per_minute,
        }


@dataclass(frozen=True)
class Pair:
    """Both sides over the same prospects."""

    product: Side
    twin: Side
    same_work: bool

    @property
    def prospects(self) -> int:
        return self.product.prospects

    def as_json(self) -> dict[str, Any]:
        """Both sides and product over twin for each figure."""
        ours, theirs = self.product, self.twin
        return {
            "prospects": self.prospects,
            "same_work": self.same_work,
            "product": ours.as_json(),
            "twin": theirs.as_json(),
            "ratio": {
                "cpu": ratio(ours.cpu_seconds, theirs.cpu_seconds),
                "cpu_with_server": ratio(ours.total_cpu_seconds, theirs.total_cpu_seconds),
                "crm_calls": ratio(ours.crm_calls, theirs.crm_calls),
                "mail_calls": ratio(ours.mail_calls, theirs.mail_calls),
                "peak_memory": ratio(ours.peak_megabytes, theirs.peak_megabytes),
                "peak_memory_with_server": ratio(ours.total_peak_megabytes, theirs.total_peak_megabytes),
                "prospects_per_minute": ratio(ours.prospects_per_minute, theirs.prospects_per_minute),
            },
        }


def marginal(pairs: list[Pair]) -> list[dict[str, float | int | None]]:
    """CPU seconds that one more prospect costs, from each size to the next; then from the first to the last."""
    steps = list(pairwise(pairs))
    if len(steps) > 1:
        steps.append((pairs[0], pairs[-1]))
    return [_step(less, more) for less, more in steps]


def _step(less: Pair, more: Pair) -> dict[str, float | int | None]:
    added = more.prospects - less.prospects
    ours = (more.product.cpu_seconds - less.product.cpu_seconds) / added
    server = (more.product.server_cpu_seconds - less.product.server_cpu_seconds) / added
    theirs = (more.twin.cpu_seconds - less.twin.cpu_seconds) / added
    return {
        "from": less.prospects,
        "to": more.prospects,
        "product": ours,
        "prefect_server": server,
        "twin": theirs,
        "ratio": ratio(ours, theirs),
        "ratio_with_server": ratio(ours + server, theirs),
    }


def ratio(ours: float, theirs: float) -> float | None:
    """None where it would say nothing: in a tiny run the noise may exceed the difference."""
    return ours / theirs if theirs > 0 and ours > 0 else None
