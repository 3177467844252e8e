"""The colleague that a reply or an absence note points to: a name, an address, or both."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from closeloop.domain.mail_addresses import mailbox

_ADDRESS = re.compile(
    r"[A-Za-z0-9][\w.+'-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_PART = r"[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ'’]+(?:-[A-ZÀ-Þ][a-zà-ÿ]+)?(?:[A-Z][a-z]+)?"
_SMALL = r"(?:(?:van|von|de|del|der|den|la|le|bin|al|zu|dos|da|y) ){0,2}"
_NAME = rf"(?P<name>{_PART}(?: {_SMALL}(?:{_PART}|[A-Z]\.)){{0,3}})"
_THAI_WORD = "[\u0e01-\u0e3a\u0e40-\u0e4e]{2,20}?"


_PHONE = re.compile(r"(?<![\w.])(?:\+|00|\(?0)\d[\d ()/-]{6,17}\d(?![\w.]?\d)")
"""As people write them: `+49 30 5550 11`, `020 7946 0123`."""


@dataclass(frozen=True, slots=True)
class _PeopleRules:
    clauses: tuple[re.Pattern[str], ...]
    not_names: frozenset[str]


@lru_cache(maxsize=1)
def _rules() -> _PeopleRules:
    raw = yaml.safe_load(files(__package__).joinpath("rules", "people.yaml").read_text(encoding="utf-8"))
    title, before, after = ("|".join(raw[name]) for name in ("titles", "before", "after"))
    clauses = (
        rf"{_NAME},? ?(?:[<(\[]|at |unter |en |: ?)+(?:mailto:)?{_ADDRESS.pattern}",
        rf"(?:{title}){_NAME}",
        rf"\b(?:{before}),? (?:{title})?{_NAME}",
        rf"{_NAME}(?: \([^)]*\)|, [^,.]{{3,40}},)? (?:{after})\b",
        rf"(?<!ขอบ)(?<!ของ)คุณ\s?(?P<name>{_THAI_WORD}(?: (?!{raw['thai_after']}){_THAI_WORD})?)"
        rf"(?=\s|$|[(,.]|{raw['thai_after']})",
    )
    return _PeopleRules(tuple(map(re.compile, clauses)), frozenset(raw["not_names"].split()))


def pointed_to(sentences: Sequence[str], writers: Collection[str]) -> dict[str, str] | None:
    """`name`, `email` and `phone` of somebody else in these sentences; None when nobody is named."""
    text = " ".join(" ".join(sentence.split()) for sentence in sentences)
    own = {mailbox(writer) for writer in writers}
    email = next((found for found in map(_clean, _ADDRESS.findall(text)) if mailbox(found) not in own), None)
    name = _name(text.replace("'s ", " ").replace("’s ", " ")) or (_name_of_address(email, text) if email else None)
    if not name and not email:
        return None
    phone = _PHONE.search(_ADDRESS.sub(" ", text))
    found = {"name": name, "email": email, "phone": phone.group().strip() if phone else None}
    return {key: value for key, value in found.items() if value}


def _clean(address: str) -> str:
    return address.rstrip(".,;:>)'")


def _name(text: str) -> str | None:
    for clause in _rules().clauses:
        for found in clause.finditer(text):
            name = _without_edges(found.group("name"))
            if name:
                return name
    return None


def _without_edges(name: str) -> str | None:
    """The name without words that only look like one because a sentence or a role begins with them."""
    words = name.split()
    while words and words[0].lower().strip(".") in _rules().not_names:
        words.pop(0)
    while words and (words[-1].lower() in _rules().not_names or words[-1].islower()):
        words.pop()
    return None if not words or any(word.lower() in _rules().not_names for word in words) else " ".join(words)


def _name_of_address(email: str, text: str) -> str | None:
    """`jane.doe@…` is Jane Doe when the text says Jane somewhere."""
    first = email.partition("@")[0].split(".")[0].capitalize()
    found = re.search(rf"\b{re.escape(first)}(?: {_PART})?\b", text)
    return found.group() if found and len(first) > 2 and first.lower() not in _rules().not_names else None
