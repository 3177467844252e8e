"""The ledger over SQL: `SqlLedger` joins the parts, `open_ledger` and `copy_in_memory` make one.

Invariant: a pass is saved by `commit` in one transaction, so a crash leaves all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from pathlib import Path

from closeloop.adapters.ledger.actions import ActionRows
from closeloop.adapters.ledger.approvals import ApprovalRows, ask
from closeloop.adapters.ledger.blanking import BlankingRows
from closeloop.adapters.ledger.copying import copied
from closeloop.adapters.ledger.credits import CreditRows
from closeloop.adapters.ledger.crm import CrmRows
from closeloop.adapters.ledger.desk import DeskRows
from closeloop.adapters.ledger.engine import patient
from closeloop.adapters.ledger.erasing import ErasingRows
from closeloop.adapters.ledger.events import EventRows
from closeloop.adapters.ledger.grants import GrantRows, beyond_budget, grant
from closeloop.adapters.ledger.opening import open_database
from closeloop.adapters.ledger.pace import too_many_at_once
from closeloop.adapters.ledger.planning import plan_actions
from closeloop.adapters.ledger.prospects import ProspectRows, overtaken, save_prospects
from closeloop.adapters.ledger.runs import RunRows, add_decisions
from closeloop.adapters.ledger.sending import SendingRows, keep_lines
from closeloop.adapters.ledger.settling import SettlingRows
from closeloop.adapters.ledger.signals import SignalRows, applied_before, mark_handled
from closeloop.adapters.ledger.stages import StageRows
from closeloop.adapters.ledger.story import StoryRows
from closeloop.application.ports import Change, Saved


class SqlLedger(
    ProspectRows,
    ActionRows,
    SettlingRows,
    SendingRows,
    SignalRows,
    CrmRows,
    RunRows,
    StageRows,
    EventRows,
    ApprovalRows,
    DeskRows,
    CreditRows,
    GrantRows,
    StoryRows,
    ErasingRows,
    BlankingRows,
):
    """`closeloop.application.ports.Ledger` over a database. Safe to share between threads and processes.

    Rows that break a rule of the schema, such as an action for a prospect that was never saved, raise
    `LedgerUnavailable` and leave nothing behind.
    """

    @patient
    def commit(self, change: Change) -> Saved:
        with self._database.write() as connection:
            lost = overtaken(connection, change.read) | applied_before(connection, change.signals_about)
            lost |= too_many_at_once(connection, without(change, lost))
            change = without(change, lost)
            unpaid = beyond_budget(connection, change.grants)
            change, lost = without(change, unpaid), lost | unpaid
            keep_lines(connection, change.lines)
            save_prospects(connection, change.prospects)
            add_decisions(connection, change.decisions)
            new = plan_actions(connection, change.actions, planning_time(change))
            grant(connection, change.grants)
            ask(connection, change.approvals)
            mark_handled(connection, change.handled_signals)
        return Saved(new_actions=new, overtaken=lost)

    def close(self) -> None:
        """Close the file. A ledger in memory is gone after this."""
        self._database.close()


def without(change: Change, keys: Set[str]) -> Change:
    """The change as if it had never been about these prospects."""
    if not keys:
        return change
    waits = {signal for signal, key in change.signals_about.items() if key in keys}
    return Change(
        prospects=tuple(p for p in change.prospects if p.key not in keys),
        decisions=tuple(row for row in change.decisions if row.prospect_key not in keys),
        actions=tuple(action for action in change.actions if action.prospect_key not in keys),
        approvals=tuple(asked for asked in change.approvals if asked.prospect_key not in keys),
        grants=tuple(one for one in change.grants if one.prospect_key not in keys),
        handled_signals=tuple(signal for signal in change.handled_signals if signal not in waits),
        lines=change.lines,
        read={key: one for key, one in change.read.items() if key not in keys},
        pace=change.pace,
        signals_about={signal: key for signal, key in change.signals_about.items() if key not in keys},
    )


def planning_time(change: Change) -> Callable[[str, datetime], datetime]:
    """A plan is as old as the decision about its prospect, else as the latest of its pass.

    A change without any decision has no time of its own: then a plan counts from when it is due.
    """
    times = {decision.prospect_key: decision.at for decision in change.decisions}
    latest = max(times.values(), default=None)
    return lambda prospect_key, due_at: times.get(prospect_key, latest or due_at)


def open_ledger(place: Path | str, busy_seconds: float = 30.0, patience: float = 90.0) -> SqlLedger:
    """Open or create the ledger at `place`: a file, `:memory:` for a private one, or `postgresql://…`.

    A writer waits up to `busy_seconds` for another one; once open, a server that went away is waited for
    `patience` seconds. Raises `LedgerUnavailable` for a ledger that is locked, damaged, out of reach or no
    ledger, and `LedgerIsNewer` for one that this program does not understand; the text says what to do.
    """
    return SqlLedger(open_database(place, busy_seconds, patience))


def copy_in_memory(ledger: SqlLedger) -> SqlLedger:
    """A private copy for a dry run: the whole content as of now; nothing is ever written back."""
    return SqlLedger(copied(ledger._database))
