"""Public names that stand for a server on this machine, as an entry of the DNS would.

Links in mails keep the name that people would see, whatever port the program under trial happens to listen on.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from sandbox.world import World

_PART = "hosts"


class HostError(ValueError):
    """Names that cannot be used; the text says what to send."""


def hosts_of(world: World) -> dict[str, str]:
    """Public origin to the origin that answers for it."""
    found: dict[str, str] = world.parts.setdefault(_PART, {})
    return found


def name(world: World, given: object) -> dict[str, str]:
    """Takes the place of all names before."""
    if not isinstance(given, dict) or not all(_is_origin(one) for pair in given.items() for one in pair):
        raise HostError('send {"hosts": {"https://mail.firm.example": "http://127.0.0.1:8080"}}')
    world.parts[_PART] = dict(given)
    return hosts_of(world)


def behind(world: World, url: str) -> str:
    """The address that is really asked for a URL."""
    parts = urlsplit(url)
    real = hosts_of(world).get(f"{parts.scheme}://{parts.netloc}")
    if real is None:
        return url
    there = urlsplit(real)
    return urlunsplit(parts._replace(scheme=there.scheme, netloc=there.netloc))


def _is_origin(text: object) -> bool:
    if not isinstance(text, str):
        return False
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not (parts.path or parts.query)
