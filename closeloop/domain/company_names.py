"""What a company's name is made of: its own words, without legal form, place, case, accents and abbreviations.

Invariant: a name is never stripped to nothing; what is all legal form stays as it is written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from cleanco import basename, prepare_default_terms
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from closeloop.domain.countries import COUNTRIES
from closeloop.domain.person_names import one_letter, plain, unspoilt

_NATIVE_FORMS = re.compile(
    "株式会社|有限会社|合同会社|㈱|股份有限公司|有限责任公司|有限公司|集团公司|集团|주식회사|유한회사|"
    r"\(주\)|บริษัท|จำกัด|มหาชน|ห้างหุ้นส่วน|шрл|\b(?:ооо|оао|зао|пао|ао|тов|ип)\b|"
    r"שותפות|בע[\"״']?מ|شركة|ش\.م\.م\.?|ذ\.م\.م\.?|\b(?:α\.?ε\.?|ε\.?π\.?ε\.?)(?!\w)",
    re.IGNORECASE,
)
_FORM_WORDS = frozenset(
    "inc incorporated corp corporation co company ltd limited llc llp lp plc pllc gmbh mbh ag kg kgaa ohg ug se "
    "sa sas "
    "sasu sarl eurl srl spa snc sl slu sau bv nv cv vof ab as asa aps oy oyj kft zrt nyrt rt sro doo dd ad ood "
    "eood "
    "spzoo pte pty sdn bhd berhad pvt private public pt tbk jsc ojsc cjsc pjsc llp kk gk yk uab sia ou ohg ek "
    "ev eg "
    "lda ltda eireli cia scs sca scrl sprl bvba ehf hf dac clg ulc nl as".split()
)
_PREFIX_FORMS = frozenset("pt uab sia ooo oao zao pao jsc ojsc cv ab".split())
_ABBREVIATIONS = {
    "intl": "international", "int": "international", "internat": "international", "mfg": "manufacturing",
    "manuf": "manufacturing", "mfrs": "manufacturers", "svc": "service", "svcs": "service", "services": "service",
    "tech": "technology", "techn": "technology", "technologies": "technology", "technol": "technology",
    "sys": "system", "systems": "system", "sol": "solution", "solutions": "solution", "solns": "solution",
    "ind": "industry", "inds": "industry", "industries": "industry", "grp": "group", "gruppe": "group",
    "groupe": "group", "grupo": "group", "gruppo": "group", "hldg": "holding", "hldgs": "holding",
    "holdings": "holding", "bros": "brothers", "gebr": "brothers", "gebruder": "brothers", "assoc": "associates",
    "assocs": "associates", "natl": "national", "univ": "university", "mgmt": "management", "mgt": "management",
    "engrg": "engineering", "eng": "engineering", "dev": "development", "dist": "distribution",
    "distr": "distribution", "pharma": "pharmaceutical", "pharmaceuticals": "pharmaceutical",
    "labs": "laboratories",
    "lab": "laboratories", "fin": "financial", "ins": "insurance", "log": "logistics", "transp": "transport",
    "prod": "product", "prods": "product", "products": "product", "chem": "chemical", "chems": "chemical",
    "chemicals": "chemical", "elec": "electric", "med": "medical", "constr": "construction", "amer": "american",
    "ctr": "center", "centre": "center", "cntr": "center", "mkt": "market", "mkts": "market", "markets": "market",
    "und": "and", "et": "and", "y": "and", "e": "and", "och": "and", "og": "and", "en": "and", "n": "and",
    "gebrueder": "brothers", "foods": "food", "works": "work", "werke": "werk",
}  # fmt: skip
_WHOLE_WORDS = {one_letter(short): one_letter(whole) for short, whole in _ABBREVIATIONS.items()}
_WEAK = frozenset("the and group holding company of international for der die das la le les el los".split())
"""Words that a name has or has not without becoming another company's."""
_PLACES = frozenset(
    {name for name in map(one_letter, COUNTRIES) if len(name) > 3 and " " not in name and name != "jersey"}
    | {"usa", "uk", "uae", "europe", "emea", "apac", "asia", "nordic", "nordics", "iberia", "dach", "benelux",
       "america", "americas", "africa", "eu"}
)  # fmt: skip
_LAST_WORDS = frozenset("".join(words[-1].split()) for _, words in prepare_default_terms())
LONG_SLIP, SHORT_SLIP = 0.97, 0.93


