"""What a reply's wording most likely says, by weights learned from labelled replies (multinomial logistic
regression).

The weights are data beside this file, made by `python -m tests.replies.train`; nothing but the standard
library reads them. They are a second opinion: what they may decide is in `second_opinion.py`.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt
from zlib import compress, decompress

from closeloop.adapters.replies.wording_features import single_words, words_and_pieces
from closeloop.domain.signals import Label

FILE = "wording.weights"
FEW_WORDS = 4
"""Of fewer words, or of Thai, which writes no blanks, their pieces are looked at instead."""
FOREIGN_BELOW = 0.35


@dataclass(frozen=True, slots=True)
class Calibration:
    """How much the model and the rules weigh against each other."""

    temperature: float
    """By which the model's scores are divided; fitted on the validation replies."""
    trust: float
    """By which the worth of the rules' findings is multiplied; fitted with it."""
    sure: Mapping[Label, float]
    """What a rule's label adds to the model's score: the logarithm of how much oftener a rule finds it in
    replies that mean it than in others, counted on the training replies."""
    hinted: Mapping[Label, float]
    """The same for a label that was only hinted at, such as by a bare question mark."""


@dataclass(frozen=True, slots=True)
class WordingModel:
    """One row of weights per feature, a whole number for every label; `scale` brings them back to size."""

    labels: tuple[Label, ...]
    bias: tuple[float, ...]
    scale: float
    rows: Mapping[int, array[int]]
    calibration: Calibration
    trained_on: str
    """The hash of the training replies, so that a test can tell when the weights are out of date."""

    def scores(self, text: str) -> tuple[float, ...]:
        """One score per label; higher is likelier. Never raises, and takes well under a millisecond."""
        totals = list(self.bias)
        for kind in words_and_pieces(text):
            known = [self.rows[feature] for feature in kind if feature in self.rows]
            if known:
                share = self.scale / sqrt(len(known))
                sums = map(sum, zip(*known, strict=True))
                totals = [total + share * found for total, found in zip(totals, sums, strict=True)]
        return tuple(totals)

    def is_foreign(self, text: str) -> bool:
        """Whether hardly a word of it was ever seen in training: it is in a language nobody here reads."""
        known = [feature in self.rows for feature in single_words(text)]
        if len(known) >= FEW_WORDS:
            return sum(known) < FOREIGN_BELOW * len(known)
        every = [feature for kind in words_and_pieces(text) for feature in kind]
        return sum(feature in self.rows for feature in every) < FOREIGN_BELOW * len(every) or not every


def shares(scores: Mapping[Label, float]) -> dict[Label, float]:
    """Scores as probabilities that sum to one."""
    top = max(scores.values())
    raised = {label: exp(score - top) for label, score in scores.items()}
    whole = sum(raised.values())
    return {label: found / whole for label, found in raised.items()}


@lru_cache(maxsize=1)
def wording_model() -> WordingModel:
    """The weights as shipped."""
    return unpacked(files(__package__).joinpath(FILE).read_bytes())


def packed(model: WordingModel) -> bytes:
    """The file: one line of JSON, then compressed the features' hashes and their rows of small whole numbers."""
    head = {
        "labels": [label.value for label in model.labels],
        "bias": [round(found, 4) for found in model.bias],
        "scale": model.scale,
        "features": len(model.rows),
        "temperature": model.calibration.temperature,
        "trust": model.calibration.trust,
        "sure": {label.value: round(found, 3) for label, found in model.calibration.sure.items()},
        "hinted": {label.value: round(found, 3) for label, found in model.calibration.hinted.items()},
        "trained_on": model.trained_on,
    }
    hashes = array("I", sorted(model.rows))
    rows = array("b", [weight for feature in hashes for weight in model.rows[feature]])
    body = compress(_little(hashes).tobytes() + rows.tobytes(), 9)
    return json.dumps(head).encode() + b"\n" + body


def unpacked(data: bytes) -> WordingModel:
    """The model in the bytes of such a file."""
    line, _, rest = data.partition(b"\n")
    head, body = json.loads(line), decompress(rest)
    labels, many = tuple(map(Label, head["labels"])), int(head["features"])
    hashes = array("I")
    hashes.frombytes(body[: 4 * many])
    return WordingModel(
        labels,
        tuple(head["bias"]),
        head["scale"],
        dict(zip(_little(hashes), _rows(body[4 * many :], len(labels)), strict=True)),
        Calibration(head["temperature"], head["trust"], _by_label(head["sure"]), _by_label(head["hinted"])),
        head["trained_on"],
    )


def _by_label(found: Mapping[str, float]) -> dict[Label, float]:
    return {Label(name): worth for name, worth in found.items()}


def _rows(body: bytes, width: int) -> Iterator[array[int]]:
    weights = array("b")
    weights.frombytes(body)
    return (weights[at : at + width] for at in range(0, len(weights), width))


def _little(hashes: array[int]) -> array[int]:
    """In the byte order of the file, which is that of nearly every machine."""
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes
