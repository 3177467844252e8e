"""The commands about the data we keep: forget a person, back the ledger up, restore it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cyclopts import App

from closeloop.cli.flags import Flag, Json


def register(app: App) -> None:
    """Add them to the program."""
    for command in (forget, backup, restore):
        app.command(command)


def forget(who: str, /, *, yes: Flag = False, delete_record: Flag = False, json: Json = False) -> int:
    """Erase a person everywhere we wrote, keep them out for good, and print the receipt.

    What we made in the CRM for this person is deleted, what we wrote is blanked, the do-not-contact mark is set;
    the ledger keeps nothing but a keyed hash. Calling it again goes on where it stopped.

    :param who: an e-mail address, a CRM id or a name
    :param yes: do it without asking
    :param delete_record: delete the Lead and the Contact as well
    :param json: print the receipt as one JSON object
    """
    from closeloop.cli.forget import forget_person

    return forget_person(who, yes=yes, delete_record=delete_record, as_json=json)


def backup(file: Path, /, *, force: Flag = False, json: Json = False) -> int:
    """Write the ledger and the secrets of the home folder to one file, while workers go on.

    The file can sign opt-out links and holds people's data: keep it as you keep a password.

    :param file: where to; a name that ends in .zip
    :param force: replace a file that is there
    :param json: print one JSON object
    """
    from closeloop.cli.backup import back_up

    return back_up(file, force=force, as_json=json)


def restore(
    file: Path | None = None,
    /,
    *,
    force: Flag = False,
    mark_uncertain: Flag = False,
    backup_at: datetime | None = None,
    json: Json = False,
) -> int:
    """Put a backup in the place of the ledger. What may have been sent since is not sent again.

    Every mail that may have left after the backup is in doubt until evidence settles it. Stop all workers first.

    :param file: what `closeloop backup` wrote
    :param force: put it in the place of a ledger that is there, which is kept beside it
    :param mark_uncertain: no file: the database was restored by other means, such as pg_restore
    :param backup_at: with --mark-uncertain: when that backup was made, such as 2026-03-02T09:00Z
    :param json: print one JSON object
    """
    from closeloop.cli.backup import restore_from

    return restore_from(file, force=force, mark_uncertain=mark_uncertain, backup_at=backup_at, as_json=json)
