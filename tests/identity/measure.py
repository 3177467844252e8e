"""`python -m tests.identity.measure`: precision and recall of the matching on the labelled pairs, kind by kind.

A pair counts as found only when the blocks would have brought it together and its likeness reaches the threshold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from closeloop.domain.account_identity import AccountIndex, AccountRecord, read_account
from closeloop.domain.identity import IdentityRules, Likeness, Verdict
from closeloop.domain.identity_index import PeopleIndex
from closeloop.domain.identity_traits import PersonRecord, read_traits

DATA = Path(__file__).parents[1] / "data" / "identity"
Row = dict[str, Any]


class Measured(NamedTuple):
    """How the sure matches compare with the truth, and what would be asked."""

    pairs: int
    precision: float
    recall: float
    asked: float
    """Share of all pairs that go to a human."""
    lost: float
    """Share of the true pairs that are neither matched nor asked about."""
    wrong: list[Row]


def load(name: str) -> list[Row]:
    """The pairs of one file."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def likeness_of(pair: Row) -> Likeness | None:
    """As the product finds it: the first is known, the second looked up; None when no block has both."""
    if pair["what"] == "account":
        accounts = AccountIndex([read_account(AccountRecord(id="a", **pair["a"]))])
        near = accounts.matches(read_account(AccountRecord(id="b", **pair["b"])), 0)
        return near[0][1] if near else None
    people = PeopleIndex()
    people.add(read_traits(PersonRecord(id="a", **pair["a"])))
    found = people.matches(read_traits(PersonRecord(id="b", **pair["b"])), 0)
    return found[0].likeness if found else None


def measure(pairs: Iterable[Row], rules: IdentityRules) -> Measured:
    """Over all pairs, whatever they are of."""
    counts: Counter[tuple[bool, Verdict]] = Counter()
    wrong = []
    for pair in pairs:
        found = likeness_of(pair)
        verdict = rules.verdict(found.score) if found else Verdict.OTHER
        counts[pair["same"], verdict] += 1
        if pair["same"] is not (verdict is Verdict.SAME):
            wrong.append(pair | {"found": str(found), "verdict": verdict.value})
    hits, false = counts[True, Verdict.SAME], counts[False, Verdict.SAME]
    true = sum(number for (same, _), number in counts.items() if same)
    asked = counts[True, Verdict.ASK] + counts[False, Verdict.ASK]
    whole = counts.total()
    return Measured(
        whole, hits / max(1, hits + false), hits / true, asked / whole, counts[True, Verdict.OTHER] / true, wrong
    )


def main() -> None:
    """Prints each set, people and companies apart, then what went wrong by kind."""
    for name in ("tuned.jsonl", "held_out.jsonl", "by_hand.jsonl"):
        for what in ("person", "account"):
            found = measure([pair for pair in load(name) if pair["what"] == what], IdentityRules())
            print(  # noqa: T201
                f"{name:16} {what:8} {found.pairs:4} pairs  precision {found.precision:.3f}  "
                f"recall {found.recall:.3f}  "
                f"asked {found.asked:.1%}  lost {found.lost:.1%}  "
                f"{dict(Counter((w['kind'], w['verdict']) for w in found.wrong))}"
            )


if __name__ == "__main__":
    main()
