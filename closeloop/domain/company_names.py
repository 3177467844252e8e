"""What a company's name is made of: its own words, without legal form, place, case, accents and abbreviations.

Invariant: a name is never stripped to nothing; what is all legal form stays as it is written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from cleanco import basename
from rapidfuzz.distance import JaroWinkler

from closeloop.domain.countries import COUNTRIES
from closeloop.domain.person_names import one_letter, plain, unspoilt

_NATIVE_FORMS = re.compile(
    "株式会社|有限会社|合同会社|㈱|股份有限公司|有限责任公司|有限公司|集团公司|集团|주식회사|유한회사|"
    r"\(주\)|บริษัท|จำกัด|มหาชน|ห้างหุ้นส่วน|шрл|\b(?:ооо|оао|зао|пао|ао|тов|ип)\b|"
    r"שותפות|בע[\"״']?מ|شركة|ش\.م\.م\.?|ذ\.م\.م\.?|\b(?:α\.?ε\.?|ε\.?π\.?ε\.?)(?!\w)",
    re.IGNORECASE,
)
_FORM_WORDS = frozenset(
    "inc incorporated corp corporation co company ltd limited llc llp lp plc pllc gmbh mbh ag kg kgaa ohg ug se sa sas "
    "sasu sarl eurl srl spa snc sl slu sau bv nv cv vof ab as asa aps oy oyj kft zrt nyrt rt sro doo dd ad ood eood "
    "spzoo pte pty sdn bhd berhad pvt private public pt tbk jsc ojsc cjsc pjsc llp kk gk yk uab sia ou ohg ek ev eg "
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
    "distr": "distribution", "pharma": "pharmaceutical", "pharmaceuticals": "pharmaceutical", "labs": "laboratories",
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


class CompanyName(NamedTuple):
    """A company's name to compare; words are folded."""

    core: str
    """Its own words, in order; what two spellings of one company share."""
    squeezed: str
    """The same without spaces, as a domain would write it."""
    words: tuple[str, ...]
    places: frozenset[str]
    """Countries and regions in the name: a sister company often differs in nothing else."""


@lru_cache(maxsize=65_536)
def read_company(name: str) -> CompanyName:
    """"VOLVO, A.B." and "Volvo AB (publ)" as `volvo`; "Nordmill Intl. Mfg Co." as `nordmill manufacturing`."""
    written = _NATIVE_FORMS.sub(" ", unspoilt(name))
    bare = re.sub(r"\([^()]*\)", " ", written).strip() or written
    said = plain(re.sub(r"(?<=\b\w)\.(?=\w\b)", "", (basename(bare) or bare).replace("&", " and ").replace("+", " and ")))
    words = _unformed(said.split()) or plain(name).split() or [name.strip().casefold()]
    full = [_WHOLE_WORDS.get(word, word) for word in words]
    places = frozenset(word for word in full[1:] if word in _PLACES)
    own = [word for word in full if word not in _WEAK and word not in places] or full
    return CompanyName(" ".join(own), "".join(own), tuple(own), places)


def _unformed(words: list[str]) -> list[str]:
    """Without legal forms at the end, and those that some countries put in front."""
    left = list(words)
    if len(left) > 1 and left[0] in _PREFIX_FORMS:
        left = left[1:]
    while len(left) > 1 and left[-1] in _FORM_WORDS:
        left = left[:-1]
    while len(left) > 2 and len(left[-1]) == 1 and len(left[-2]) == 1:  # "s a", "g m b h"
        left = left[:-1]
    return left if len(left) == 1 or len(left[-1]) > 1 else left[:-1]


@lru_cache(maxsize=262_144)
def likeness(one: CompanyName, other: CompanyName) -> float:
    """From 0 to 1: 1 is the same words, 0.9 and more a slip of the pen, about 0.8 one inside the other."""
    if one.squeezed == other.squeezed or sorted(one.words) == sorted(other.words):
        return 1.0
    if {w for w in one.words if w.isdigit()} != {w for w in other.words if w.isdigit()}:
        return 0.0
    if _initials(one, other) or _initials(other, one):
        return 0.85
    short, long = sorted((one.words, other.words), key=len)
    if len(short) < len(long) and set(short) <= set(long) and len("".join(short)) > 3:
        return 0.85 if short[0] == long[0] else 0.6
    return _spelling(one, other)


def _initials(short: CompanyName, long: CompanyName) -> bool:
    return len(long.words) > 2 and short.squeezed == "".join(word[0] for word in long.words)


def _spelling(one: CompanyName, other: CompanyName) -> float:
    """Word by word where both have as many, so that one wholly different word is seen; else as one word."""
    if len(one.words) == len(other.words) > 1:
        return min(JaroWinkler.similarity(a, b) for a, b in zip(one.words, other.words, strict=True))
    if min(len(one.squeezed), len(other.squeezed)) < 5:
        return 0.0
    return JaroWinkler.similarity(one.squeezed, other.squeezed)
