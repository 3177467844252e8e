"""Being forgotten: the mark that is left of a person, and the receipt of what was erased where.

Invariant: a mark is a keyed hash: without the installation's secret nobody can tell whose it is, and the same
mailbox always has the same one, however its address is written. A receipt that is stored names nobody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from closeloop.domain.mail_addresses import mailbox
from closeloop.domain.record import Moment, Record

REASON = "asked to be forgotten"


def mark_of(word: str, secret: str) -> str:
    """The mark of an address or of a record id."""
    plain = word.strip()
    plain = mailbox(plain) if "@" in plain else plain
    return hmac.new(secret.encode(), f"forgotten:{plain}".encode(), hashlib.sha256).hexdigest()


class Erased(Record):
    """What was erased of one kind in one place."""

    where: str
    """`ledger`, `CRM`, `mail provider` or `home folder`."""
    what: str
    number: int
    ids: tuple[str, ...] = ()
    """Of the CRM records; only shown, never stored."""


class Erasure(Record):
    """The receipt of one erasure, as far as it has come."""

    id: str
    at: Moment
    done_at: Moment | None = None
    """None while something is still to be done by the same command."""
    erased: tuple[Erased, ...] = ()
    waits: tuple[str, ...] = ()
    """What the next call of the command does, with why it could not be done yet."""
    by_hand: tuple[str, ...] = ()
    """What no command can do."""

    def without_ids(self) -> Erasure:
        """As it is stored."""
        bare = tuple(one.model_copy(update={"ids": ()}) for one in self.erased)
        return self.model_copy(update={"erased": bare})

    def after(self, earlier: Erasure | None) -> Erasure:
        """With what earlier calls erased; what is waited for and left to people is as of now."""
        if earlier is None:
            return self
        return self.model_copy(update={"at": earlier.at, "erased": added_up((*earlier.erased, *self.erased))})


def added_up(lines: Iterable[Erased]) -> tuple[Erased, ...]:
    """One line for each kind and place, in the order in which they first come."""
    found: dict[tuple[str, str], Erased] = {}
    for line in lines:
        before = found.get((line.where, line.what))
        if before is None:
            found[line.where, line.what] = line
            continue
        ids = tuple(dict.fromkeys((*before.ids, *line.ids)))
        more = {"number": before.number + line.number, "ids": ids}
        found[line.where, line.what] = before.model_copy(update=more)
    return tuple(found.values())