class CompanyName(NamedTuple):
    """A company's name to compare; words are folded."""

    core: str
    """Its own words, in order; what two spellings of one company share."""
    squeezed: str
    """The same without spaces, as a domain would write it."""
    words: tuple[str, ...]
    places: frozenset[str]
    """Countries and regions in the name: a sister company often differs in nothing else."""


def read_company(name: str) -> CompanyName:
    """ "VOLVO, A.B." and "Volvo AB (publ)" as `volvo`; "Nordmill Intl. Mfg Co." as `nordmill manufacturing`."""
    return _read(" ".join(unspoilt(name).casefold().split()))


@lru_cache(maxsize=65_536)
def _read(name: str) -> CompanyName:
    written = name if name.isascii() else _NATIVE_FORMS.sub(" ", name)
    bare = re.sub(r"\([^()]*\)", " ", written).strip() or written
    said = plain(
        re.sub(r"(?<=\b\w)\.(?=\w\b)", "", _without_form(bare).replace("&", " and ").replace("+", " and "))
    )
    words = _unformed(said.split()) or plain(name).split() or [name.strip().casefold()]
    full = [_WHOLE_WORDS.get(word, word) for word in words]
    places = frozenset(word for word in full[1:] if word in _PLACES)
    own = [word for word in full if word not in _WEAK and word not in places] or full
    return CompanyName(" ".join(own), "".join(own), tuple(own), places)


def _without_form(name: str) -> str:
    """By the library's list of legal forms, which is long: only names that end in one are held against it."""
    last = re.sub(r"\W", "", name.rstrip().rpartition(" ")[2])
    return (basename(name) or name) if last in _LAST_WORDS or not last.isascii() else name


def _unformed(words: list[str]) -> list[str]:
    """Without legal forms at the end, and those that some countries put in front."""
    left = list(words)
    if len(left) < 2:
        return left
    if left[0] in _PREFIX_FORMS:
        left = left[1:]
    while len(left) > 1 and left[-1] in _FORM_WORDS:
        left = left[:-1]
    while (
        len(left) > 2 and len(left[-1]) == 1 and len(left[-2]) == 1 and not left[-1].isdigit()
    ):  # "s a", "g m b h"
        left = left[:-1]
    return left if len(left) == 1 or len(left[-1]) > 1 or left[-1].isdigit() else left[:-1]


@lru_cache(maxsize=262_144)
def likeness(one: CompanyName, other: CompanyName) -> float:
    """From 0 to 1: 1 is the same words, above 0.9 a slip, 0.85 one inside the other; below 0.8 another."""
    if one.squeezed == other.squeezed or sorted(one.words) == sorted(other.words):
        return 1.0
    if {w for w in one.words if w.isdigit()} != {w for w in other.words if w.isdigit()}:
        return 0.0
    if _initials(one, other) or _initials(other, one):
        return 0.85
    short, long = sorted((one.words, other.words), key=len)
    if len(short) < len(long) and set(short) <= set(long) and len("".join(short)) > 3:
        return _within(short, long)
    return _spelling(one, other)


def _within(short: tuple[str, ...], long: tuple[str, ...]) -> float:
    """One name inside the other; a misspelt `group` or `international` is no more than a slip."""
    more = [word for word in long if word not in short]
    if len(more) == 1 and any(_slip(more[0], word) for word in _WEAK if len(word) > 4):
        return LONG_SLIP
    return 0.85 if short[0] == long[0] else 0.6


def _initials(short: CompanyName, long: CompanyName) -> bool:
    return len(long.words) > 2 and short.squeezed == "".join(word[0] for word in long.words)


def _spelling(one: CompanyName, other: CompanyName) -> float:
    """One slip of the pen in one word; a slip in a short name may be another company's name."""
    apart = [(a, b) for a, b in zip(one.words, other.words, strict=False) if a != b]
    if len(one.words) == len(other.words) and len(apart) == 1 and _slip(*apart[0]):
        return LONG_SLIP if len(one.squeezed) > 9 else SHORT_SLIP
    if len(one.words) != len(other.words) and _slip(one.squeezed, other.squeezed):
        return LONG_SLIP if len(one.squeezed) > 9 else SHORT_SLIP
    if len(one.words) == len(other.words) and all(a.startswith(b) or b.startswith(a) for a, b in apart):
        return 0.85 if len(one.words) > len(apart) else 0.6
    return JaroWinkler.similarity(one.squeezed, other.squeezed) * 0.79


def _slip(a: str, b: str) -> bool:
    allowed = 2 if min(len(a), len(b)) > 8 else 1
    return min(len(a), len(b)) > 4 and DamerauLevenshtein.distance(a, b, score_cutoff=allowed) <= allowed
