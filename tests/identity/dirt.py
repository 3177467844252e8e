"""What happens to names, companies, phones and addresses on their way through real exports.

Invariant: every function takes its chance from the generator it is given, so that one seed gives one set.
"""

from __future__ import annotations

import random
import unicodedata

LEGAL = {"US": ["Inc.", "LLC", "Corp.", "Corporation", ", Inc"], "GB": ["Ltd", "Limited", "PLC", "LTD."],
         "DE": ["GmbH", "AG", "GmbH & Co. KG", "SE"], "FR": ["SA", "S.A.S.", "SARL"], "SE": ["AB", "AB (publ)"],
         "ES": ["S.L.", "S.A.", "SLU"], "TH": ["Co., Ltd.", "PCL"], "JP": ["K.K.", "Co., Ltd."]}  # fmt: skip
COUNTRY_WORDS = {"US": ["USA", "United States", "U.S.A."], "GB": ["UK", "England", "United Kingdom"],
                 "DE": ["Germany", "Deutschland"], "FR": ["France", "FR"], "SE": ["Sweden", "Sverige"],
                 "ES": ["Spain", "España"], "TH": ["Thailand", "TH"], "JP": ["Japan", "JP"]}  # fmt: skip
DIAL = {"US": "+1312555", "GB": "+4420794", "DE": "+4930901", "FR": "+3314276", "SE": "+46850", "ES": "+349155",
        "TH": "+66265", "JP": "+81335"}  # fmt: skip
_SHORT_WORDS = {"Manufacturing": "Mfg", "Technologies": "Tech", "International": "Intl.", "Services": "Svcs",
                "Brothers": "Bros.", "Group": "Grp", "Holdings": "Hldgs", "Industries": "Ind.", "Systems": "Sys",
                "Laboratories": "Labs", "Pharmaceuticals": "Pharma", "Engineering": "Engrg", "Bros": "Brothers",
                "Saint": "St.", "National": "Natl", "Company": "Co"}  # fmt: skip
_KEYS = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "t": "r", "r": "t", "s": "d", "l": "k", "u": "i"}
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "Ø": "Oe", "Ö": "Oe", "Ü": "Ue"})
_FLAT = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "đ": "d"})


def flat(text: str) -> str:
    """ASCII by dropping the marks."""
    marks = unicodedata.normalize("NFKD", text.translate(_FLAT))
    return "".join(c for c in marks if not unicodedata.combining(c))


def slug(text: str) -> str:
    """Letters and digits as an address takes them."""
    return "".join(c for c in flat(text).lower() if c.isalnum())


def accents(text: str, chance: random.Random) -> str:
    """Accents as some system left them: kept, flattened, spelled out, or spoilt by a wrong encoding."""
    way = chance.choice(["keep", "flat", "german", "spoilt"])
    if way == "spoilt":
        try:
            return text.encode("utf-8").decode("cp1252")
        except UnicodeError:
            return flat(text)
    return {"keep": text, "flat": flat(text), "german": flat(text.translate(_GERMAN))}[way]


def letters(text: str, chance: random.Random) -> str:
    """Case and spaces."""
    way = chance.choice(["keep", "keep", "upper", "lower", "spaces"])
    return {"keep": text, "upper": text.upper(), "lower": text.lower(), "spaces": f" {text}  "}[way]


def typo(text: str, chance: random.Random) -> str:
    """One slip behind the first letter: two letters changed about, one lost, doubled, or the key beside it."""
    places = [n for n in range(1, len(text) - 1) if text[n].isalpha()]
    if len(text) < 5 or not places:
        return text
    at = chance.choice(places)
    way = chance.choice(["about", "lost", "double", "beside"])
    if way == "about":
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    middle = {"lost": "", "double": text[at] * 2, "beside": _KEYS.get(text[at].lower(), "e")}[way]
    return text[:at] + middle + text[at + 1 :]


def company(name: str, country: str, chance: random.Random) -> str:
    """Another way to write a company: legal form, abbreviation, article, case, `&`."""
    words = [_SHORT_WORDS.get(w, w) if chance.random() < 0.4 else w for w in name.split()]
    text = " ".join(words)
    if "&" in text and chance.random() < 0.5:
        text = text.replace("&", "and")
    if chance.random() < 0.6:
        form = chance.choice(LEGAL[country])
        text = f"{text}{form}" if form.startswith(",") else f"{text} {form}"
    if chance.random() < 0.08:
        text = f"The {text}"
    return letters(text, chance)


def phone(number: str, country: str, chance: random.Random) -> str:
    """An E.164 number as people type it."""
    digits = number[1:]
    ways = [
        number,
        f"{number[:3]} {number[3:6]} {number[6:]}",
        f"00{digits}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
    ]
    if country == "US":
        ways.append(f"({digits[1:4]}) {digits[4:7]}-{digits[7:]}")
    return chance.choice(ways)


def address(first: str, last: str, domain: str, chance: random.Random) -> str:
    """One of the ways companies make addresses."""
    f, s = slug(first) or "x", slug(last.rpartition(" ")[2] if chance.random() < 0.5 else last)
    made = chance.choice(
        [f"{f}.{s}", f"{f[0]}{s}", f"{f[0]}.{s}", f"{s}.{f}", f"{f}_{s}", f"{f}{s}", f, f"{s}{f[0]}"]
    )
    return f"{made}@{domain}"
