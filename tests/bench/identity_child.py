"""The search itself: invented leads of which every tenth is a dirty double, looked up one after the other."""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

from closeloop.domain.identity import IdentityRules, Verdict
from closeloop.domain.identity_index import PeopleIndex
from closeloop.domain.identity_traits import PersonRecord, Traits, read_traits
from tests.identity.dirt import slug
from tests.identity.generate import SAME, Invented
from tests.identity.seeds import HELD_OUT, TUNED, Seeds

ONE_DOUBLE_IN = 10
_SYLLABLES = "ba ren dor mi sal ve kin to lar fen gus hol ja nik pe rou sti tam ul wei".split()


def leads(number: int, seed: int) -> list[tuple[PersonRecord, str]]:
    """Records with the id of the one each is a double of, or nothing."""
    chance = random.Random(seed)  # noqa: S311 - invented people, not secrets
    seeds = _wide(chance, number)
    kinds, weights = zip(*SAME, strict=True)
    made: list[tuple[PersonRecord, str]] = []
    seen: set[tuple[str, str, str]] = set()
    while len(made) < number:
        person = _new(seeds, chance, seen)
        if chance.random() < 1 / (ONE_DOUBLE_IN - 1):
            first, second = chance.choices(kinds, weights)[0](person)
            made.append((PersonRecord(id=str(len(made)), **first), ""))
            made.append((PersonRecord(id=str(len(made)), **second), str(len(made) - 1)))
        else:
            made.append((PersonRecord(id=str(len(made)), **person.written()), ""))
    return made[:number]


def _new(seeds: Seeds, chance: random.Random, seen: set[tuple[str, str, str]]) -> Invented:
    """Somebody whose name and company nobody has had yet: else chance would plant doubles that nobody counted."""
    while True:
        person = Invented(seeds, chance)
        row = person.row
        mark = (slug(row["first_name"])[:1], slug(row["last_name"]), slug(row["company"]))
        if mark not in seen:
            seen.add(mark)
            return person


def _wide(chance: random.Random, number: int) -> Seeds:
    """As many surnames and companies as so many leads have."""

    def coined(parts: int) -> str:
        return "".join(chance.choice(_SYLLABLES) for _ in range(parts)).capitalize()

    surnames = {*TUNED.surnames, *HELD_OUT.surnames, *(coined(3) for _ in range(4_000))}
    endings = [name.split()[-1] for name in (*TUNED.companies, *HELD_OUT.companies) if " " in name]
    companies = {f"{coined(chance.choice((2, 3)))} {chance.choice(endings)}" for _ in range(max(50, number // 12))}
    given = {*TUNED.given, *HELD_OUT.given, *(coined(2) for _ in range(200))}
    return Seeds(tuple(sorted(given)), TUNED.short, tuple(sorted(surnames)), tuple(sorted(companies)))


def search(traits: list[Traits], index: PeopleIndex) -> tuple[dict[str, str], int]:
    """Each double with the earlier record it was taken for, and how many a human would be asked about."""
    rules, found, asked = IdentityRules(), dict[str, str](), 0
    for one in traits:
        best = next(iter(index.matches(one, rules.ask)), None)
        if best and rules.verdict(best.likeness.score) is Verdict.SAME:
            found[one.id] = best.traits.id
        elif best:
            asked += 1
        index.add(one)
    return found, asked


def main(job: Path, result: Path) -> None:
    """Only the product's own work is timed: reading the traits and searching."""
    wanted = json.loads(job.read_text())
    made = leads(wanted["leads"], wanted["seed"])
    index = PeopleIndex()
    started, busy = time.perf_counter(), time.process_time()
    traits = [read_traits(record) for record, _ in made]
    read = time.perf_counter() - started
    found, asked = search(traits, index)
    seconds = time.perf_counter() - started
    truth = {record.id: double_of for record, double_of in made if double_of}
    right = sum(1 for double, of in found.items() if truth.get(double) == of)
    told: dict[str, Any] = {
        "leads": len(made),
        "planted": len(truth),
        "recall": right / max(1, len(truth)),
        "precision": right / max(1, len(found)),
        "asked": asked,
        "compared": index.compared,
        "reading_seconds": read,
        "wall_seconds": seconds,
        "cpu_seconds": time.process_time() - busy,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    result.write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
