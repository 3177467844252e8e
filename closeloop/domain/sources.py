"""Where a fact was read, in words for the people who see it: on slides, in reasons, in the story of a prospect."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from closeloop.domain.prospect import Fact

OUR_RECORDS = "our records"
_KINDS = {
    "crm": OUR_RECORDS,
    "import": OUR_RECORDS,
    "email": "the e-mail address",
    "reply": "your reply",
    "mx": "the domain's mail servers",
    "pdl": "People Data Labs",
    "apollo": "Apollo",
    "hunter": "Hunter",
}
_LICENCES = {
    "crm": "our own records",
    "import": "our own records",
    "reply": "said by the prospect",
    "email": "read from the address",
    "mx": "public DNS",
    "website": "public page of the company, facts only",
    "pdl": "People Data Labs licence: own use, no resale",
    "apollo": "Apollo licence: own use, no resale",
    "hunter": "Hunter licence: own use, no resale",
}
OWN_FILE = "file "
"""How the place of a fact begins that stood in a register of our own."""
_ENCYCLOPEDIA = "wikipedia.org"
_ON_THE_WEB = frozenset({"registry", "website"})


def source_kind(source: str) -> str:
    """`pdl` of `pdl:acme.example`; several Lead fields are all `crm`."""
    return source.partition(":")[0]


def licence_of(source: str) -> str:
    """On what terms we hold what was read there."""
    if source.startswith("registry:"):
        return "CC BY-SA 4.0" if _ENCYCLOPEDIA in source else "the registry's own terms"
    return _LICENCES.get(source_kind(source), "unknown")


def spoken_source(source: str) -> str:
    """As people read it: `registry:https://en.wikipedia.org/wiki/Acme` is `Wikipedia, “Acme”`.

    What is of no kind we know is words already and stays.
    """
    kind, _, rest = source.partition(":")
    if kind in _ON_THE_WEB:
        return _page(rest) if is_public(source) else OUR_RECORDS
    return _KINDS.get(kind, source)


def is_public(source: str) -> bool:
    """True for what everybody can look up. Nobody wants to read in a mail that we keep records about them."""
    kind, _, place = source.partition(":")
    return kind in _ON_THE_WEB and not place.startswith(OWN_FILE)


def dated_source(fact: Fact) -> str:
    """The spoken source, with the period the source gives for the value."""
    said = spoken_source(fact.source)
    return f"{said}, as of {fact.as_of}" if fact.as_of else said


def _page(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # no address at all, such as an open bracket
        return address
    host = (parts.hostname or address).removeprefix("www.")
    title = unquote(parts.path.rpartition("/")[2]).replace("_", " ").strip()
    if host.endswith(_ENCYCLOPEDIA) and title:
        return f"Wikipedia, “{title}”"
    return host
