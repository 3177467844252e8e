"""The documents of quotes: written before the mail that names them is saved, and put on the deal in the CRM.

Invariant: a quote's number is part of its file's name and of its mark in the CRM, so a document is never laid over
another quote; a mail whose quote could not be written is not planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from closeloop.application.deciding import Outcome, failed, note
from closeloop.application.ports import CrmFile
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.actions import Action, ActionKind, action_key
from closeloop.domain.file_names import named_for
from closeloop.domain.prospect import Prospect
from closeloop.domain.quotes import quote

QUOTES = "quotes"
WHAT = "quote"
"""In the key and the payload of its upload."""


def write_quotes(outcomes: Sequence[Outcome], tally: Tally) -> None:
    """The documents of the quotes that these name for the first time, and their uploads."""
    new = [one for one in outcomes if _is_new(one)]
    for outcome in new:
        try:
            _write(outcome)
        except OSError:  # no fault of the quote: the batch is tried again when there is room
            raise
        except Exception as problem:  # noqa: BLE001 - whatever one quote does, the batch goes on
            outcome.start_over()
            note(tally, outcome.take(failed(outcome.before, problem, outcome.now, tally)))
        else:
            tally.count("quotes")


def _is_new(outcome: Outcome) -> bool:
    mark, before = outcome.prospect.quote, outcome.before.quote
    return mark is not None and mark.file is None and (before is None or mark.number != before.number)


def _write(outcome: Outcome) -> None:
    services, mark = outcome.services, outcome.prospect.quote
    assert mark is not None  # noqa: S101 - only new quotes are written
    document = quote(outcome.prospect, services.playbook, _language(outcome))
    file = named_for(outcome.prospect.company, f"{outcome.prospect.key}_{mark.number}", "html")
    name = str(PurePosixPath(QUOTES, file))
    services.quotes.build(document, services.home / name)
    outcome.change(quote=mark.model_copy(update={"file": name}))
    if services.upload_decks and (services.home / name).is_file():
        outcome.actions.append(_upload(outcome.prospect, mark.number, name, outcome.now))


def _language(outcome: Outcome) -> str:
    """The one its mail is written in."""
    said = (action.payload.get("language") for action in outcome.actions if action.kind is ActionKind.EMAIL)
    own = outcome.services.playbook.locale
    return next((str(language) for language in said if language), own)


def _upload(prospect: Prospect, number: str, name: str, now: datetime) -> Action:
    return Action(
        key=action_key(ActionKind.FILE, prospect.key, WHAT, number),
        kind=ActionKind.FILE,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload={WHAT: name, "number": number, "subject": f"{prospect.company} – quote {number}"},
    )


def key_of(action: Action) -> str:
    """By which the upload is known in a batch: a quote's own, or the prospect whose deck it is."""
    return f"{action.prospect_key}:{action.payload['number']}" if WHAT in action.payload else action.prospect_key


def file_of(action: Action, prospect: Prospect, services: Services) -> CrmFile | None:
    """The document as it lies in the home folder, as PDF where there is one; None: there is no file."""
    page = services.home / str(action.payload[WHAT])
    printed = page.with_suffix(".pdf")
    path = printed if printed.is_file() else page
    if not path.is_file():
        return None
    record = prospect.crm.opportunity or prospect.crm.lead
    places = (prospect.crm.lead, prospect.crm.contact)
    return CrmFile(
        key=key_of(action),
        mark=f"{mark_of(prospect)} {action.payload['number']}]",
        record_id=record,
        also_at=tuple(place for place in places if place and place != record),
        owner_id=prospect.owner_id,
        title=str(action.payload["subject"]),
        file_name=path.name,
        content=path.read_bytes(),
        what=WHAT,
    )


def mark_of(prospect: Prospect) -> str:
    """How the marks of all quotes of a prospect begin."""
    return f"[closeloop quote {prospect.key}"


def on_disk(home: Path, prospect: Prospect) -> list[Path]:
    """Every document of every quote that this prospect ever got."""
    folder = home / QUOTES
    return sorted(folder.glob(f"*{prospect.key}_Q-*")) if folder.is_dir() else []
