"""`python -m tests.identity.generate`: writes the labelled pairs of tests/data/identity anew.

Invariant: what a pair is was decided before it was written: two rows of one invented person, or of two.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.identity import company_pairs, dirt
from tests.identity.seeds import HELD_OUT, TUNED, Seeds

DATA = Path(__file__).parents[1] / "data" / "identity"
PEOPLE, COMPANIES = 700, 260
FREE = ("gmail.example", "outlook.example", "yahoo.test")
Row = dict[str, Any]


class Invented:
    """One person, and rows about them."""

    def __init__(self, seeds: Seeds, chance: random.Random, like: Row | None = None) -> None:
        self.chance, self.seeds = chance, seeds
        country = chance.choice(list(dirt.DIAL))
        base: Row = {
            "first_name": chance.choice(seeds.given),
            "last_name": chance.choice(seeds.surnames),
            "company": chance.choice(seeds.companies),
            "country": country,
        }
        self.row = base | (like or {})
        tail = "".join(chance.choice("0123456789") for _ in range(13 - len(dirt.DIAL[self.row["country"]])))
        self.row.setdefault("phone", dirt.DIAL[self.row["country"]] + tail)
        self.row.setdefault(
            "email", dirt.address(self.row["first_name"], self.row["last_name"], self.domain, chance)
        )

    @property
    def domain(self) -> str:
        return f"{dirt.slug(self.row['company'])}.example"

    def written(self, **changes: Any) -> Row:
        """A row as some export has it: always a little dirty, with gaps."""
        row, chance = self.row | changes, self.chance
        country = row["country"]
        shown = {
            "first_name": dirt.letters(dirt.accents(row["first_name"] or "", chance), chance),
            "last_name": dirt.letters(dirt.accents(row["last_name"], chance), chance),
            "company": dirt.company(row["company"], country, chance),
            "email": row["email"],
            "phone": dirt.phone(row["phone"], country, chance) if row["phone"] and chance.random() < 0.6 else None,
            "country": chance.choice(dirt.COUNTRY_WORDS[country]) if chance.random() < 0.7 else None,
        }
        return {name: value for name, value in shown.items() if value}


# --- one person, twice --------------------------------------------------------------------------------


def _same_address(a: Invented) -> tuple[Row, Row]:
    local, _, domain = a.row["email"].partition("@")
    other = a.chance.choice([a.row["email"].upper(), f"{local}+crm@{domain}", a.row["email"]])
    return a.written(), a.written(email=other, last_name=dirt.typo(a.row["last_name"], a.chance))


def _other_style(a: Invented) -> tuple[Row, Row]:
    second = dirt.address(a.row["first_name"], a.row["last_name"], a.domain, a.chance)
    return a.written(), a.written(email=second)


def _short_name(a: Invented) -> tuple[Row, Row]:
    a.row["first_name"] = a.chance.choice(list(a.seeds.short))
    short = a.seeds.short[a.row["first_name"]]
    a.row["email"] = dirt.address(a.row["first_name"], a.row["last_name"], a.domain, a.chance)
    return a.written(), a.written(
        first_name=short, email=dirt.address(short, a.row["last_name"], a.domain, a.chance)
    )


def _misspelt(a: Invented) -> tuple[Row, Row]:
    second = dirt.address(a.row["first_name"], a.row["last_name"], a.domain, a.chance)
    return a.written(), a.written(last_name=dirt.typo(a.row["last_name"], a.chance), email=second)


def _private_address(a: Invented) -> tuple[Row, Row]:
    free = f"{dirt.slug(a.row['first_name'])}.{dirt.slug(a.row['last_name'])}@{a.chance.choice(FREE)}"
    return a.written(), a.written(email=free)


def _swapped(a: Invented) -> tuple[Row, Row]:
    second = dirt.address(a.row["first_name"], a.row["last_name"], a.domain, a.chance)
    return a.written(), a.written(first_name=a.row["last_name"], last_name=a.row["first_name"], email=second)


def _one_cell(a: Invented) -> tuple[Row, Row]:
    first, last = a.row["first_name"], a.row["last_name"]
    whole = a.chance.choice([f"{last}, {first}", f"Dr. {first} {last}"])
    second = dirt.address(first, last, a.domain, a.chance)
    return a.written(), a.written(first_name="", last_name=whole, email=second)


def _initial(a: Invented) -> tuple[Row, Row]:
    second = f"{dirt.slug(a.row['first_name'])[0]}.{dirt.slug(a.row['last_name'])}@{a.domain}"
    return a.written(), a.written(first_name=f"{a.row['first_name'][0]}.", email=second)


def _other_domain(a: Invented) -> tuple[Row, Row]:
    local = a.row["email"].partition("@")[0]
    host = a.chance.choice([f"mail.{a.domain}", a.domain.replace(".example", ".test")])
    return a.written(), a.written(email=f"{local}@{host}")


def _half_surname(a: Invented) -> tuple[Row, Row]:
    last = a.row["last_name"]
    a.row["last_name"] = f"{last}-{a.chance.choice(a.seeds.surnames)}"
    second = dirt.address(a.row["first_name"], last, a.domain, a.chance)
    return a.written(), a.written(last_name=last, email=second)


def _misspelt_company(a: Invented) -> tuple[Row, Row]:
    free = dirt.address(a.row["first_name"], a.row["last_name"], a.chance.choice(FREE), a.chance)
    return a.written(), a.written(company=dirt.typo(a.row["company"], a.chance), email=free)


# --- two people ---------------------------------------------------------------------------------------


def _other(a: Invented, **like: Any) -> Invented:
    return Invented(a.seeds, a.chance, {"country": a.row["country"]} | like)


def _another(values: tuple[str, ...], than: str, chance: random.Random) -> str:
    return chance.choice([value for value in values if value != than])


def _colleague(a: Invented) -> tuple[Row, Row]:
    last = _another(a.seeds.surnames, a.row["last_name"], a.chance)
    return a.written(), _other(a, company=a.row["company"], phone=a.row["phone"], last_name=last).written()


def _relative(a: Invented) -> tuple[Row, Row]:
    first = _another(a.seeds.given, a.row["first_name"], a.chance)
    while first[0] == a.row["first_name"][0] and a.chance.random() < 0.5:
        first = _another(a.seeds.given, a.row["first_name"], a.chance)
    like = {"company": a.row["company"], "last_name": a.row["last_name"], "first_name": first}
    return a.written(), _other(a, **like).written()


def _a_letter_apart(a: Invented) -> tuple[Row, Row]:
    one, two = a.chance.choice(
        [("Maria", "Mario"), ("Karl", "Karla"), ("Nina", "Nino"), ("Daniel", "Daniela"), ("Julian", "Juliana"),
         ("Andrea", "Andreas"), ("Christian", "Christiane"), ("Ivo", "Iva"), ("Paul", "Paula"), ("Luis", "Luisa")]
    )  # fmt: skip
    style = a.chance.choice(["{}.{}", "{}_{}", "{}{}"])
    last = dirt.slug(a.row["last_name"])
    rows = [a.written(first_name=n, email=f"{style.format(dirt.slug(n), last)}@{a.domain}") for n in (one, two)]
    return rows[0], rows[1]


def _similar_surnames(a: Invented) -> tuple[Row, Row]:
    one, two = a.chance.choice(
        [("Hansen", "Jansen"), ("Wang", "Wong"), ("Meyer", "Mayer"), ("Clark", "Clarke"), ("Jensen", "Jenson"),
         ("Martin", "Marvin"), ("Kovac", "Kovar"), ("Brandt", "Brand"), ("Castillo", "Castello")]
    )  # fmt: skip
    style, first = a.chance.choice(["{}.{}", "{}_{}", "{}{}"]), dirt.slug(a.row["first_name"])
    rows = [a.written(last_name=n, email=f"{style.format(first, n.lower())}@{a.domain}") for n in (one, two)]
    return rows[0], rows[1]


def _namesake_elsewhere(a: Invented) -> tuple[Row, Row]:
    company = _another(a.seeds.companies, a.row["company"], a.chance)
    like = {"first_name": a.row["first_name"], "last_name": a.row["last_name"], "company": company}
    return a.written(), _other(a, **like).written()


def _numbered_namesake(a: Invented) -> tuple[Row, Row]:
    local = f"{dirt.slug(a.row['first_name'])}.{dirt.slug(a.row['last_name'])}"
    second = _other(a, **{name: a.row[name] for name in ("first_name", "last_name", "company")})
    return a.written(email=f"{local}@{a.domain}"), second.written(
        email=f"{local}{a.chance.randint(1, 9)}@{a.domain}"
    )


def _shared_mailbox(a: Invented) -> tuple[Row, Row]:
    box = f"{a.chance.choice(['info', 'office', 'sales', 'einkauf'])}@{a.domain}"
    last = _another(a.seeds.surnames, a.row["last_name"], a.chance)
    first = _another(a.seeds.given, a.row["first_name"], a.chance)
    b = _other(a, company=a.row["company"], phone=a.row["phone"], last_name=last, first_name=first)
    return a.written(email=box), b.written(email=box)


def _generations(a: Invented) -> tuple[Row, Row]:
    last = dirt.slug(a.row["last_name"])
    one = a.written(last_name=f"{a.row['last_name']} Sr.", email=f"{last}@{a.domain}")
    return one, a.written(
        last_name=f"{a.row['last_name']} Jr.", email=f"{dirt.slug(a.row['first_name'])}@{a.domain}"
    )


def _strangers(a: Invented) -> tuple[Row, Row]:
    company = _another(a.seeds.companies, a.row["company"], a.chance)
    return a.written(), _other(a, last_name=a.row["last_name"], company=company).written()


Kind = Callable[[Invented], tuple[Row, Row]]
SAME: tuple[tuple[Kind, int], ...] = (
    (_same_address, 6), (_other_style, 8), (_short_name, 7), (_misspelt, 6), (_private_address, 6), (_swapped, 4),
    (_one_cell, 5), (_initial, 4), (_other_domain, 5), (_half_surname, 4), (_misspelt_company, 4),
)  # fmt: skip
OTHER: tuple[tuple[Kind, int], ...] = (
    (_colleague, 7), (_relative, 8), (_a_letter_apart, 6), (_similar_surnames, 5), (_namesake_elsewhere, 9),
    (_numbered_namesake, 5), (_shared_mailbox, 4), (_generations, 2), (_strangers, 4),
)  # fmt: skip


def people(seeds: Seeds, seed: int, number: int = PEOPLE) -> list[Row]:
    """So many labelled pairs of people."""
    chance = random.Random(seed)  # noqa: S311 - invented people, not secrets
    ways = [(kind, True, weight) for kind, weight in SAME] + [(kind, False, weight) for kind, weight in OTHER]
    drawn = chance.choices(ways, [weight for *_, weight in ways], k=number)
    return [_pair("person", kind.__name__, same, kind(Invented(seeds, chance))) for kind, same, _ in drawn]


def companies(seeds: Seeds, seed: int, number: int = COMPANIES) -> list[Row]:
    """So many labelled pairs of companies."""
    chance = random.Random(seed)  # noqa: S311
    return [_pair("account", *company_pairs.draw(seeds.companies, chance)) for _ in range(number)]


def _pair(what: str, kind: str, same: bool, rows: tuple[Row, Row]) -> Row:
    a, b = rows
    return {"what": what, "kind": kind.strip("_").replace("_", " "), "same": same, "a": a, "b": b}


def write(name: str, pairs: list[Row]) -> None:
    """One pair a line."""
    lines = (json.dumps(pair, ensure_ascii=False) for pair in pairs)
    (DATA / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    write("tuned.jsonl", people(TUNED, 11) + companies(TUNED, 12))
    write("held_out.jsonl", people(HELD_OUT, 21) + companies(HELD_OUT, 22))
