"""Putting a backup in the place of a ledger: made ready beside it, in doubt where it must be, then swapped.

Invariant: whatever fails before the swap leaves the home folder as it was; the swap is one rename; and no worker
ever opens the restored ledger before what may have been done since is in doubt.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from closeloop.adapters.ledger.backup import (
    LEDGER,
    OWNER_ONLY,
    as_one_file,
    read_backup,
    replace,
    stand_still,
    unpack,
)
from closeloop.adapters.ledger.restoring import InDoubt, carry_over, forget_again, gap_since, mark_uncertain
from closeloop.adapters.ledger.sql_ledger import open_ledger
from closeloop.domain.errors import UsageError
from closeloop.domain.record import Moment, Record

SECRET = "secret"  # noqa: S105 - a file name


class Restored(Record):
    """What came of it."""

    made_at: Moment
    prospects: int
    replaced: str | None
    """Where the ledger of before is kept."""
    secrets_replaced: tuple[str, ...]
    """Where secrets of before are kept, which differed."""
    carried_over: dict[str, int]
    forgotten_again: int
    doubt: InDoubt


def restore(source: Path, live: Path, now: datetime, secret: str | None, *, force: bool) -> Restored:
    """Put the backup in the place of the ledger at `live`. `secret`: the one that is set, else the backup's counts.

    `UsageError` for a file that is no whole backup and for a ledger that would be replaced without `force`;
    `LedgerUnavailable` while somebody has that open.
    """
    contents, files = read_backup(source)
    if live.exists() and not force:
        raise UsageError(
            f"there is a ledger in {live.parent}: say --force to put the backup in its place; it is kept beside it"
        )
    ready = live.with_name(f"{live.name}.restoring")
    unpack(files.pop(LEDGER), ready)
    if live.exists():
        stand_still(live)
    open_ledger(ready).close()  # an older backup is of today's schema from now on
    carried = carry_over(ready, live) if live.exists() else {}
    known = secret or files.get(SECRET, b"").decode("ascii", "replace").strip()
    ledger = open_ledger(ready)
    forgotten = forget_again(ledger, known) if known else 0
    doubt = mark_uncertain(ledger, gap_since(contents.made_at, now))
    ledger.close()
    as_one_file(ready)
    stamp = f"{now:%Y%m%dT%H%M%S}"
    kept = _free(live.with_name(f"{live.name}.replaced-{stamp}"))
    replaced = str(kept) if live.exists() else None
    # The secrets first: should it end between the two, the ledger of before only signs with another one.
    aside = _keep_secrets(live.parent, files, stamp)
    replace(live, ready, kept)
    return Restored(
        made_at=contents.made_at,
        prospects=contents.prospects,
        replaced=replaced,
        secrets_replaced=aside,
        carried_over=carried,
        forgotten_again=forgotten,
        doubt=doubt,
    )


def _keep_secrets(home: Path, files: Mapping[str, bytes], stamp: str) -> tuple[str, ...]:
    """Those of the backup; one of before that differs is kept beside it."""
    aside = []
    for name, content in files.items():
        place = home / name
        if place.exists():
            if place.read_bytes().strip() == content.strip():
                continue
            kept = _free(place.with_name(f"{name}.replaced-{stamp}"))
            place.rename(kept)
            aside.append(str(kept))
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    return tuple(aside)


def _free(place: Path) -> Path:
    """A name that nothing has yet: two restores within a second keep both."""
    number = 1
    found = place
    while found.exists():
        number += 1
        found = place.with_name(f"{place.name}-{number}")
    return found
