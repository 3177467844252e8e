"""Credits that sources of facts cost, counted before they are spent.

Invariant: the rows of all accounts of a call are locked in one order before any is read, so two workers that ask at
once never get more together than the limits leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, select, update

from closeloop.adapters.ledger.credit_tables import credits_spent
from closeloop.adapters.ledger.engine import chunks, patient
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.statements import insert_new


class CreditRows(Part):
    """The port's methods about credits."""

    @patient
    def take_credits(self, limits: Mapping[str, int], price: int, wanted: int) -> int:
        if price <= 0 or wanted <= 0:
            return max(wanted, 0)
        table, accounts = credits_spent.c, sorted(limits)
        here = table.account.in_(accounts)
        with self._database.write() as connection:
            insert_new(connection, credits_spent, [{"account": name, "spent": 0} for name in accounts])
            rows = _held(connection, accounts)
            left = min((limits[row.account] - row.spent for row in rows), default=0)
            granted = min(wanted, max(left, 0) // price)
            if granted:
                more = update(credits_spent).where(here).values(spent=table.spent + granted * price)
                connection.execute(more)
        return granted

    @patient
    def give_back_credits(self, accounts: Iterable[str], amount: int) -> None:
        table, names = credits_spent.c, sorted(set(accounts))
        if amount <= 0 or not names:
            return
        less = case((table.spent > amount, table.spent - amount), else_=0)
        with self._database.write() as connection:
            _held(connection, names)
            connection.execute(update(credits_spent).where(table.account.in_(names)).values(spent=less))

    @patient
    def credits_spent(self, accounts: Iterable[str]) -> dict[str, int]:
        wanted = list(accounts)
        found = dict.fromkeys(wanted, 0)
        with self._database.read() as connection:
            for part in chunks(wanted):
                query = select(credits_spent).where(credits_spent.c.account.in_(part))
                found.update({row.account: row.spent for row in connection.execute(query)})
        return found


def _held(connection: Connection, accounts: list[str]) -> Sequence[Row[Any]]:
    """What these have spent; nobody else counts on them until the transaction ends. One order, so that two workers
    never wait for each other."""
    query = select(credits_spent).where(credits_spent.c.account.in_(accounts)).order_by(credits_spent.c.account)
    return connection.execute(query.with_for_update()).all()
