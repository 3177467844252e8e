"""English words as `wording_check` weighs them: which only join others, which count, which negate.

Words of quantity, comparison, promise and time (`all`, `more`, `will`, `before`) join nothing: they are claims, and
must stand in the evidence like any other.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

JOINING = frozenset(
    "a an the of in on at to for from with by as into and or but so if when while where which who that this these "
    "those it its they their them he she his her you your we our us i there here is are be been being was were am "
    "has have had having do does did can may means mean meaning lets let also then too such".split()
)
NEGATIONS = frozenset(
    "no not never nobody none nothing neither nor without cannot hardly barely unless except".split()
)
COUNTING = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred thousand million billion half third quarter once twice double triple".split()
)
PARTING = frozenset("than instead until before after versus".split())
"""What stands before them cannot stand behind them."""
_TOKEN = re.compile(r"[$€£¥฿]|\d+(?:[.,\u00a0\u202f]\d+)*(?:\s?%)?|[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_OWNED = re.compile(r"['’]s?$")
_NEGATED = re.compile(r"n['’]t$")
_ENDINGS = ("ing", "ies", "ied", "ed", "es", "s", "e", "y")
_NEAR = 2
_ENOUGH = 0.5
"""Share of the own sentence's words that must come back."""
_ORDERED = 0.9
"""Share of these that must follow one another as there: who does what to whom is said by order."""


def unborne(sentence: str, told: Sequence[str]) -> str:
    """Why the sentence says more than what was told; empty when it does not."""
    heard = [_tokens(text) for text in told]
    known = {token for tokens in heard for token in tokens}
    words = list(_weighed(sentence))
    if strange := next((word for word, token in words if token not in known), None):
        return f"a sentence says {strange!r}, which stands in no evidence behind it"
    said = [token for _, token in words]
    for place, (word, token) in enumerate(words):
        if _anchored(token) and not any(_same_place(said, place, tokens) for tokens in heard):
            return f"a sentence says {word!r} of something else than the evidence does"
        if token in PARTING and not any(_same_sides(said, place, tokens) for tokens in heard):
            return f"a sentence changes what stands before and behind {word!r}"
    return ""


def lacking(text: str, own: str) -> str:
    """What of the own sentence is lost, or turned round, in the new words; empty when it is all there."""
    said, meant = set(_tokens(text)), set(_tokens(own))
    if lost := sorted(token for token in meant - said if _anchored(token)):
        return f"the words left leave out {lost[0]!r}"
    if turned := sorted(token for token in said - meant if token in NEGATIONS):
        return f"the words left bring in {turned[0]!r}"
    if meant and len(said & meant) < _ENOUGH * len(meant):
        return "the words left say something else than the playbook"
    if _in_order(_tokens(text), _tokens(own)) < _ORDERED:
        return "the words left stand in another order, which may turn the sense round"
    return ""


def _in_order(said: Sequence[str], meant: Sequence[str]) -> float:
    """The largest share of the words of both that follow one another as in the own sentence."""
    places = {token: place for place, token in enumerate(meant)}
    found = [places[token] for token in dict.fromkeys(said) if token in places]
    ends = list[int]()
    for place in found:
        spot = bisect_left(ends, place)
        ends[spot : spot + 1] = [place]
    return len(ends) / len(found) if found else 1.0


def _anchored(token: str) -> bool:
    """Whether it means nothing without what stands beside it."""
    return token[:1].isdigit() or token in NEGATIONS or token in COUNTING


def _same_place(said: Sequence[str], place: int, heard: Sequence[str]) -> bool:
    """Whether the word before or after it stands on the same side of it in what was heard."""
    before, after = said[place - 1 : place], said[place + 1 : place + 2]
    for there, token in enumerate(heard):
        if token != said[place]:
            continue
        if set(after) & set(heard[there + 1 : there + 1 + _NEAR]):
            return True
        if not after and set(before) & set(heard[max(0, there - _NEAR) : there]):
            return True
    return False


def _same_sides(said: Sequence[str], place: int, heard: Sequence[str]) -> bool:
    """Whether what stands before and behind the word stands nowhere else in what was heard."""
    before, behind = (set(part) & set(heard) for part in (said[:place], said[place + 1 :]))
    return any(
        before <= set(heard[:there]) and behind <= set(heard[there + 1 :])
        for there, token in enumerate(heard)
        if token == said[place]
    )


def _tokens(text: str) -> list[str]:
    return [token for _, token in _weighed(text)]


def _weighed(text: str) -> Iterator[tuple[str, str]]:
    """Words that carry meaning, each with its stem; a number is itself, to the comma."""
    for found in _TOKEN.findall(text):
        if found[0].isdigit():
            yield found, found.replace(" ", "")
        elif token := _token(found.lower()):
            yield found, token


def _token(word: str) -> str:
    """Empty for a word that only joins others."""
    if _NEGATED.search(word) or word == "cannot":
        return "not"
    bare = _OWNED.sub("", word)
    if bare in JOINING:
        return ""
    return bare if bare in NEGATIONS | COUNTING else _stem(bare)


def _stem(word: str) -> str:
    """`matching`, `matched` and `matches` are one; a short word is only itself."""
    for ending in _ENDINGS:
        if word.endswith(ending) and not (ending == "s" and word.endswith("ss")) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiousl"
    return word[:-1] if doubled else word
