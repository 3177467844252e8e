"""What a reply's wording looks like to the trained model: its words, pairs and triples of words, and pieces of
words.

The trainer and the reader use this one file, so that a weight always means the same piece of text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from closeloop.adapters.replies.normal import plain

LONGEST = 600
"""Characters looked at; what a reply is about is said by then."""
PIECES = (2, 3, 4)
"""Lengths of the pieces of words, in characters."""
_ADDRESS = re.compile(r"\S+@\S+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NUMBER = re.compile(r"\d+")
_LETTERS = re.compile("[^\\W\\d_\u0e00-\u0e7f]+")
_TOKEN = re.compile(r"[^\W_]+|[?!]")


@lru_cache(maxsize=4)
def words_and_pieces(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """The hashes of both kinds of features. Addresses, links and numbers count as such, not as what they say."""
    text = _ADDRESS.sub(" addressmark ", plain(text[:LONGEST]))
    text = _NUMBER.sub("0", _LINK.sub(" linkmark ", text))
    tokens = _TOKEN.findall(text)
    return _words(tokens), _pieces(tokens)


def single_words(text: str) -> list[int]:
    """The hashes of its words alone, without those written in Thai."""
    return [crc32(word.encode()) for word in _LETTERS.findall(plain(text[:LONGEST]))]


def _words(tokens: list[str]) -> frozenset[int]:
    runs = [*tokens, *map(" ".join, pairwise(tokens))]
    runs += map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False))
    return frozenset(crc32(run.encode()) for run in runs)


def _pieces(tokens: list[str]) -> frozenset[int]:
    """Thai writes no blanks between words, so there the pieces run through a whole phrase."""
    return frozenset().union(*map(_pieces_of, set(tokens)))


@lru_cache(maxsize=20_000)
def _pieces_of(token: str) -> frozenset[int]:
    padded = f" {token} "
    return frozenset(
        crc32(f"#{padded[at : at + length]}".encode())
        for length in PIECES
        for at in range(len(padded) - length + 1)
    )
