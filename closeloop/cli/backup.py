"""`closeloop backup` and `closeloop restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.home import home_secrets, prepare_home
from closeloop.adapters.ledger.backup import write_backup
from closeloop.adapters.ledger.restore import Restored, restore
from closeloop.adapters.ledger.restoring import InDoubt, forget_again, gap_since, mark_uncertain
from closeloop.adapters.ledger.sql_ledger import SqlLedger, open_ledger
from closeloop.bootstrap import LEDGER_FILE, clock_of, services, settings
from closeloop.cli.output import console, print_json
from closeloop.cli.program import as_called
from closeloop.domain.errors import UsageError
from config.settings import Settings

BY_OTHER_MEANS = (
    "the ledger is a PostgreSQL database: back it up with pg_dump, restore it with pg_restore as docs/ledger.md "
    "shows, then say `closeloop restore --mark-uncertain --backup-at TIME`"
)
NOT_INSIDE = "Decks, reports and settings are not in it: decks are made anew, the rest is yours to keep."
KEEP_IT = "It holds people's data and can sign opt-out links: keep it as you keep a password."
NEXT = (
    "Next: `closeloop run reconcile`. Events, SendGrid's records and the logs in the CRM settle what they can; "
    "`closeloop settle` lists the rest."
)


def back_up(file: Path, *, force: bool, as_json: bool) -> int:
    """Write it, and say what is in it."""
    chosen = settings()
    home = _home_with_a_file(chosen)
    if not (home / LEDGER_FILE).is_file():
        raise UsageError(f"there is no ledger in {home} yet: nothing to back up")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: give another name, or --force to replace it")
    ledger = open_ledger(home / LEDGER_FILE)
    try:
        secrets = home_secrets(home)
        contents = write_backup(ledger, secrets, file, clock_of(home, ledger).now())
    finally:
        ledger.close()
    size, inside, outside = file.stat().st_size, sorted(secrets), _set_elsewhere(chosen)
    if as_json:
        facts = {"file": str(file), "bytes": size, "secrets": inside, "kept_elsewhere": outside}
        print_json(contents.model_dump(mode="json", exclude={"sha256"}) | facts)
        return 0
    lines = [
        f"with the secrets of the home folder: {', '.join(inside) or 'none are there'}",
        *(f"{name} is set in the environment and not in the backup: keep it with it" for name in outside),
        NOT_INSIDE,
        KEEP_IT,
    ]
    _print(f"{file}: {contents.prospects:,} prospects, {size / 1e6:,.1f} MB, checked", lines)
    return 0


def restore_from(
    file: Path | None, *, force: bool, mark_uncertain: bool, backup_at: datetime | None, as_json: bool
) -> int:
    """From a file, or only what has to be done after a restore by other means."""
    if mark_uncertain:
        return _after_other_means(file, backup_at, as_json)
    if file is None or backup_at is not None:
        raise UsageError("give the backup to restore, or --mark-uncertain with --backup-at after pg_restore")
    chosen = settings()
    home = prepare_home(_home_with_a_file(chosen))
    secret = chosen.secret.get_secret_value() if chosen.secret else None
    found = restore(file, home / LEDGER_FILE, SystemClock().now(), secret, force=force)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(f"The ledger is as it was on {found.made_at:%Y-%m-%d at %H:%M} UTC", _told(found))
    return 0


def _after_other_means(file: Path | None, backup_at: datetime | None, as_json: bool) -> int:
    if file is not None or backup_at is None:
        raise UsageError(
            "say when the backup was made: `closeloop restore --mark-uncertain --backup-at 2026-03-02T09:00Z`"
        )
    at = backup_at if backup_at.tzinfo else backup_at.replace(tzinfo=UTC)
    work = services()
    now = work.clock.now()
    if at > now:
        raise UsageError(f"{at:%Y-%m-%d %H:%M} UTC is still to come: say when the backup was made")
    if not isinstance(work.ledger, SqlLedger):
        raise UsageError("this needs a ledger in a database")
    forgotten = forget_again(work.ledger, work.secret)
    doubt = mark_uncertain(work.ledger, gap_since(at, now))
    if as_json:
        print_json({"made_at": at, "forgotten_again": forgotten, "doubt": doubt.model_dump(mode="json")})
    else:
        _print(f"The ledger counts as of {at:%Y-%m-%d at %H:%M} UTC", [*_doubts(doubt), f"\n{NEXT}"])
    return 0


def _told(found: Restored) -> list[str]:
    carried = ", ".join(f"{number:,} {table}" for table, number in found.carried_over.items())
    return [
        f"{found.prospects:,} prospects",
        *([f"the ledger of before is kept: {found.replaced}"] if found.replaced else []),
        *(f"a secret of before is kept: {place}" for place in found.secrets_replaced),
        *([f"carried over from the ledger of before: {carried}"] if carried else []),
        *(
            [f"forgotten again, as they had asked since: {found.forgotten_again:,}"]
            if found.forgotten_again
            else []
        ),
        *_doubts(found.doubt),
        f"\n{NEXT}",
    ]


def _doubts(doubt: InDoubt) -> list[str]:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in doubt.actions.items()) or "none"
    return [
        f"may have been carried out since, in doubt until evidence settles them: {kinds}",
        f"people whose next mail waits for evidence: {doubt.people:,}",
    ]


def _print(title: str, lines: list[str]) -> None:
    screen = console()
    screen.print(escape(title), style="bold", soft_wrap=True)
    for line in lines:
        screen.print(escape(as_called(line)), soft_wrap=True)


def _home_with_a_file(chosen: Settings) -> Path:
    if chosen.ledger_url:
        raise UsageError(BY_OTHER_MEANS)
    return chosen.home.resolve()


def _set_elsewhere(chosen: Settings) -> list[str]:
    given = {"CLOSELOOP_SECRET": chosen.secret, "CLOSELOOP_WEBHOOK_TOKEN": chosen.webhook_token}
    return [name for name, value in given.items() if value is not None]
