"""An open database: its transactions, and patience while it is away.

Invariants: every transaction is a `read()` (a snapshot) or a `write()` (committed when the block ends, or not at
all); every failure of the database leaves here as `LedgerUnavailable`; only what surely was not saved is repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from closeloop.adapters.ledger.codec import dump_json, load_json
from closeloop.adapters.ledger.failures import CommitUnknown, RowDamaged, TryAgain, translated
from closeloop.domain.errors import LedgerUnavailable

_IN_LIST = 500
"""Values in one IN list; every database takes that many, and the statement stays cached."""
_LONGEST_PAUSE = 2.0
JSON_TEXT: dict[str, Any] = {"json_serializer": dump_json, "json_deserializer": load_json}
"""How every engine of the ledger writes and reads JSON."""

Item = TypeVar("Item")
Given = ParamSpec("Given")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Database:
    """An open ledger database. Safe to share between threads; one in memory serves them one at a time."""

    engine: Engine
    place: str
    """For people: a file, or an address without its password."""
    reader: Engine
    """The engine with the options of a snapshot, and `writer` with those of a change."""
    writer: Engine
    patience: float = 0.0
    """Seconds to wait for a database that went away."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for all queries of the block."""
        with self._connect(self.reader) as connection, self._sense():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends, rolled back when it raises."""
        with self._connect(self.writer) as connection:
            transaction = connection.begin()
            try:
                with self._sense():
                    yield connection
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except TryAgain as lost:
                raise CommitUnknown(
                    f"The ledger {self.place} was lost while it saved: whether the last step is in it is not "
                    "known. Start again when it is back; nothing will be done twice"
                ) from lost

    @contextmanager
    def _sense(self) -> Iterator[None]:
        """Rows whose values no ledger wrote are damage, not a mistake of whoever reads them."""
        try:
            yield
        except (RowDamaged, UnicodeDecodeError, ValidationError) as problem:
            raise RowDamaged(self.place) from (None if isinstance(problem, ValidationError) else problem)
        except LookupError as problem:
            if type(problem) is not LookupError:  # a word that its column does not know, says SQLAlchemy
                raise
            raise RowDamaged(self.place) from problem

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except NoConnectionFree as full:
            raise LedgerUnavailable(
                f"The ledger {self.place} has no free connection: use fewer workers in one process ({full})"
            ) from full

    def patiently(self, work: Callable[[], Found], *, repeatable: bool = False) -> Found:
        """Do it, and again while the database is away or another worker was in the way, for `patience` seconds.

        What may have been saved is done again only when it is `repeatable`: the second time changes nothing.
        """
        give_up, pause = time.monotonic() + self.patience, 0.05
        while True:
            try:
                return work()
            except (TryAgain, CommitUnknown) as problem:
                again = repeatable or isinstance(problem, TryAgain)
                if not again or time.monotonic() >= give_up:
                    raise
            time.sleep(min(pause, max(0.0, give_up - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        """Give the file or the connections back; nothing is pending, because every write was committed."""
        self.engine.dispose()


class OnDatabase(Protocol):
    """Whoever works on a database."""

    @property
    def _database(self) -> Database: ...


Owner = TypeVar("Owner", bound=OnDatabase)


def patient(method: Callable[Concatenate[Owner, Given], Found]) -> Callable[Concatenate[Owner, Given], Found]:
    """A method of the ledger that waits for a database that went away; what it was given can be read again."""
    return _patient(method, repeatable=False)


def patient_and_repeatable(
    method: Callable[Concatenate[Owner, Given], Found],
) -> Callable[Concatenate[Owner, Given], Found]:
    """Like `patient`, for a method that changes nothing when it is called a second time."""
    return _patient(method, repeatable=True)


def _patient(
    method: Callable[Concatenate[Owner, Given], Found], *, repeatable: bool
) -> Callable[Concatenate[Owner, Given], Found]:
    def wait_for_it(self: Owner, /, *args: Given.args, **kwargs: Given.kwargs) -> Found:
        kept: Any = tuple(tuple(one) if isinstance(one, Iterator) else one for one in args)
        named: Any = {name: tuple(one) if isinstance(one, Iterator) else one for name, one in kwargs.items()}
        return self._database.patiently(lambda: method(self, *kept, **named), repeatable=repeatable)

    wait_for_it.__doc__, wait_for_it.__name__ = method.__doc__, method.__name__
    return wait_for_it


def explain_failures(engine: Engine, place: str) -> None:
    """From now on every failure of this engine is a `LedgerUnavailable` that says what to do."""

    def explain(context: ExceptionContext) -> None:
        if context.is_pre_ping:
            return  # a connection that died in the pool is replaced without a word
        cause = context.original_exception
        error = translated(place, cause)
        raise error from (None if error is cause else cause)

    event.listen(engine, "handle_error", explain)


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The distinct items in lists short enough for one IN clause."""
    rest = iter(dict.fromkeys(items))
    while part := list(islice(rest, _IN_LIST)):
        yield part
