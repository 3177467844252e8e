"""Which language a person is written to in, and why. A mail is whole in one language, else in the playbook's own.

The person's own choice counts most (a CRM field, their website, the language they replied in), then what is usual
in their country, then the playbook's locale.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from closeloop.domain.countries import country_code
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.sources import spoken_source
from closeloop.domain.thai import Thai
from closeloop.domain.tongues import ENGLISH, Tongue

TONGUES: dict[str, Tongue] = {tongue.language: tongue for tongue in (ENGLISH, Thai())}
FACT = "language"
_CODES = {
    "english": "en", "thai": "th", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "dutch": "nl",
    "portuguese": "pt", "japanese": "ja", "chinese": "zh", "korean": "ko", "ไทย": "th", "ภาษาไทย": "th",
    "deutsch": "de", "français": "fr", "español": "es",
}  # fmt: skip
_BY_COUNTRY = {
    "TH": "th", "DE": "de", "AT": "de", "FR": "fr", "ES": "es", "MX": "es", "AR": "es", "CL": "es", "CO": "es",
    "IT": "it", "NL": "nl", "PT": "pt", "BR": "pt", "JP": "ja", "CN": "zh", "KR": "ko", "PL": "pl",
    "GB": "en", "US": "en", "AU": "en", "NZ": "en", "IE": "en",
}  # fmt: skip
"""Countries in which one language is usual in business letters; in all others the playbook's locale decides."""
_NAMES = {
    "en": "English", "th": "Thai", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "nl": "Dutch", "pt": "Portuguese", "ja": "Japanese", "zh": "Chinese", "ko": "Korean", "pl": "Polish",
}  # fmt: skip


class Choice(Record):
    """A language and the reason for it."""

    language: str
    because: str
    wanted: str
    """What the person would have got, had everything been there."""
    told: bool = False
    """A person asked for `wanted` or showed it; otherwise it is only usual where they are."""

    @property
    def falls_back(self) -> bool:
        return self.wanted != self.language

    def reason(self, own: str) -> str | None:
        """For the decision, where the language is another than the playbook's `own` or somebody will wonder."""
        asked_in_vain = self.falls_back and (self.told or self.wanted.partition("-")[0] in TONGUES)
        if self.language == own and not asked_in_vain:
            return None
        return f"in {language_name(self.language)}: {self.because}"


def tongue_of(language: str) -> Tongue:
    """How the code speaks in that language; English where it has not learned it."""
    return TONGUES.get(language) or TONGUES.get(language.partition("-")[0]) or ENGLISH


def language_name(code: str) -> str:
    """`Thai`; a code nobody named stays one."""
    return _NAMES.get(code.partition("-")[0], code)


def language_code(words: str) -> str | None:
    """`th` for `th`, `th_TH`, `Thai` and `ไทย`; None for what is no language."""
    text = words.strip().replace("_", "-").lower()
    if text in _CODES:
        return _CODES[text]
    found = re.fullmatch(r"([a-z]{2})(?:-[a-z0-9]{2,4})*", text)
    return found.group(1) if found else None


def choose(prospect: Prospect, playbook: Playbook, templates: Collection[str]) -> Choice:
    """The language of a mail whose template there is in these languages."""
    wanted, because = wish(prospect, playbook)
    if lacking := _lacking(wanted, playbook, templates):
        said = f"{because}, but {lacking}, so the playbook's own language"
        return Choice(language=playbook.locale, because=said, wanted=wanted, told=FACT in prospect.facts)
    return Choice(language=wanted, because=because, wanted=wanted, told=FACT in prospect.facts)


def wish(prospect: Prospect, playbook: Playbook) -> tuple[str, str]:
    """The language this person would want, and how we know."""
    fact = prospect.facts.get(FACT)
    code = language_code(str(fact.value)) if fact else None
    if fact is not None and code is not None:
        told = spoken_source(fact.source).replace("your", "their")
        return _as_the_playbook(code, playbook), f"{language_name(code)} by {told}"
    country = _country(prospect)
    if country in _BY_COUNTRY:
        code = _BY_COUNTRY[country]
        return _as_the_playbook(code, playbook), f"{language_name(code)} is usual in {country}"
    return playbook.locale, f"nothing says otherwise than {language_name(playbook.locale)}"


def _as_the_playbook(code: str, playbook: Playbook) -> str:
    """`pt` is `pt-BR` where that is what the playbook is written in."""
    return next((known for known in playbook.languages if known.partition("-")[0] == code), code)


def _country(prospect: Prospect) -> str | None:
    """From the CRM, else from the end of the company's own web domain."""
    known = country_code(prospect.country or "") or country_code(str(prospect.fact("country") or ""))
    ending = (prospect.domain or "").rpartition(".")[2].upper()
    return known or (ending if ending in _BY_COUNTRY else None)


def _lacking(language: str, playbook: Playbook, templates: Collection[str]) -> str:
    """What is missing for a whole mail in this language; empty when nothing is, and for the playbook's own."""
    if language == playbook.locale:
        return ""
    if language.partition("-")[0] not in TONGUES:
        return "we do not write in that language"
    if language not in templates and language.partition("-")[0] not in templates:
        return "this mail has no template in it"
    if language not in playbook.languages:
        return "the playbook lacks texts in it"
    return ""
