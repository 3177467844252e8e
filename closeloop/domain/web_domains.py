"""Registrable domains by the Public Suffix List that comes with the library. No network, ever.

Two hosts are the same account when this is the same: `www.volvo.com` and `mail.volvo.com`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

RESERVED = frozenset({"example", "test"})
"""Suffixes that belong to nobody: a name under them counts as registrable, for sample data and tests."""
_GENERIC = frozenset({"www", "about", "home", "global", "corporate", "corp", "group", "holdings"})


@lru_cache(maxsize=1)
def _extract() -> TLDExtract:
    import tldextract  # a third of a second: only for those who ask

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, extra_suffixes=tuple(RESERVED))


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str | None:
    """`volvo.com` for `https://www.volvo.com/en`; None for what is no name under a public suffix."""
    found = _extract()(host.strip().rstrip("/"))
    return f"{found.domain}.{found.suffix}".lower() if found.domain and found.suffix else None


def domain_label(domain: str) -> str:
    """The company's own word in its domain: `volvo` of `volvo.com`, `sandvik` of `home.sandvik`."""
    first, _, suffix = domain.partition(".")
    return suffix if first in _GENERIC and "." not in suffix else first


def is_reserved(domain: str) -> bool:
    """True under `.example` and `.test`."""
    return domain.rpartition(".")[2] in RESERVED


def domains_in(text: str) -> list[str]:
    """Every registrable domain in a field that people filled in by hand, in order, each once."""
    words = re.split(r"[\s,;()\[\]]+", text)
    found = [registrable_domain(word) for word in words if "." in word]
    return list(dict.fromkeys(domain for domain in found if domain))
