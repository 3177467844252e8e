"""The little language of the rule files, so that a salesperson can read and write them.

    (remove|take) me from ... list      `(a|b)` one of them, `...` up to four words between
    [please] stop writ*                 `[a]` may be missing, `*` any ending of a word
    ^no$                                `^` and `$` the beginning and the end of a sentence
    in @number weeks                    `@number` a number, `@word` any word
    ask @name ... again @when           a person or an address; a point in time

A blank stands for any run of blanks and commas. Each phrase also yields its anchors: words one of which must be in
a text before the expression is worth trying (`phrase_index`). They make a thousand phrases as cheap as a dozen.
"""

from __future__ import annotations

import re
from functools import cached_property

_SYMBOL = re.compile(r"\.\.\.|[()\[\]|^$]|\s+|[^\s()\[\]|^$]+")


NAME_MARK = "§"
"""Stands before what was written like a name, where everything else is in lower case."""


class Phrase:
    """A phrase, compiled when it is first tried: of a thousand, most replies need a dozen.

    One of the `anchors` is in every text it matches; `writ*` ends with its star.
    """

    def __init__(self, source: str, pattern: str, anchors: tuple[str, ...]) -> None:
        self.source = source
        self.anchors = anchors
        self._pattern = pattern

    @cached_property
    def expression(self) -> re.Pattern[str]:
        try:
            return re.compile(self._pattern)
        except re.error as error:
            raise ValueError(f"phrase {self.source!r}: {error}") from error

    def matches(self, sentence: str) -> bool:
        return self.expression.search(sentence) is not None


def compile_phrase(source: str, *, spaced: bool, when: str = "(?!)") -> Phrase:
    """`spaced` is False for scripts without blanks between words (Thai); `when` is the expression of `@when`.

    Raises `ValueError` naming the phrase.
    """
    parser = _Parser(source, spaced, when)
    expression, anchors = parser.alternatives(closing="")
    if spaced:
        expression = rf"(?<!\w)(?:{expression})(?!(?<=\w)\w)"
    return Phrase(source, expression, anchors)


class _Parser:
    """Recursive descent over the symbols; every part returns its expression and its anchors."""

    def __init__(self, source: str, spaced: bool, when: str) -> None:
        self._source = source
        self._symbols = _SYMBOL.findall(source.strip())
        self._at = 0
        self._classes = {
            "@when": (when, ()),
            "@name": (rf"{NAME_MARK}\w[\w.@'-]*", (NAME_MARK,)),
            "@word": (r"\w+", ()),
            "@number": (r"\d+", ()),
        }
        self._gap = r"\W{1,6}" if spaced else r"\s{0,3}"
        self._wild = r"(?:\S{1,40}\s){0,4}?\W{0,2}" if spaced else r".{0,20}?"

    def alternatives(self, closing: str) -> tuple[str, tuple[str, ...]]:
        found = [self._sequence(closing)]
        while self._peek() == "|":
            self._at += 1
            found.append(self._sequence(closing))
        if self._peek() != closing:
            raise ValueError(f"phrase {self._source!r}: {closing or 'the end'} is expected at symbol {self._at}")
        self._at += bool(closing)
        anchors = [anchors for _, anchors in found]
        whole = tuple(word for some in anchors for word in some) if all(anchors) else ()
        return "|".join(expression for expression, _ in found), whole

    def _peek(self) -> str:
        return self._symbols[self._at] if self._at < len(self._symbols) else ""

    def _sequence(self, closing: str) -> tuple[str, tuple[str, ...]]:
        parts: list[str] = []
        best: tuple[str, ...] = ()
        while (symbol := self._peek()) not in {"", "|", closing}:
            self._at += 1
            expression, anchors = self._part(symbol)
            parts.append(expression)
            if anchors and (not best or min(map(len, anchors)) > min(map(len, best))):
                best = anchors
        return "".join(parts), best

    def _part(self, symbol: str) -> tuple[str, tuple[str, ...]]:
        if symbol.isspace():
            # what comes after may be missing, and then the sentence may end here
            return (rf"(?:{self._gap}|$)" if self._peek() in {"[", "..."} else self._gap), ()
        if symbol in {")", "]"}:
            raise ValueError(f"phrase {self._source!r}: {symbol} closes nothing")
        if symbol == "(":
            expression, anchors = self.alternatives(")")
            return f"(?:{expression})", anchors
        if symbol == "[":
            return self._optional(), ()
        if symbol == "...":
            self._skip_blank()
            return self._wild, ()
        if symbol in {"^", "$"}:
            return (r"^\W*" if symbol == "^" else r"\W*$"), ()
        if symbol.startswith("@"):
            return self._classes[symbol]
        return re.escape(symbol).replace(r"\*", r"\w*"), _anchor(symbol)

    def _optional(self) -> str:
        expression, _ = self.alternatives("]")
        gap = self._gap if self._skip_blank() else ""
        return f"(?:(?:{expression}){gap})?"

    def _skip_blank(self) -> bool:
        blank = self._peek().isspace()
        self._at += blank
        return blank


def _anchor(word: str) -> tuple[str, ...]:
    """`writ*` is found by its beginning; a word with a star elsewhere has none."""
    stem = word.removesuffix("*")
    return () if "*" in stem or not stem else (word,)
