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
}
_ENCYCLOPEDIA = "wikipedia.org"


def spoken_source(source: str) -> str:
    """As people read it: `registry:https://en.wikipedia.org/wiki/Acme` is `Wikipedia, “Acme”`.

    What is of no kind we know is words already and stays.
    """
    kind, _, rest = source.partition(":")
    if kind == "registry":
        return _page(rest)
    return _KINDS.get(kind, source)


def is_public(source: str) -> bool:
    """True for what everybody can look up. Nobody wants to read in a mail that we keep records about them."""
    return source.startswith("registry:")


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
