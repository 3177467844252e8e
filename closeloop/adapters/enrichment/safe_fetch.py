"""Reads a page of the open web, and nothing else: no address of ours, no endless page, no endless redirect.

Invariant: the address that was checked is the address that is connected to. A name is resolved once for each hop,
every address it has must be public, and the connection goes to one of those by number, so that a name that
changes its mind in between (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import codecs
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

USER_AGENT = "CloseloopBot/1.0 (reads public company pages; honours robots.txt)"
_TRANSLATED = ip_network("64:ff9b::/96")
"""IPv6 in whose last bits an IPv4 address hides."""
Address = IPv4Address | IPv6Address


class NotFetched(Exception):
    """The page was not read; the text says why. `refused`: by our own rules, or for good."""

    def __init__(self, reason: str, *, refused: bool = False, status: int = 0) -> None:
        super().__init__(reason)
        self.refused, self.status = refused, status


@dataclass(frozen=True, slots=True)
class Page:
    """What came back, at the address that gave it."""

    url: str
    headers: httpx.Headers
    text: str


def is_public(address: Address) -> bool:
    """Whether a host of the open Internet has this address; what hides another address is as private as that."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def addresses_of(host: str, port: int) -> list[str]:
    """By the resolver of this machine."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class SafeFetch:
    """Gets pages. `resolve`, `allowed` and `ports` are for tests, which have no open web."""

    resolve: Callable[[str, int], list[str]] = addresses_of
    allowed: Callable[[Address], bool] = is_public
    ports: frozenset[int] = frozenset({80, 443})
    seconds: float = 10.0
    most_bytes: int = 1_000_000
    redirects: int = 4
    tick: Callable[[], float] = field(default=time.monotonic)

    def get(self, url: str) -> Page:
        """The page, after at most so many redirects; raises `NotFetched`."""
        until = self.tick() + self.seconds
        with httpx.Client(trust_env=False, timeout=httpx.Timeout(self.seconds / 2), verify=True) as client:
            for _ in range(self.redirects + 1):
                response, text = self._hop(client, url, until)
                if not response.has_redirect_location:
                    return self._page(url, response, text)
                url = urljoin(url, response.headers["location"])
        raise NotFetched(f"more than {self.redirects} redirects", refused=True)

    def _page(self, url: str, response: httpx.Response, text: str) -> Page:
        if response.status_code != httpx.codes.OK:
            raise NotFetched(f"answered {response.status_code}", status=response.status_code)
        return Page(url, response.headers, text)

    def _hop(self, client: httpx.Client, url: str, until: float) -> tuple[httpx.Response, str]:
        try:
            parts = urlsplit(url)
            request = self._request(client, parts, self._checked(parts))
            response = client.send(request, stream=True)
        except (httpx.HTTPError, OSError, ValueError) as problem:
            raise NotFetched(f"cannot be reached ({type(problem).__name__})") from None
        try:
            return response, self._text(response, until)
        except httpx.HTTPError as problem:
            raise NotFetched(f"broke off ({type(problem).__name__})") from None
        finally:
            response.close()

    def _checked(self, parts: SplitResult) -> str:
        """A public address of this host, which is then connected to."""
        host, port = parts.hostname, _port(parts)
        if parts.scheme not in {"http", "https"} or not host or parts.username or port not in self.ports:
            raise NotFetched("is no plain web address", refused=True)
        found = [ip_address(text.partition("%")[0]) for text in self.resolve(host, port)]
        if not found or not all(self.allowed(address) for address in found):
            raise NotFetched("leads to an address that is not public", refused=True)
        return str(found[0])

    def _request(self, client: httpx.Client, parts: SplitResult, address: str) -> httpx.Request:
        """To the address by number, asking for the host by name: certificate and virtual host stay the host's."""
        host, port = str(parts.hostname), _port(parts)
        number = f"[{address}]" if ":" in address else address
        target = f"{parts.scheme}://{number}:{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        named = host if port in {80, 443} else f"{host}:{port}"
        headers = {"Host": named, "User-Agent": USER_AGENT, "Accept": "text/html,text/plain;q=0.8"}
        headers["Accept-Encoding"] = "identity"  # a packed page could unpack to any size
        return client.build_request("GET", target, headers=headers, extensions={"sni_hostname": host})

    def _text(self, response: httpx.Response, until: float) -> str:
        """At most so many bytes, within the time that is left."""
        if response.has_redirect_location:
            return ""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NotFetched("is packed, although it was asked not to be", refused=True)
        parts, size = list[bytes](), 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.most_bytes:
                raise NotFetched(f"is larger than {self.most_bytes} bytes", refused=True)
            if self.tick() > until:
                raise NotFetched(f"takes longer than {self.seconds:g} seconds")
            parts.append(part)
        return b"".join(parts).decode(_encoding(response), errors="replace")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _encoding(response: httpx.Response) -> str:
    """The one it names, if there is such a one."""
    try:
        return codecs.lookup(response.charset_encoding or "utf-8").name
    except LookupError:
        return "utf-8"
