"""The command by which a person answers what the process asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from closeloop.cli.flags import Flag, Json


def register(app: App) -> None:
    """Add it to the program."""
    app.command(approve)


def approve(
    approval: str | None = None,
    /,
    *,
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    show: Flag = False,
    edit: Path | None = None,
    reject: Flag = False,
    why: str = "",
    by: str | None = None,
    json: Json = False,
) -> int:
    """Answer what waits for an approval: say yes, yes with changes, or no. Without an ID the list of what waits.

    Exactly the words that were approved are sent; who approved what and when is in `closeloop why`.

    :param approval: the id of an approval, as the list and the Task in the CRM show it
    :param list_: list what waits
    :param show: print the whole question, a mail with all its words, and answer nothing
    :param edit: approve the words in this file instead; a first line `Subject: …` changes the subject
    :param reject: say no; needs --why
    :param why: the reason, for the record
    :param by: who decides (default: you)
    :param json: print one JSON object
    """
    from closeloop.cli.approving import Given, answer

    return answer(Given(approval, list_, show, edit, reject, why, by), as_json=json)
