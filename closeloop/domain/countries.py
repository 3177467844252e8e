"""Country names as people write them, to ISO 3166 alpha-2. Unknown or ambiguous is None, never a guess."""

from __future__ import annotations

import re
import unicodedata

_NAMES = """
AE united arab emirates|uae|emirates|vereinigte arabische emirate
AL albania
AM armenia
AO angola
AR argentina|argentinien
AT austria|osterreich|autriche
AU australia|australien
AZ azerbaijan
BA bosnia and herzegovina|bosnia
BD bangladesh
BE belgium|belgie|belgique|belgien
BG bulgaria
BH bahrain
BM bermuda
BO bolivia
BR brazil|brasil|brasilien
BY belarus
CA canada|kanada
CH switzerland|schweiz|suisse|svizzera|suiza
CI ivory coast|cote divoire
CL chile
CM cameroon
CN china|prc|peoples republic of china|mainland china|中国
CO colombia
CR costa rica
CY cyprus
CZ czech republic|czechia|tschechien
DE germany|deutschland|allemagne|alemania|federal republic of germany|brd
DK denmark|danmark|danemark
DO dominican republic
DZ algeria
EC ecuador
EE estonia
EG egypt
ES spain|espana|spanien|espagne
ET ethiopia
FI finland|suomi|finnland
FR france|frankreich|francia
GB united kingdom|uk|great britain|britain|england|scotland|wales|northern ireland|england uk|gb|royaume uni
GE georgia
GG guernsey
GH ghana
GI gibraltar
GR greece|hellas|griechenland
GT guatemala
HK hong kong|hong kong sar
HN honduras
HR croatia|hrvatska
HU hungary|magyarorszag
ID indonesia
IE ireland|eire|republic of ireland|irland
IL israel
IM isle of man
IN india
IQ iraq
IS iceland
IT italy|italia|italien
JE jersey
JM jamaica
JO jordan
JP japan|nippon|nihon|日本
KE kenya
KH cambodia
KR south korea|republic of korea|korea south
KW kuwait
KY cayman islands
KZ kazakhstan
LA laos
LB lebanon
LI liechtenstein
LK sri lanka
LT lithuania
LU luxembourg|luxemburg
LV latvia
MA morocco|maroc
MC monaco
MD moldova
ME montenegro
MK north macedonia|macedonia
MM myanmar|burma
MN mongolia
MO macau|macao
MT malta
MU mauritius
MX mexico|mexiko
MY malaysia
MZ mozambique
NA namibia
NG nigeria
NI nicaragua
NL netherlands|the netherlands|holland|nederland|niederlande|pays bas
NO norway|norge|norwegen
NP nepal
NZ new zealand|aotearoa
OM oman
PA panama
PE peru
PH philippines|the philippines
PK pakistan
PL poland|polska|polen
PR puerto rico
PT portugal
PY paraguay
QA qatar
RO romania
RS serbia
RU russia|russian federation
RW rwanda
SA saudi arabia|ksa|kingdom of saudi arabia
SE sweden|sverige|schweden|suede
SG singapore
SI slovenia
SK slovakia
SN senegal
SV el salvador
TH thailand|ประเทศไทย
TN tunisia
TR turkey|turkiye
TT trinidad and tobago
TW taiwan
TZ tanzania
UA ukraine
UG uganda
US united states|united states of america|usa|us|the united states|u s|u s a|america|estados unidos
UY uruguay
UZ uzbekistan
VE venezuela
VG british virgin islands
VN vietnam|viet nam
ZA south africa
ZM zambia
ZW zimbabwe
"""

_STATES = (
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho "
    "illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota "
    "mississippi missouri montana nebraska nevada new_hampshire new_jersey new_mexico new_york "
    "north_carolina north_dakota ohio oklahoma oregon pennsylvania rhode_island south_carolina "
    "south_dakota tennessee texas utah vermont virginia washington west_virginia wisconsin wyoming d_c"
)
US_STATES = frozenset(state.replace("_", " ") for state in _STATES.split())
_GEORGIAN_CITIES = frozenset({"tbilisi", "batumi", "kutaisi", "rustavi"})


_SIGNS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Lower case without accents and with every other sign as one space: what two spellings share."""
    letters = text.casefold().replace("'", "").replace("’", "")
    if not letters.isascii():
        letters = "".join(c for c in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(c))
    return _SIGNS.sub(" ", letters).strip()


def _read_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for line in _NAMES.strip().splitlines():
        code, aliases = line.split(" ", 1)
        names[code.lower()] = code
        names |= {fold(alias): code for alias in aliases.split("|")}
    return names


COUNTRIES: dict[str, str] = _read_names()
"""Folded name or alpha-2 code to alpha-2 code."""

_SPOKEN = "|".join(
    re.escape(name) for name in sorted({*COUNTRIES, *US_STATES}, key=len, reverse=True) if len(name) > 3
)
_MENTION = re.compile(rf"\b(?:{_SPOKEN}|u s a|u s|usa|us|uk|uae)\b(?! city)")


def country_code(text: str) -> str | None:
    """The code of a country name, a code, or `City, State` and `City, Country`.

    "Georgia" alone is the country and "Atlanta, Georgia" the state. "Korea" is None: there are two.
    """
    whole = COUNTRIES.get(fold(text))
    if whole or "," not in text:
        return whole
    city, _, last = text.strip(" ,").rpartition(",")
    place = fold(last)
    if place in US_STATES and not (place == "georgia" and fold(city) in _GEORGIAN_CITIES):
        return "US"
    return COUNTRIES.get(place)


def country_of_address(text: str) -> str | None:
    """The only country an address names; None when it names none, or two (registered here, run there)."""
    found = {
        "US" if name in US_STATES and name != "georgia" else COUNTRIES.get(name)
        for name in _MENTION.findall(fold(text))
    }
    return found.pop() if len(found) == 1 else None
