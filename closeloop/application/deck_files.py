"""Draft presentations on their records in the CRM: planned when a draft passes, uploaded in batches, moved on with
the deal.

Invariant: each time a draft changes is one action, also when it is changed back to what it was, so that the CRM
ends with the draft as it is; what a person made of a deck in the CRM is never covered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from closeloop.application import quote_files
from closeloop.application.claims import claim_for_crm, given_back_on_error
from closeloop.application.ports import CrmFile, CrmOutcome
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.settling import settle
from closeloop.domain.actions import Action, ActionKind, ActionState, ClaimedAction, action_key
from closeloop.domain.prospect import Prospect

AT_ONCE = 450
"""Files are held in memory while they are sent; so many usual ones are one request."""
GONE = "its file is gone from the home folder"


def planned(
    prospect: Prospect, deck: str, services: Services, now: datetime
) -> tuple[dict[str, Any], list[Action]]:
    """What to remember of a draft that was just written, and its upload; nothing when it is the one we planned for
    last, when uploads are off or when there is no file."""
    checksum = _checksum(services.home / deck) if services.upload_decks else None
    if checksum is None or checksum == prospect.deck_checksum:
        return {}, []
    drafts = prospect.deck_drafts + 1
    # A first draft has the key that earlier versions gave it: what they uploaded is not planned again.
    what = checksum if drafts == 1 else f"{checksum}.{drafts}"
    return {"deck_checksum": checksum, "deck_drafts": drafts}, [_action(prospect, what, deck, now)]


def is_as_we_drew_it(prospect: Prospect, services: Services) -> bool:
    """False when a person may have changed the file: it differs from what we uploaded, or waits for an approval and
    we kept no mark of it."""
    if prospect.deck is None or prospect.deck_checksum is None:
        return prospect.deck_asked is None
    return _checksum(services.home / prospect.deck) in {prospect.deck_checksum, None}


def on_disk(deck: Path) -> list[Path]:
    """The deck and everything made of it: its other forms and its pictures."""
    folder = sorted(deck.parent.iterdir()) if deck.parent.is_dir() else []
    return [path for path in folder if path == deck or path.name.startswith(f"{deck.stem}.")]


def moved_on(deals: Iterable[Prospect], services: Services, now: datetime) -> list[Action]:
    """After a conversion: the deck goes on with the deal."""
    if not services.upload_decks:
        return []
    return [
        _action(deal, deal.crm.opportunity, deal.deck, now) for deal in deals if deal.deck and deal.crm.opportunity
    ]


def _action(prospect: Prospect, what: str, deck: str, now: datetime) -> Action:
    return Action(
        key=action_key(ActionKind.FILE, prospect.key, "deck", what),
        kind=ActionKind.FILE,
        prospect_key=prospect.key,
        stage=prospect.stage,
        due_at=now,
        payload={"deck": deck, "subject": title(prospect)},
    )


def title(prospect: Prospect) -> str:
    """What people see in the list of files."""
    return f"{prospect.company} – draft presentation"


def upload(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    """Put at most `limit` decks where they belong."""
    done = 0
    while done < limit and (number := _upload_some(services, now, min(limit - done, AT_ONCE), tally)):
        done += number
    return done


def _upload_some(services: Services, now: datetime, limit: int, tally: Tally) -> int:
    claimed, prospects = claim_for_crm(services, ActionKind.FILE, now, limit)
    if not claimed:
        return 0
    with given_back_on_error(services.ledger, claimed, now):
        files = {quote_files.key_of(a): wanted(a, prospects[a.prospect_key], services) for a in claimed}
    there = [file for file in files.values() if file is not None]
    outcomes = {outcome.key: outcome for outcome in services.crm.put_files(there)} if there else {}
    ended = _by_action(claimed, outcomes)
    for name, mine in _by_what(claimed).items():
        settle(mine, {action.key: ended[action.key] for action in mine}, services, now, tally, name)
    return len(claimed)


def _by_what(claimed: Sequence[ClaimedAction]) -> dict[str, list[ClaimedAction]]:
    """What was uploaded, as a run tells it."""
    found: dict[str, list[ClaimedAction]] = {}
    for action in claimed:
        what = "quotes" if quote_files.WHAT in action.payload else "decks"
        found.setdefault(f"{what} in the CRM", []).append(action)
    return found


def wanted(action: Action, prospect: Prospect, services: Services) -> CrmFile | None:
    """What this upload puts on the record: a quote, or the deck as it is now."""
    if quote_files.WHAT in action.payload:
        return quote_files.file_of(action, prospect, services)
    return file_of(prospect.key, prospect, services)


def file_of(key: str, prospect: Prospect, services: Services) -> CrmFile | None:
    """The deck as it is now, for the record that stands for the prospect now. None: there is no file."""
    deck = prospect.deck
    content = _content(services.home / deck) if deck else None
    if deck is None or content is None:
        return None
    record = prospect.crm.opportunity or prospect.crm.lead
    places = (prospect.crm.lead, prospect.crm.contact)
    return CrmFile(
        key=key,
        mark=f"[closeloop deck {prospect.key}]",
        record_id=record,
        also_at=tuple(place for place in places if place and place != record),
        owner_id=prospect.owner_id,
        title=title(prospect),
        file_name=Path(deck).name,
        content=content,
    )


def _by_action(claimed: Sequence[ClaimedAction], outcomes: dict[str, CrmOutcome]) -> dict[str, CrmOutcome]:
    """Two actions about one deck, such as its upload and its move, are done by one upload."""
    found: dict[str, CrmOutcome] = {}
    told: set[str] = set()
    for action in claimed:
        key = quote_files.key_of(action)
        done = outcomes.get(key)
        gone = CrmOutcome(key=action.key, state=ActionState.SKIPPED, detail=GONE)
        # The second one made nothing that the first had not.
        again = {"existed": True} if key in told else {}
        found[action.key] = done.model_copy(update=again) if done else gone
        told.add(key)
    return found


def _checksum(path: Path) -> str | None:
    content = _content(path)
    return hashlib.sha256(content).hexdigest()[:16] if content is not None else None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
