"""The share of the org's API calls that is ours: what is left of it, what a run needs, and what waits.

Salesforce counts the calls of everybody over the last 24 hours. Ours may use a share of them, so that we never
are the reason why another integration stops. Estimates are upper bounds: a run that fits never runs out half-way.
"""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.domain.record import Percent, Record

DEFAULT_SHARE = 20.0
ROWS_PER_QUERY = 2000
MAILS_PER_LOOK = 2000
"""A look reads Leads, deals and people together."""
ROWS_PER_COMPOSITE = 1000
CONVERSIONS_PER_CALL = 100
FILES_PER_CALL = 150
"""A request takes about 30 MB of presentations."""
KEYS_PER_QUERY = 100
EMAILS_PER_QUERY = 200
BEGINNINGS_PER_QUERY = 150
NAMES_PER_ROW = 4
"""Beginnings of names that one row is looked up by, at most in most files."""
MOST_BEGINNINGS = 6000
"""However large the file, the alphabet has no more."""
CALLS_PER_PULL = 4
"""Leads behind the cursor, those that came to light late, and changed deals."""
SIGN_IN_CALLS = 6
"""Describing the objects we write to, once a process; the sign-in itself is not counted by Salesforce."""
BY_VALUE = ("reconcile", "deliver", "sync", "pull")
"""Most valuable first: settling doubt, writing to people, telling the CRM, then taking in more work."""


class ApiUsage(Record):
    """Calls of everybody in the last 24 hours, as the org counts them."""

    used: int
    allowed: int


class Budget(Record):
    """What Closeloop may still call today."""

    share: Percent
    usage: ApiUsage
    ours: int
    """Calls of ours in the last 24 hours."""

    @property
    def whole(self) -> int:
        """Our share, in calls."""
        return int(self.usage.allowed * self.share / 100)

    @property
    def left(self) -> int:
        """Never more than the org itself has left."""
        return max(0, min(self.whole - self.ours, self.usage.allowed - self.usage.used))


class Workload(Record):
    """How much of each kind waits, at most."""

    uncertain: int = 0
    mails: int = 0
    conversions: int = 0
    records: int = 0
    """Prospects whose fields the CRM has not been told yet."""
    activities: int = 0
    files: int = 0
    events: int = 0
    members: int = 0
    new: int = 0
    """Leads that were never read."""

    def at_most(self, limit: int | None) -> Workload:
        """What a run that looks at no more than `limit` of each kind gets to."""
        if limit is None:
            return self
        return Workload(**{kind: min(number, limit) for kind, number in self.model_dump().items()})

    def with_new(self, leads: int) -> Workload:
        """With Leads that the run itself takes in: each may be written to, and is written back."""
        more = {kind: getattr(self, kind) + leads for kind in ("mails", "records", "activities")}
        return self.model_copy(update={**more, "new": leads})


class Need(Record):
    """Calls one pass takes at most."""

    name: str
    calls: int


class Ration(Record):
    """What may run within what is left, and what waits."""

    needs: tuple[Need, ...]
    left: int
    waits: tuple[str, ...]
    sign_in: int = 0

    @property
    def calls(self) -> int:
        return sum(need.calls for need in self.needs)


def needs(work: Workload) -> tuple[Need, ...]:
    """The calls of each pass that talks to the CRM, most valuable first."""
    calls = {
        "reconcile": _batches(work.uncertain, 100),
        "deliver": _batches(work.mails, MAILS_PER_LOOK),
        "sync": (
            # One call looks their companies up among the Accounts, one converts them.
            2 * _batches(work.conversions, CONVERSIONS_PER_CALL)
            + 3 * _batches(work.conversions, ROWS_PER_COMPOSITE)
            + 3 * _batches(work.records, ROWS_PER_QUERY)
            + 2 * _batches(work.records, ROWS_PER_COMPOSITE)
            + _batches(work.activities, ROWS_PER_COMPOSITE)
            + _batches(work.files, FILES_PER_CALL) * 2
            + _batches(work.events, KEYS_PER_QUERY)
            + 2 * _batches(work.events, ROWS_PER_COMPOSITE)
            + _batches(work.members, KEYS_PER_QUERY)
            + 2 * _batches(work.members, ROWS_PER_COMPOSITE)
        ),
        "pull": CALLS_PER_PULL * max(1, _batches(work.new, ROWS_PER_QUERY)),
    }
    return tuple(Need(name=name, calls=calls[name]) for name in BY_VALUE)


def calls_to_import(rows: int) -> int:
    """Calls an import takes at most: looking people and addresses up, making Leads, filling blanks."""
    lookups = 2 * _batches(min(rows * NAMES_PER_ROW, MOST_BEGINNINGS), BEGINNINGS_PER_QUERY)
    return lookups + _batches(rows, EMAILS_PER_QUERY) + 4 * _batches(rows, ROWS_PER_COMPOSITE)


def calls_to_undo(rows: int, objects: int) -> int:
    """Calls an undo takes at most: describing and reading each object, then writing."""
    return objects * (1 + _batches(rows, ROWS_PER_QUERY)) + _batches(rows, ROWS_PER_COMPOSITE)


def ration(wanted: Sequence[Need], left: int, sign_in: int = SIGN_IN_CALLS) -> Ration:
    """Grants in the order of value; what does not fit waits, a smaller one after it may still go, and what needs no
    calls always goes. `sign_in`: calls that the first of them still has to make besides."""
    waits = []
    rest = left - sign_in
    for need in wanted:
        if need.calls > max(0, rest):
            waits.append(need.name)
        else:
            rest -= need.calls
    return Ration(needs=tuple(wanted), left=left, waits=tuple(waits), sign_in=sign_in)


def _batches(rows: int, size: int) -> int:
    return -(-rows // size)
