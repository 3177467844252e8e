"""How well replies are understood: the figures of the model card and of the floors that the build keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from closeloop.domain.signals import Label, Understanding
from tests.replies.sets import Reply, understood

BINS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01))


@dataclass(frozen=True)
class Score:
    """Of one label as the primary one."""

    label: Label
    precision: float
    recall: float
    meant: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Measured:
    """A set of replies, understood."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.rows: list[tuple[Reply, Understanding]] = [(reply, understood(reply)) for reply in replies]

    @cached_property
    def scores(self) -> list[Score]:
        """Of every label that is somebody's primary one."""
        return [self._score(label) for label in Label if any(reply.primary is label for reply, _ in self.rows)]

    @property
    def macro_f1(self) -> float:
        return sum(score.f1 for score in self.scores) / len(self.scores)

    @property
    def accuracy(self) -> float:
        return sum(reply.primary is found.primary for reply, found in self.rows) / len(self.rows)

    @property
    def abstained(self) -> float:
        return sum(found.abstained for _, found in self.rows) / len(self.rows)

    @property
    def accuracy_where_sure(self) -> float:
        """Of those that were not handed to a person."""
        sure = [(reply, found) for reply, found in self.rows if not found.abstained]
        return sum(reply.primary is found.primary for reply, found in sure) / len(sure)

    def missed(self, label: Label) -> list[str]:
        """Replies with this label among theirs that were understood without it."""
        return [reply.id for reply, found in self.rows if label in reply.labels and label not in found.labels]

    @property
    def written_to_again(self) -> list[str]:
        """Replies after which mail must end, and would not."""
        return [reply.id for reply, found in self.rows if reply.stop and not found.stop]

    @property
    def left_alone_for_nothing(self) -> list[str]:
        return [reply.id for reply, found in self.rows if found.stop and not reply.stop]

    @property
    def wrong_days(self) -> list[str]:
        """Of replies that say when to come back."""
        return [
            reply.id
            for reply, found in self.rows
            if reply.resume_on and (found.resume_on is None or found.resume_on.date() != reply.resume_on)
        ]

    @property
    def wrong_absences(self) -> list[str]:
        """Wrong days of out-of-office notes alone."""
        absent = {reply.id for reply, _ in self.rows if reply.primary is Label.OUT_OF_OFFICE}
        return [one for one in self.wrong_days if one in absent]

    @property
    def invented_days(self) -> list[str]:
        return [reply.id for reply, found in self.rows if found.resume_on and not reply.resume_on]

    @property
    def wrong_colleagues(self) -> list[str]:
        """Of replies that name somebody."""
        return [reply.id for reply, found in self.rows if reply.refers_to and found.refers_to != reply.refers_to]

    @property
    def confusion(self) -> Counter[tuple[Label, Label]]:
        """(meant, said) of every mistake."""
        return Counter(
            (reply.primary, found.primary) for reply, found in self.rows if reply.primary is not found.primary
        )

    def by_language(self) -> dict[str, tuple[int, float]]:
        """Size and accuracy."""
        found: dict[str, tuple[int, float]] = {}
        for language in sorted({reply.language for reply, _ in self.rows}):
            own = [reply.primary is said.primary for reply, said in self.rows if reply.language == language]
            found[language] = len(own), sum(own) / len(own)
        return found

    def reliability(self) -> list[tuple[float, float, int, float, float]]:
        """Per bin: from, to, size, mean confidence, share that was right."""
        table = []
        for low, high in BINS:
            inside = [(r.primary is f.primary, f.confidence) for r, f in self.rows if low <= f.confidence < high]
            if inside:
                right = sum(one for one, _ in inside) / len(inside)
                table.append((low, high, len(inside), sum(sure for _, sure in inside) / len(inside), right))
        return table

    @property
    def calibration_error(self) -> float:
        """ECE: how far confidence and correctness lie apart, on average over the bins."""
        return sum(size * abs(sure - right) for _, _, size, sure, right in self.reliability()) / len(self.rows)

    def _score(self, label: Label) -> Score:
        right = sum(reply.primary is label and found.primary is label for reply, found in self.rows)
        said = sum(found.primary is label for _, found in self.rows)
        meant = sum(reply.primary is label for reply, _ in self.rows)
        return Score(label, right / said if said else 0.0, right / meant, meant)
