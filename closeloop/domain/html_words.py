"""The words of a mail that came as HTML only: what a mail program shows, line by line, quotes marked or left out.

Invariant: never raises, and takes time in proportion to the length, whatever an attacker nests or leaves open.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

MOST_CHARACTERS = 200_000
"""Of the HTML; some mail programs put a hundred thousand characters of styles before the first word."""
_LOOKS_LIKE_IT = re.compile(r"<(?:html|body|div|p|br|blockquote|table|span)\b", re.IGNORECASE)
_UNSEEN = frozenset({"head", "style", "script", "title", "template"})
_LINES = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"})
_OF_THE_PROGRAM = re.compile(r"gmail_quote|gmail_signature|moz-signature|moz-cite-prefix")
_ALL_BELOW_IS_QUOTED = re.compile(r"divRplyFwdMsg|appendonsend")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NO_TAG = re.compile(r"<[!?][^<>]*>?|<(?=[^<>]*(?:<|\Z))")
"""Declarations, and a `<` that nothing closes: the parser would search the whole rest for its end, each time."""
QUOTED = "> …"
"""Stands for a quote, so that whoever looks for the writer's own words knows that one was there."""


def is_html(text: str) -> bool:
    """Whether a body holds the markup of a mail."""
    return _LOOKS_LIKE_IT.search(text[:MOST_CHARACTERS]) is not None


def words_of(html: str) -> str:
    """The text that a reader sees, without quoted mails and signatures that the mail program marked as such."""
    reader = _Words()
    reader.feed(_plain_tags(html[:MOST_CHARACTERS]))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _plain_tags(html: str) -> str:
    """Without comments and whatever is no whole tag."""
    closed = html.rfind("-->") + 3 if "-->" in html else 0
    return _NO_TAG.sub(" ", _COMMENT.sub(" ", html[:closed]) + html[closed:])


class _Words(HTMLParser):
    """Depth of what is open decides whether text counts; a tag that is never closed hides only what follows it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._quotes = 0
        self._left_out: list[str] = []
        """The elements of one kind that are open inside one that is left out, itself the first."""
        self._ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in {"id", "class"})
        self._ended = self._ended or _ALL_BELOW_IS_QUOTED.search(marks) is not None
        if tag in _UNSEEN:
            self._unseen += 1
        elif self._left_out:
            self._left_out += [tag] * (tag == self._left_out[0])
        elif tag == "blockquote":
            self.parts.append(f"\n{QUOTED}\n" if not self._quotes else "")
            self._quotes += 1
        elif _OF_THE_PROGRAM.search(marks) and tag not in {"br", "hr", "img"}:
            self.parts.append(f"\n{QUOTED}\n" if "quote" in marks else "\n")
            self._left_out = [tag]
        elif tag in _LINES:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif self._left_out:
            if tag == self._left_out[0]:
                self._left_out.pop()
        elif tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        elif tag in _LINES:
            self._line()

    def handle_data(self, data: str) -> None:
        if self._counts():
            self.parts.append(data.replace("\n", " ").replace("\r", " "))

    def _line(self) -> None:
        if self._counts():
            self.parts.append("\n")

    def _counts(self) -> bool:
        return not (self._unseen or self._quotes or self._left_out or self._ended)
