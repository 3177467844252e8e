"""The template files: found by name and locale, compiled once, checked before the first mail is written.

A template can do no harm (sandboxed, immutable), cannot hide a gap (StrictUndefined), and cannot write a
template tag: see `_NoTagInWords`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
)
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

from closeloop.adapters.mails import phrases
from closeloop.domain.errors import RenderError, UsageError
from closeloop.domain.messages import TEMPLATES

PARTS = ("subject.txt", "body.txt", "body.html")
_GIVEN_BY_US = {"subject", "paragraphs", "words", "language", "polite", "polite_asking"}
_TAG = re.compile(r"{{|}}|{%|%}|{#|#}")
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")


class _NoTagInWords(Extension):
    """Refuses a template whose own words hold `{{`, `}}`, `{%` … : a tag that would reach the reader.

    The check looks at the template's source and not at the mail. Therefore data may say `{{7*7}}` (it is
    shown as it is, never evaluated), while a broken or raw tag of ours can never be sent.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        for token in stream:
            if token.type in {"data", "string"} and (tag := _TAG.search(token.value)):
                raise TemplateSyntaxError(
                    f"{tag.group()} would be sent as text; close the tag or remove it",
                    token.lineno,
                    stream.name,
                    stream.filename,
                )
            yield token


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """The parts of one mail in the language that was found for it."""

    language: str
    subject: Template
    words: Template
    letter: Template
    html: Template


class Catalogue:
    """All mails of a folder `<locale>/<template>/{subject.txt,body.txt,body.html}.j2`."""

    def __init__(self, templates_dir: Path) -> None:
        """Raises `UsageError` when there is no such folder with a language in it."""
        self._sets = _sets(templates_dir)
        if not self._sets:
            raise UsageError(f"no mail templates in {templates_dir}: it needs en/ with one folder for each mail")
        self._environment = _environment(templates_dir)
        self._compiled: dict[tuple[str, str], CompiledMail] = {}

    def languages(self, template: str) -> frozenset[str]:
        """The languages that hold a folder of this mail."""
        return frozenset(language for language, mails in self._sets.items() if template in mails)

    def mail(self, template: str, locale: str) -> CompiledMail:
        """The mail in this locale or its language, never in another. Raises `RenderError` naming what is wrong."""
        found = self._compiled.get((template, locale))
        if found is None:
            found = self._compiled[template, locale] = self._find(template, locale)
        return found

    def _find(self, template: str, locale: str) -> CompiledMail:
        if template not in TEMPLATES:
            raise RenderError(f"there is no mail {template!r}; there are {', '.join(sorted(TEMPLATES))}")
        for language in (locale, locale.partition("-")[0]):
            if template in self._sets.get(language, ()):
                return self._compile(template, language)
        there = ", ".join(sorted(self.languages(template))) or "none"
        raise RenderError(f"mail {template}: there is no set of files in {locale!r}; there are {there}")

    def _compile(self, template: str, language: str) -> CompiledMail:
        try:
            subject, words, html = (self._checked(template, language, part) for part in PARTS)
            letter = self._environment.get_template(f"{language}/_base/letter.txt.j2")
        except TemplateNotFound as missing:
            raise RenderError(f"mail {template} ({language}): the file {missing.name} is missing") from missing
        except TemplateError as error:
            where = f"{getattr(error, 'name', None) or template} line {getattr(error, 'lineno', '?')}"
            raise RenderError(f"mail {template} ({language}): {where}: {error.message}") from error
        return CompiledMail(language, subject, words, letter, html)

    def _checked(self, template: str, language: str, part: str) -> Template:
        """A template that asks only for what its properties hold: a misspelled name is found here."""
        name = f"{language}/{template}/{part}.j2"
        compiled = self._environment.get_template(name)
        source = Path(compiled.filename or "").read_text(encoding="utf-8")
        asked = meta.find_undeclared_variables(self._environment.parse(source, name))
        unknown = sorted(asked - set(TEMPLATES[template].model_fields) - _GIVEN_BY_US)
        if unknown:
            raise RenderError(
                f"mail {template} ({language}): {part}.j2 uses {', '.join(unknown)}, "
                f"which {TEMPLATES[template].__name__} does not have"
            )
        return compiled


def _sets(folder: Path) -> dict[str, frozenset[str]]:
    """Language to the mails it has a folder for."""
    languages = [path for path in folder.iterdir() if _LOCALE.fullmatch(path.name)] if folder.is_dir() else []
    return {path.name: frozenset(mail.name for mail in path.iterdir() if mail.is_dir()) for path in languages}


def _environment(folder: Path) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        extensions=[_NoTagInWords],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    for word in (
        phrases.capital,
        phrases.phrase,
        phrases.bare,
        phrases.sentence,
        phrases.question,
        phrases.ask,
        phrases.introduce,
    ):
        environment.filters[word.__name__] = word
    environment.tests["asking"] = phrases.is_asking
    environment.tests["web_address"] = phrases.is_web_address
    return environment
