"""The rules that hold for every writer, also for one that goes round this code: triggers of both databases.

Invariants: the history is never changed, and deleted only for a person whose key stands in `erasing`; an action
moves only by the table `MOVES`, from which these triggers are written.
"""

from __future__ import annotations

from sqlalchemy import Connection

from closeloop.adapters.ledger.columns import POSTGRESQL
from closeloop.adapters.ledger.schema import legal_move

_APPEND_ONLY = ("action_events", "late_outcomes")
_NO_MOVE = f"OLD.state <> NEW.state AND NOT ({legal_move('OLD.state', 'NEW.state')})"
_REFUSE, _KEEP = "ledger_refuses", "ledger_keeps"
_BEING_ERASED = (
    "EXISTS (SELECT 1 FROM actions JOIN erasing ON erasing.prospect_key = actions.prospect_key "
    "WHERE actions.key = OLD.action_key)"
)

_SQLITE = (
    *(
        f"CREATE TRIGGER {table}_are_never_{done} BEFORE {event} ON {table} {unless}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _APPEND_ONLY
        for event, done, unless in (("UPDATE", "changed", ""), ("DELETE", "deleted", f"WHEN NOT {_BEING_ERASED} "))
    ),
    f"CREATE TRIGGER actions_move_by_the_table BEFORE UPDATE OF state ON actions WHEN {_NO_MOVE} "
    "BEGIN SELECT RAISE(ABORT, 'no such move of an action'); END",
)

_POSTGRESQL = (
    f"CREATE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation'; END $$",
    # A condition of a trigger may not look into other tables, so this one is asked inside.
    f"CREATE FUNCTION {_KEEP}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {_BEING_ERASED} THEN RETURN OLD; "
    "END IF; RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation'; END $$",
    *(
        f"CREATE TRIGGER {table}_are_never_{done} BEFORE {event} ON {table} FOR EACH {grain} "
        f"EXECUTE FUNCTION {function}('{table} is append-only')"
        for table in _APPEND_ONLY
        for event, done, grain, function in (
            ("UPDATE", "changed", "ROW", _REFUSE),
            ("DELETE", "deleted", "ROW", _KEEP),
            ("TRUNCATE", "emptied", "STATEMENT", _REFUSE),
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
        for function in (_REFUSE, _KEEP):
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}()")
        return
    for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
