"""`python -m tests.replies.train`: learn the wording model from the training replies and fit its calibration.

Plain Python, so that the project needs no numerical library: about two minutes. The same replies give the same
file.
"""

from __future__ import annotations

import hashlib
import random
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import exp, log, sqrt
from pathlib import Path

import closeloop.adapters.replies as package
from closeloop.adapters.replies.second_opinion import combined
from closeloop.adapters.replies.wording_features import words_and_pieces
from closeloop.adapters.replies.wording_model import FILE, Calibration, WordingModel, packed, wording_model
from closeloop.domain.signals import Label
from tests.replies.sets import TRAINED_ON, Reply, read, rules_alone

MACHINES = {Label.OUT_OF_OFFICE, Label.AUTO_REPLY, Label.BOUNCE}
"""Recognised by their headers and their form, not by their wording."""
ROUNDS = 30
RATE = 0.5
DECAY = 2e-6
"""L2, per step."""
SEED = 7
TOP = 127
MOST_WORTH = 5.0
"""Of a rule that never erred here; it may yet."""
SEEN = 2
"""A feature in fewer replies teaches nothing about others."""


def trained(replies: Sequence[Reply], digest: str) -> WordingModel:
    """Weights learned by stochastic gradient descent with AdaGrad steps; classes weigh the same whatever their
    size.
    """
    labels = tuple(label for label in Label if label not in MACHINES)
    kinds = [words_and_pieces(reply.body) for reply in replies]
    counted = Counter(feature for both in kinds for kind in both for feature in kind)
    number = {feature: n for n, feature in enumerate(sorted(f for f, count in counted.items() if count >= SEEN))}
    texts = [_values(both, number) for both in kinds]
    meant = [labels.index(reply.primary) for reply in replies]
    weights, bias = _descend(texts, meant, len(number), len(labels))
    return _quantised(labels, weights, bias, number, digest)


def _values(both: tuple[frozenset[int], frozenset[int]], number: dict[int, int]) -> list[tuple[int, float]]:
    found = []
    for kind in both:
        known = sorted(number[feature] for feature in kind if feature in number)
        found += [(n, 1 / sqrt(len(known))) for n in known]
    return found


def _descend(
    texts: list[list[tuple[int, float]]], meant: list[int], features: int, classes: int
) -> tuple[list[list[float]], list[float]]:
    """One row of weights per class, and the biases."""
    weights = [[0.0] * features for _ in range(classes)]
    squares = [[1e-2] * features for _ in range(classes)]
    bias, counts, order = [0.0] * classes, Counter(meant), list(range(len(texts)))
    balance = [len(meant) / (classes * max(1, counts[k])) for k in range(classes)]
    chance = random.Random(SEED)  # noqa: S311 - it only shuffles
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for at in order:
            text, right = texts[at], meant[at]
            wrong = _shares([b + sum(row[n] * v for n, v in text) for row, b in zip(weights, bias, strict=True)])
            wrong[right] -= 1
            for k, share in enumerate(wrong):
                step = share * sqrt(balance[right])
                if abs(step) > 1e-3:
                    bias[k] -= 0.05 * step
                    _step(weights[k], squares[k], text, step)
    return weights, bias


def _step(row: list[float], square: list[float], text: list[tuple[int, float]], step: float) -> None:
    for n, value in text:
        slope = step * value + DECAY * row[n]
        square[n] += slope * slope
        row[n] -= RATE * slope / sqrt(square[n])


def _shares(scores: list[float]) -> list[float]:
    top = max(scores)
    raised = [exp(score - top) for score in scores]
    whole = sum(raised)
    return [found / whole for found in raised]


def _quantised(
    labels: tuple[Label, ...], weights: list[list[float]], bias: list[float], number: dict[int, int], digest: str
) -> WordingModel:
    scale = max(abs(weight) for row in weights for weight in row) / TOP
    rows = {feature: array("b", [round(row[n] / scale) for row in weights]) for feature, n in number.items()}
    return WordingModel(labels, tuple(bias), scale, rows, Calibration(1.0, 1.0, {}, {}), digest)


def worth(replies: Sequence[Reply], labels: Sequence[Label]) -> tuple[dict[Label, float], dict[Label, float]]:
    """What a finding of the rules is worth as evidence, for labels they are sure of and for those only hinted
    at.
    """
    said = [(rules_alone(reply), reply.labels) for reply in replies if reply.body.strip()]

    def counted(label: Label, *, hinted: bool) -> float:
        finds = [(label in (rules.hinted if hinted else rules.sure), label in meant) for rules, meant in said]
        right = sum(found and meant for found, meant in finds)
        wrong = sum(found and not meant for found, meant in finds)
        own = sum(meant for _, meant in finds)
        # One more of each kind, so that what was never seen is not certain.
        ratio = (right + 1) / (own + 2) / ((wrong + 1) / (len(finds) - own + 2))
        return min(MOST_WORTH, max(0.0, log(ratio)))

    sure = {label: counted(label, hinted=False) for label in labels}
    return sure, {label: counted(label, hinted=True) if sure[label] else 0.0 for label in labels}


def calibrated(model: WordingModel, replies: Sequence[Reply]) -> Calibration:
    """What makes the validation replies likeliest."""
    known = [
        (dict(zip(model.labels, model.scores(reply.body), strict=True)), rules_alone(reply), reply.primary)
        for reply in replies
        if reply.primary in model.labels and reply.body.strip()
    ]

    def loss(tried: Calibration) -> float:
        return -sum(log(max(1e-9, combined(scores, said, tried)[meant])) for scores, said, meant in known)

    sure, hinted = worth(read("train"), model.labels)
    grid = product((0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0), (0.2, 0.4, 0.6, 0.8, 1.0, 1.25))
    return min((Calibration(*found, sure, hinted) for found in grid), key=loss)


def main() -> None:
    """Train, calibrate, write."""
    print("learning …")  # noqa: T201 - a command for people
    replies = [reply for name in TRAINED_ON for reply in read(name) if reply.primary not in MACHINES]
    model = trained([reply for reply in replies if reply.body.strip()], digest_of(TRAINED_ON))
    found = calibrated(model, [*read("validation"), *read("letters")])
    final = WordingModel(model.labels, model.bias, model.scale, model.rows, found, model.trained_on)
    path = Path(package.__file__).with_name(FILE)
    path.write_bytes(packed(final))
    wording_model.cache_clear()
    fitted = f"temperature {found.temperature}, trust {found.trust}"
    print(f"{len(replies):,} replies, {len(model.rows):,} features, {fitted}")  # noqa: T201
    print(f"{path.stat().st_size:,} bytes in {path.name}")  # noqa: T201


def digest_of(names: Sequence[str]) -> str:
    """One hash over these sets as they are on disk."""
    from tests.replies.sets import path_of

    whole = hashlib.sha256()
    for name in names:
        whole.update(path_of(name).read_bytes())
    return whole.hexdigest()


if __name__ == "__main__":
    main()
