"""Whether two companies are one account, and which account a lead belongs to: domain, name, country, phone, parent.

Invariant: a sister company in another country is not the same account; it is said to be of the same family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from closeloop.domain.company_names import LONG_SLIP, SHORT_SLIP, CompanyName, likeness, read_company
from closeloop.domain.countries import country_code
from closeloop.domain.identity import Evidence, Likeness, likely
from closeloop.domain.identity_traits import Traits, read_number
from closeloop.domain.mail_addresses import address_kind
from closeloop.domain.record import Record
from closeloop.domain.web_domains import domain_label, registrable_domain

START = -5.0
LARGEST_BLOCK = 400


class AccountRecord(Record):
    """A company as a file or the CRM has it."""

    id: str
    name: str
    website: str | None = None
    """A website, a domain or an address of somebody who works there."""
    country: str | None = None
    phone: str | None = None
    parent: str | None = None
    """Id of the account it belongs to, where the CRM says so."""


@dataclass(frozen=True, slots=True)
class AccountTraits:
    """A company as it is compared."""

    id: str
    name: CompanyName
    domain: str
    country: str
    phone: str
    parent: str | None = None


def read_account(record: AccountRecord) -> AccountTraits:
    """The traits of one company; free-mail domains are nobody's."""
    country = (country_code(record.country) or "") if record.country else ""
    return AccountTraits(
        id=record.id,
        name=read_company(record.name),
        domain=_own_domain(record.website or ""),
        country=country,
        phone=read_number(record.phone, country) if record.phone else "",
        parent=record.parent,
    )


def account_of(person: Traits) -> AccountTraits | None:
    """The company a person's record speaks of; None when it names none."""
    if person.company is None:
        return None
    return AccountTraits(person.id, person.company, person.domain, person.country, person.phone)


def _own_domain(site: str) -> str:
    host = site.rpartition("@")[2].strip().lower()
    if not host or address_kind(f"somebody@{host}") in {"free", "disposable"}:
        return ""
    return registrable_domain(host) or ""


def compare_accounts(one: AccountTraits, other: AccountTraits) -> Likeness:
    """How likely these two are one account."""
    return likely(START, [*_name_and_domain(one, other), *_places(one, other), *_phone(one, other)])


def _name_and_domain(one: AccountTraits, other: AccountTraits) -> Iterator[Evidence]:
    alike = likeness(one.name, other.name)
    if one.domain and one.domain == other.domain:
        yield Evidence("same domain", 6.0)
        yield _name(alike, one, together=True)
        return
    yield _name(alike, one, together=False)
    if one.domain and other.domain:
        if domain_label(one.domain) == domain_label(other.domain):
            yield Evidence("same word in both domains", 1.0)
        else:
            yield Evidence("other domain", -4.5)
    elif (one.domain or other.domain) and alike < 1 and _is_called(one, other):
        yield Evidence("the domain is the other's name", 2.5)


def _is_called(one: AccountTraits, other: AccountTraits) -> bool:
    return bool(one.domain and domain_label(one.domain).replace("-", "") == other.name.squeezed) or bool(
        other.domain and domain_label(other.domain).replace("-", "") == one.name.squeezed
    )


def _name(alike: float, one: AccountTraits, *, together: bool) -> Evidence:
    if alike == 1:
        telling = len(one.name.squeezed) > 3
        return Evidence("same name", 2.0 if together else 7.7 if telling else 5.0)
    if alike >= SHORT_SLIP:
        return Evidence("name a slip apart", 1.8 if together else 7.6 if alike >= LONG_SLIP else 6.0)
    if alike >= 0.8:
        return Evidence("one name within the other", 1.5 if together else 3.5)
    return Evidence("other name", -1.2 if together else -6.0)


def _places(one: AccountTraits, other: AccountTraits) -> Iterator[Evidence]:
    if one.name.places and other.name.places and one.name.places != other.name.places:
        yield Evidence("named for another place", -6.0)
    elif one.name.places != other.name.places:
        yield Evidence("only one is named for a place", -0.3 if one.domain == other.domain != "" else -1.5)
    if one.country and other.country:
        if one.country == other.country:
            yield Evidence("same country", 0.5)
        else:
            yield Evidence("other country", -1.0 if one.domain == other.domain != "" else -3.0)


def _phone(one: AccountTraits, other: AccountTraits) -> Iterator[Evidence]:
    if one.phone and other.phone and one.phone[-9:] == other.phone[-9:]:
        yield Evidence("same phone", 2.5)


class AccountIndex:
    """Remembers accounts and finds the one a company, or a lead, belongs to."""

    def __init__(self, accounts: Iterable[AccountTraits] = ()) -> None:
        self._blocks: dict[str, list[AccountTraits]] = {}
        self._by_id: dict[str, AccountTraits] = {}
        for account in accounts:
            self.add(account)

    def add(self, account: AccountTraits) -> None:
        """Remember one."""
        self._by_id[account.id] = account
        for block in set(_blocks(account)):
            self._blocks.setdefault(block, []).append(account)

    def matches(self, wanted: AccountTraits, at_least: float) -> list[tuple[AccountTraits, Likeness]]:
        """Accounts as likely the same as asked, the likeliest first.

        Of two as likely, the one in the same country comes first, then the parent before its daughter.
        """
        there = [self._blocks.get(block, []) for block in set(_blocks(wanted))]
        near = {account.id: account for found in there if len(found) <= LARGEST_BLOCK for account in found}
        found = [(account, compare_accounts(wanted, account)) for account in near.values()]
        return sorted((m for m in found if m[1].score >= at_least), key=lambda m: self._order(wanted, *m))

    def _order(self, wanted: AccountTraits, account: AccountTraits, how: Likeness) -> tuple[float, bool, int, str]:
        elsewhere = bool(wanted.country) and account.country != wanted.country
        return (-round(how.score, 3), elsewhere, self._depth(account), account.id)

    def _depth(self, account: AccountTraits) -> int:
        """How many parents stand above it; a circle in the CRM ends where it began."""
        seen, at = {account.id}, account
        while at.parent in self._by_id and at.parent not in seen:
            at = self._by_id[at.parent]
            seen.add(at.id)
        return len(seen) - 1


def _blocks(account: AccountTraits) -> Iterator[str]:
    if account.domain:
        yield f"d{account.domain}"
        yield f"s{domain_label(account.domain).replace('-', '')[:5]}"
    yield f"s{account.name.squeezed[:5]}"
    yield f"w{account.name.words[0]}"
    yield f"z{account.name.squeezed[-5:]}"
    if len(account.name.words) > 2:
        yield f"s{''.join(word[0] for word in account.name.words)[:5]}"
    if len(account.name.words) > 1:
        yield f"x{''.join(sorted(account.name.words))[:12]}"
        yield f"e{account.name.words[-1][:6]}{account.name.squeezed[:2]}"
    if len(account.phone) > 6:
        yield f"p{account.phone[-9:]}"
