"""Every choice of a buyer, drawn from the seed and the person alone.

A draw depends on the seed, the address and a name for the choice, never on what was drawn before, so two
runs with the same mails give the same acts whatever the order of the mails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Chance:
    """The luck of one person under one seed."""

    seed: int
    address: str

    def share(self, *name: object) -> float:
        """A number from 0 up to but not including 1, always the same for the same name."""
        text = "|".join(map(str, (self.seed, self.address, *name)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56

    def between(self, low: int, high: int, *name: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.share(*name) * (high - low + 1))

    def happens(self, probability: float, *name: object) -> bool:
        """Whether something of this probability comes true."""
        return self.share(*name) < probability

    def pick(self, choices: Sequence[Choice], *name: object) -> Choice:
        """One of the choices, each as likely as the others."""
        return choices[int(self.share(*name) * len(choices))]

    def weighted(self, choices: Sequence[tuple[Choice, float]], *name: object) -> Choice:
        """One of the choices, as likely as its weight."""
        point = self.share(*name) * sum(weight for _, weight in choices)
        for choice, weight in choices:
            point -= weight
            if point < 0:
                return choice
        return choices[-1][0]

    def token(self, length: int, *name: object) -> str:
        """A string of lower-case hex digits, for ids that a mail program would make up."""
        text = "|".join(map(str, (self.seed, self.address, "token", *name)))
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()[:length]
