"""Typed properties and a template become a mail. What cannot be said well is refused, never half said.

Data stays data: it is one line, it is never read as a template, and it is escaped in HTML. The HTML is laid
out from the paragraphs of the text, so that both always say the same and nothing enters the HTML unescaped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from closeloop.adapters.mails import paragraphs
from closeloop.adapters.mails.catalogue import Catalogue, CompiledMail
from closeloop.adapters.mails.properties import one_line, sayable, shorten
from closeloop.domain.errors import RenderError
from closeloop.domain.languages import tongue_of
from closeloop.domain.messages import TEMPLATES, MailProps, RenderedMail

SUBJECT_CHARACTERS = 150
MAIL_BYTES = 30_000
"""Text, HTML and subject together: more is no letter. Up to 9,500 a mail shares its request with others."""


class JinjaMailRenderer:
    """Renders the mails of one folder. Keeps the compiled templates; safe to share between threads."""

    def __init__(self, templates_dir: Path) -> None:
        """`templates_dir` holds one folder per locale. Raises `UsageError` when it does not."""
        self._catalogue = Catalogue(templates_dir)

    def render(self, template: str, locale: str, props: MailProps) -> RenderedMail:
        """The mail, under `MAIL_BYTES` bytes. Raises `RenderError` naming template and what is missing."""
        mail = self._catalogue.mail(template, locale)
        polite, asking = tongue_of(mail.language).particles(props.sender.particle)
        if type(props) is not TEMPLATES[template]:
            raise RenderError(
                f"mail {template} needs {TEMPLATES[template].__name__}, it was given {type(props).__name__}"
            )
        try:
            rendered = _rendered(mail, {**sayable(props), "polite": polite, "polite_asking": asking})
        except RenderError as error:
            raise RenderError(f"mail {template} ({mail.language}): {error}") from error
        except (TemplateError, ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise RenderError(f"mail {template} ({mail.language}): {_plainly(error)}") from error
        return _fitting(template, rendered)

    def languages(self, template: str) -> frozenset[str]:
        """Those there is a set of files in for this mail."""
        return self._catalogue.languages(template)


def _rendered(mail: CompiledMail, said: dict[str, Any]) -> RenderedMail:
    subject = shorten(one_line(mail.subject.render(said)), SUBJECT_CHARACTERS)
    found = paragraphs.split(mail.words.render(said))
    if not subject or not found:
        raise RenderError(f"the {'body' if subject else 'subject'} came out empty")
    words = "\n\n".join(paragraph.as_text() for paragraph in found)
    return RenderedMail(
        subject=subject,
        text=mail.letter.render(said, words=words).strip() + "\n",
        html=mail.html.render(said, subject=subject, paragraphs=found, language=mail.language),
    )


def _plainly(error: Exception) -> str:
    """The same, said to the author of a template or a playbook instead of to a Python programmer."""
    text = str(error).replace("'dict object' has no attribute", "there is no value for")
    return text.replace(" is undefined", " is missing or blank")


def _fitting(template: str, mail: RenderedMail) -> RenderedMail:
    size = sum(len(part.encode()) for part in (mail.subject, mail.text, mail.html))
    if size > MAIL_BYTES:
        raise RenderError(
            f"mail {template} has {size:,} bytes, {MAIL_BYTES:,} fit; shorten the longest of its properties"
        )
    return mail
