"""How a reply travels: the charset of its words, the logo in its signature, what the checks on the way said.

Drawn by names of their own, so that nothing here changes what a person says or when.
"""

from __future__ import annotations

from sandbox.buyers.chance import Chance

LOGO = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
OLD_CHARSETS = {"de": "iso-8859-1", "es": "iso-8859-1", "th": "windows-874", "en": "windows-1252"}
SPF = (("pass", 93.0), ("softfail", 3.0), ("none", 3.0), ("neutral", 1.0))


def charset_of(chance: Chance, language: str, words: str, nth: int) -> str:
    """The charset of a reply: now and then an old one, if it has all the letters."""
    old = OLD_CHARSETS[language]
    if not chance.happens(0.12, "charset", nth):
        return "UTF-8"
    try:
        words.encode(old.replace("windows-", "cp"))
    except UnicodeEncodeError:
        return "UTF-8"
    return old


def files_of(chance: Chance, company: str, nth: int) -> list[dict[str, str]]:
    """The files of a reply: now and then the logo of the company's signature."""
    if not chance.happens(0.08, "logo", nth):
        return []
    content_id = f"{chance.token(12, 'logo', nth)}@mail"
    name = f"{company.lower().replace(' ', '-')}-logo.png"
    return [{"filename": name, "type": "image/png", "content": LOGO, "content_id": content_id}]


def spf_of(chance: Chance) -> str:
    """What the check of the sender's address said."""
    return chance.weighted(SPF, "spf")


def dkim_of(chance: Chance, domain: str) -> str:
    """What the check of the signature said."""
    return "none" if chance.happens(0.05, "dkim") else f"{{@{domain} : pass}}"


def spam_score_of(chance: Chance, nth: int) -> str:
    """The score of a spam filter; five and more would be spam."""
    return f"{chance.between(-20, 25, 'spam', nth) / 10:.1f}"
