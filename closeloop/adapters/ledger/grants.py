"""Extras that mails promise, counted against the budget of their month.

Invariant: the row of an account is locked before anything of it is read, and the mails that promise are planned in
the same transaction, so two workers that save at once never promise more together than the budget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, or_, select

from closeloop.adapters.ledger.engine import chunks, patient
from closeloop.adapters.ledger.grant_tables import budget_accounts, grants
from closeloop.adapters.ledger.rows import Part
from closeloop.adapters.ledger.schema import actions, decisions
from closeloop.adapters.ledger.statements import insert_new
from closeloop.application.grant_port import Grant
from closeloop.domain.actions import ActionState

_PLACES = 10_000
_OFF = [ActionState.SKIPPED, ActionState.REJECTED]
FORGOTTEN = "forgotten:"


class GrantRows(Part):
    """The port's methods about extras and what was won."""

    @patient
    def granted(self, accounts: Iterable[str]) -> dict[str, Decimal]:
        wanted = list(accounts)
        with self._database.read() as connection:
            return {name: Decimal(number) / _PLACES for name, number in _spent(connection, wanted).items()}

    @patient
    def deals_won_since(self, moment: datetime | None) -> int:
        table = decisions.c
        query = select(table.detail).where(table.kind == "Close")
        with self._database.read() as connection:
            rows = connection.scalars(query.where(table.at >= moment) if moment else query)
            return sum(bool(detail.get("won")) for detail in rows)


def beyond_budget(connection: Connection, given: Sequence[Grant]) -> frozenset[str]:
    """Keys of prospects whose extra is not paid for any more; first come, first served, in the order given."""
    if not given:
        return frozenset()
    names = sorted({one.account for one in given})
    insert_new(connection, budget_accounts, [{"account": name} for name in names])
    table = budget_accounts.c.account
    connection.execute(select(table).where(table.in_(names)).order_by(table).with_for_update()).all()
    spent, known = _spent(connection, names), _known(connection, given)
    refused = set()
    for one in given:
        after = spent[one.account] + (0 if one.action_key in known else units(one.amount))
        if one.budget is not None and one.action_key not in known and after > one.budget * _PLACES:
            refused.add(one.prospect_key)
        else:
            spent[one.account] = after
    return frozenset(refused)


def grant(connection: Connection, given: Sequence[Grant]) -> None:
    """Write them down, each once, inside the transaction that plans their mails."""
    rows = [{"mail": one.action_key, "account": one.account, "amount": units(one.amount)} for one in given]
    insert_new(connection, grants, sorted(rows, key=lambda row: str(row["mail"])))


def forget_whose(connection: Connection, action_keys: Sequence[str]) -> None:
    """What these mails promised stays spent; whom they promised it to goes."""
    for part in chunks(action_keys):
        mine = grants.c.mail.in_(part)
        off = select(actions.c.key).where(actions.c.key.in_(part) & actions.c.state.in_(_OFF))
        connection.execute(grants.delete().where(mine & grants.c.mail.in_(off)))
        for key in connection.scalars(select(grants.c.mail).where(mine)).all():
            mark = FORGOTTEN + hashlib.sha256(key.encode()).hexdigest()
            connection.execute(grants.update().where(grants.c.mail == key).values(mail=mark))


def units(amount: Decimal) -> int:
    """As the ledger counts them: ten-thousandths, the smallest unit of any currency."""
    return int(amount * _PLACES)


def _spent(connection: Connection, accounts: Sequence[str]) -> dict[str, int]:
    """Every extra but those of mails that were called off."""
    promised = or_(actions.c.key.is_(None), actions.c.state.not_in(_OFF))
    query = (
        select(grants.c.account, func.sum(grants.c.amount).label("spent"))
        .outerjoin(actions, actions.c.key == grants.c.mail)
        .where(grants.c.account.in_(accounts) & promised)
        .group_by(grants.c.account)
    )
    return dict.fromkeys(accounts, 0) | {row.account: int(row.spent) for row in connection.execute(query)}


def _known(connection: Connection, given: Sequence[Grant]) -> set[str]:
    found: set[str] = set()
    for part in chunks(one.action_key for one in given):
        found.update(connection.scalars(select(grants.c.mail).where(grants.c.mail.in_(part))))
    return found
