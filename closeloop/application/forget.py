"""Forget a person: everything that we wrote about them goes, everywhere, and a mark stays that keeps them out.

The order is the guarantee. First the mark, so that from then on nothing leaves and nothing comes in; then the CRM,
the provider and the files, which only the ledger knows how to find; the ledger last, in one transaction. A crash
between two steps, or a step that fails, leaves what is needed to go on: the next call does the rest, and what was
done already is nothing to do. Invariant: what is stored of it, and what is told, never says that a step is done
which is not known to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from closeloop.application import deck_files, quote_files
from closeloop.application.erasure_port import Footprint
from closeloop.application.forget_in_crm import Step, forget_in_crm, step
from closeloop.application.held_mails import call_back_held
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.domain.errors import UsageError
from closeloop.domain.forgetting import REASON, Erased, Erasure, mark_of
from closeloop.domain.mail_addresses import BadAddress, mail_domains, mailbox, read_address
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record

PAGES = ("report.html", "inbox.html")
"""In the home folder, made anew without the person."""
CONTENT_STAYS = (
    "mails that were sent lie in their mailbox, and the mail provider has records of them: SendGrid erases its own "
    "on request (POST /v3/recipients/erasejob); see afterwards that the address still is on its global stop list"
)
BACKUPS = (
    "backups that were made before hold the person still: delete them when you can; a restore forgets them again"
)
NO_PROVIDER = (
    "no SendGrid key is set: put the address on the global unsubscribe list of whatever sends for you, if it shall "
    "get nothing from there either"
)
HELD = "a worker holds a mail or a task of this person at this moment: the ledger is erased once it is done"


class Whom(Record):
    """Who is meant: the people in the ledger, and every address of theirs."""

    prospects: tuple[Prospect, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        return [prospect.key for prospect in self.prospects]

    @property
    def record_ids(self) -> list[str]:
        """Of the records that stand for the person."""
        ids = (i for p in self.prospects for i in (p.key, p.crm.lead, p.crm.open_lead, p.crm.contact))
        return list(dict.fromkeys(one for one in ids if one))


def whom(services: Services, who: str) -> Whom:
    """By address, CRM id or name. `UsageError` when that may mean several people, or nobody we can tell."""
    text = who.strip()
    if "@" in text:
        return _at(services, _address(text))
    found = services.ledger.find(text)
    exact = [p for p in found if text in {p.key, p.crm.lead, p.crm.contact, p.crm.open_lead}] or found
    addresses = tuple(dict.fromkeys(prospect.email for prospect in exact))
    if len(addresses) == 1:
        return Whom(prospects=tuple(exact), addresses=addresses)
    if exact:
        several = ", ".join(f"{p.email} ({p.company})" for p in exact[:5])
        raise UsageError(f"{text!r} may mean several people: {several}. Give the e-mail address")
    raise UsageError(f"nobody called {text!r} is in the ledger: give the e-mail address, which works for anybody")


def _at(services: Services, address: str) -> Whom:
    """However the address is written in the ledger: with or without a tag, or with dots that do not count."""
    there = services.ledger.addresses_under(mail_domains(address))
    theirs = [key for key, email in there.items() if mailbox(email) == mailbox(address)]
    meant = tuple(services.ledger.prospects(theirs).values())
    return Whom(prospects=meant, addresses=tuple(dict.fromkeys((address, *(p.email for p in meant)))))


def known_erasure(services: Services, who: str) -> Erasure | None:
    """The erasure of somebody who is only known by the mark any more."""
    return services.ledger.erasure_of([mark_of(who.strip(), services.secret)])


def forget(services: Services, meant: Whom, now: datetime, *, delete_record: bool = False) -> Erasure:
    """Erase as much as can be erased now. What waits for another call stands in `waits` of the receipt."""
    marks = [mark_of(word, services.secret) for word in (*meant.addresses, *meant.record_ids)]
    earlier = services.ledger.erasure_of(marks)
    begun = earlier or Erasure(id=marks[0][:12], at=now)
    begun = services.ledger.begin_erasure(begun, marks)
    services.ledger.cancel_planned(meant.keys, REASON, now)
    services.ledger.expire_leases(now)
    call_back_held(dict.fromkeys(meant.keys, REASON), services, now, Tally("forget"))
    footprint = services.ledger.footprint(meant.keys)
    done = begun.model_copy(update={"waits": (), "by_hand": ()})
    # After each step it is written down, so that a crash loses no line of the receipt.
    for find in (_in_crm, _at_provider, _at_home):
        done = _noted(services, find(services, meant, footprint, delete_record=delete_record), done)
    if not done.waits:
        done = _noted(services, _in_ledger(services, meant, done), done)
    return _ended(services, done, begun, now)


def _noted(services: Services, found: Step, before: Erasure) -> Erasure:
    done = Erasure(
        id=before.id,
        at=before.at,
        erased=found.erased,
        waits=(*before.waits, *found.waits),
        by_hand=(*before.by_hand, *found.by_hand),
    ).after(before)
    services.ledger.note_erasure(done)
    return done


def _ended(services: Services, done: Erasure, begun: Erasure, now: datetime) -> Erasure:
    """A call that found nothing new leaves the receipt as it was, but for what is left to people."""
    nothing_new = begun.done_at is not None and done.erased == begun.erased
    at = None if done.waits else begun.done_at if nothing_new else now
    ended = done.model_copy(update={"done_at": at, "by_hand": tuple(dict.fromkeys(done.by_hand))})
    services.ledger.note_erasure(ended)
    return ended


def _in_crm(services: Services, meant: Whom, footprint: Footprint, *, delete_record: bool) -> Step:
    return forget_in_crm(services, meant.prospects, meant.addresses, footprint, delete_record=delete_record)


def _at_provider(services: Services, meant: Whom, footprint: Footprint, *, delete_record: bool) -> Step:
    """The stop stays there, or is put there: that address is what the list is for, and all it holds."""
    if services.stop_lists is None:
        return step(by_hand=[NO_PROVIDER, CONTENT_STAYS])
    told = services.stop_lists.tell(meant.addresses)
    failed = f"the mail provider's stop list: {told.silence}"
    return step(
        by_hand=[CONTENT_STAYS, *([failed] if told.silence and told.lasting else [])],
        waits=[failed] if told.silence and not told.lasting else [],
    )


def _at_home(services: Services, meant: Whom, footprint: Footprint, *, delete_record: bool) -> Step:
    drawn = [services.home / prospect.deck for prospect in meant.prospects if prospect.deck]
    decks = _removed(path for deck in drawn for path in deck_files.on_disk(deck))
    quotes = _removed(path for one in meant.prospects for path in quote_files.on_disk(services.home, one))
    pages = _removed(page for name in PAGES if _names(page := services.home / name, meant))
    copies = sorted(path.name for path in services.home.glob("ledger.db.*") if path.suffix not in {".db-wal"})
    old = [f"older copies of the ledger in {services.home}: {', '.join(copies)}"] if copies else []
    return step(
        erased=[
            _line("home folder", "draft presentations", decks),
            _line("home folder", "quotes", quotes),
            _line("home folder", "pages", pages),
        ],
        by_hand=[BACKUPS, *old],
    )


def _removed(paths: Iterable[Path]) -> int:
    removed = 0
    for path in paths:
        if path.is_file():
            path.unlink()
            removed += 1
    return removed


def _names(page: Path, meant: Whom) -> bool:
    """Whether a page holds an address or a full name of theirs."""
    try:
        text = page.read_text(encoding="utf-8", errors="replace").casefold()
    except OSError:
        return False
    names = [f"{p.first_name} {p.last_name}" for p in meant.prospects if p.first_name and p.last_name]
    return any(word.casefold() in text for word in (*meant.addresses, *meant.record_ids, *names))


def _in_ledger(services: Services, meant: Whom, done: Erasure) -> Step:
    """Also what it says about records of the CRM that were just erased there."""
    deals = [prospect.crm.opportunity for prospect in meant.prospects if prospect.crm.opportunity]
    in_crm = [record for line in done.erased if line.where == "CRM" for record in line.ids]
    counts = services.ledger.erase(meant.keys, meant.addresses, [*meant.record_ids, *deals, *in_crm])
    if counts is None:
        return step(waits=[HELD])
    return step(erased=[_line("ledger", what, number) for what, number in counts.items()])


def _line(where: str, what: str, number: int) -> Erased:
    return Erased(where=where, what=what, number=number)


def _address(text: str) -> str:
    try:
        return read_address(text)
    except BadAddress as problem:
        raise UsageError(str(problem)) from None


def shown_first(meant: Whom, services: Services) -> Sequence[str]:
    """What a person is asked to confirm."""
    people = [f"{p.first_name or ''} {p.last_name or ''} <{p.email}>, {p.company}".strip() for p in meant.prospects]
    return people or [f"{address} (not in the ledger)" for address in meant.addresses]
