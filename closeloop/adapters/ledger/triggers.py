"""The rules that hold for every writer, also for one that goes round this code: triggers of both databases.

Invariants: the history is never changed or deleted; an action moves only by the table `MOVES`, from which these
triggers are written.
"""

from __future__ import annotations

from sqlalchemy import Connection

from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.schema import legal_move

_APPEND_ONLY = ("action_events", "late_outcomes")
_NO_MOVE = f"OLD.state <> NEW.state AND NOT ({legal_move('OLD.state', 'NEW.state')})"
_REFUSE = "ledger_refuses"

_SQLITE = (
    *(
        f"CREATE TRIGGER {table}_are_never_{done} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _APPEND_ONLY
        for event, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
    ),
    f"CREATE TRIGGER actions_move_by_the_table BEFORE UPDATE OF state ON actions WHEN {_NO_MOVE} "
    "BEGIN SELECT RAISE(ABORT, 'no such move of an action'); END",
)

_POSTGRESQL = (
    f"CREATE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation'; END $$",
    *(
        f"CREATE TRIGGER {table}_are_never_{done} BEFORE {event} ON {table} FOR EACH {grain} "
        f"EXECUTE FUNCTION {_REFUSE}('{table} is append-only')"
        for table in _APPEND_ONLY
        for event, done, grain in (
            ("UPDATE", "changed", "ROW"),
            ("DELETE", "deleted", "ROW"),
            ("TRUNCATE", "emptied", "STATEMENT"),
        )
    ),
    # The condition is checked without calling anything, so a legal move costs next to nothing.
    f"CREATE TRIGGER actions_move_by_the_table BEFORE UPDATE OF state ON actions FOR EACH ROW WHEN ({_NO_MOVE}) "
    f"EXECUTE FUNCTION {_REFUSE}('no such move of an action')",
)


def triggers(dialect: str) -> tuple[str, ...]:
    """The statements that make them, in their order."""
    return _POSTGRESQL if dialect == POSTGRESQL else _SQLITE


def drop_triggers(connection: Connection) -> None:
    """Without them an upgrade may make tables anew; `triggers` brings them back."""
    if connection.dialect.name == POSTGRESQL:
        mine = (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
        )
        here = f"{mine} AND pg_table_is_visible(tgrelid)"
        for name, table in connection.exec_driver_sql(here).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_REFUSE}()")
        return
    for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
