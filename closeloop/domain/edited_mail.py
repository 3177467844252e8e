"""A planned mail in the words of whoever approved it.

Invariant: what the law wants below a mail (who writes, from where, how to stop it) stays as it was planned, and
text and HTML say the same.
"""

from __future__ import annotations

import re
from html import escape

from closeloop.domain.errors import UsageError
from closeloop.domain.messages import RenderedMail

FOOTER = "\n-- \n"
MOST_CHARACTERS = 20_000
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_EMPTY_LINES = re.compile(r"\n\s*\n")
_SUBJECT = re.compile(r"^subject:[ \t]*(.+)\n+", re.IGNORECASE)


def words_above(text: str) -> str:
    """What a person may change: the mail without its footer."""
    return text.partition(FOOTER)[0].strip()


def edited(mail: RenderedMail, given: str, language: str = "en") -> RenderedMail:
    """The mail with these words above its footer; a first line `Subject: …` changes the subject.

    Raises `UsageError` for words that no mail can be made of.
    """
    given = given.replace("\r\n", "\n").lstrip("\ufeff\n ")
    found = _SUBJECT.match(given)
    subject = " ".join(found[1].split()) if found else mail.subject
    words = words_above(f"\n{given[found.end() :] if found else given}")
    if not words:
        raise UsageError("the edited mail has no words: write what is to be said above the line `-- `")
    if len(words) > MOST_CHARACTERS or len(subject) > 250:
        raise UsageError(f"the edited mail is too long: at most {MOST_CHARACTERS:,} characters, 250 in the subject")
    footer = mail.text.partition(FOOTER)[2]
    return RenderedMail(
        subject=subject, text=f"{words}\n{FOOTER}{footer}", html=_html(subject, words, footer, language)
    )


def _html(subject: str, words: str, footer: str, language: str) -> str:
    said = "".join(f"<p>{_linked(part)}</p>" for part in _EMPTY_LINES.split(words))
    below = f'<p style="color:#767676;font-size:13px">{_linked(footer)}</p>'
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title>"
        '</head><body style="font:16px/1.5 Arial,sans-serif;max-width:36em">'
        f"{said}{below}</body></html>"
    )


def _linked(text: str) -> str:
    escaped, end = "", 0
    for link in _LINK.finditer(text := text.strip()):
        url = escape(link[0])
        escaped += f'{escape(text[end : link.start()])}<a href="{url}">{url}</a>'
        end = link.end()
    return (escaped + escape(text[end:])).replace("\n", "<br>")
