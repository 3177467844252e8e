"""Texts of the playbook in one language or several: `a trial` or `{en: a trial, th: …}`.

Invariant: a `Text` is always the words of one language, and knows its translations. An edition of the playbook in
another language has every text in that language, so that nobody gets a mail in two.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from closeloop.domain.record import Record

LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
MOST_REMEMBERED = 512
_own: ContextVar[str] = ContextVar("the language of a plain text", default="en")
Model = TypeVar("Model", bound=Record)
Made = TypeVar("Made")


class Text(str):
    """Words in the playbook's own language, with the same words in others."""

    language: str
    translations: Mapping[str, str]

    def __new__(cls, words: str, language: str = "en", translations: Mapping[str, str] | None = None) -> Self:
        made = super().__new__(cls, words)
        made.language, made.translations = language, dict(translations or {})
        return made

    def said_in(self, language: str) -> Text | None:
        """The words in that language; None when nobody wrote them."""
        words = str(self) if language == self.language else self.translations.get(language)
        return None if words is None else Text(words, language)

    @classmethod
    def _read(cls, given: Any) -> Text:
        if isinstance(given, Text):
            return given
        if isinstance(given, str):
            return cls(given, _own.get())
        if not isinstance(given, dict):
            raise ValueError("give a text, or one text for each language: {en: …, th: …}")
        return cls._of_many(given)

    @classmethod
    def _of_many(cls, given: Mapping[Any, Any]) -> Text:
        own = _own.get()
        for language, words in given.items():
            if not isinstance(language, str) or not LOCALE.fullmatch(language):
                raise ValueError(f"{language!r} is no language; write en, th or pt-BR")
            if not isinstance(words, str) or not words.strip():
                raise ValueError(f"the text in {language} is empty")
        if own not in given:
            raise ValueError(f"the text in {own!r}, the playbook's own language, is missing")
        return cls(given[own], own, {language: words for language, words in given.items() if language != own})

    def as_given(self) -> str | dict[str, str]:
        """As a file holds it."""
        return {self.language: str(self), **self.translations} if self.translations else str(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(cls.as_given)
        return core_schema.no_info_plain_validator_function(cls._read, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        one = {"type": "string"}
        many = {
            "type": "object",
            "description": "one text for each language",
            "propertyNames": {"pattern": f"^{LOCALE.pattern}$"},
            "additionalProperties": {"type": "string", "minLength": 1},
            "minProperties": 1,
        }
        return {"anyOf": [one, many]}


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within the block a plain text is read as one of this language."""
    token = _own.set(language)
    try:
        yield
    finally:
        _own.reset(token)


def texts(value: Any, place: str = "") -> Iterator[tuple[str, Text]]:
    """Every text in a value, with its place as `product.pains.0.says`."""
    if isinstance(value, Text):
        yield place, value
        return
    for name, part in _parts(value):
        yield from texts(part, f"{place}.{name}" if place else str(name))


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Record):
        yield from value
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from enumerate(value)


def in_language(record: Model, language: str) -> Model:
    """The same record with each text in this language; a text that lacks it stays as it is."""
    found: Model = _turned(record, language)
    return found


def _turned(value: Any, language: str) -> Any:
    if isinstance(value, Text):
        return value.said_in(language) or value
    if isinstance(value, Record):
        return value.model_copy(update={name: _turned(part, language) for name, part in value})
    if isinstance(value, tuple):
        return tuple(_turned(part, language) for part in value)
    if isinstance(value, dict):
        return {name: _turned(part, language) for name, part in value.items()}
    return value


class Remembered:
    """What was worked out about the last few records: one playbook serves many mails."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, str], tuple[Record, Any]] = OrderedDict()

    def of(self, record: Record, name: str, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for each record and name."""
        kept = self._made.get((id(record), name))
        if kept is None:
            # The record is kept beside what was made of it, so that its id cannot be given to another one.
            kept = self._made[id(record), name] = (record, make())
            while len(self._made) > MOST_REMEMBERED:
                self._made.popitem(last=False)
        made: Made = kept[1]
        return made
