"""The part of forgetting that happens in the CRM: what we made is deleted, what we wrote is blanked, a no stays.

Invariants: no record of the company's own is deleted unless somebody asked for it; the do-not-contact mark is set
before anything else, and stays; a write whose outcome nobody knows waits for the next call, which looks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from closeloop.application.crm_erasure import CrmPerson, CrmTrace, CrmTraces
from closeloop.application.erasure_port import Footprint
from closeloop.application.ports import CrmOutcome, CrmUpdate
from closeloop.application.quote_files import mark_of
from closeloop.application.services import Services
from closeloop.domain.actions import ActionState
from closeloop.domain.crm_mapping import CONSENT, Rule
from closeloop.domain.errors import CrmRefused, CrmUnavailable
from closeloop.domain.field_ownership import blank
from closeloop.domain.forgetting import REASON, Erased
from closeloop.domain.lead_facts import REFERRED_BY
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record

OURS_TO_BLANK = {
    "Lead": ("stage", "score", "hold", "next_step", "next_step_date"),
    "Contact": (),
    "Opportunity": ("hold", "next_step", "next_step_date", "lost_reason"),
}
"""A deal stays the company's; what we say there in words may be about the person."""
MADE = frozenset({"Task", "Event", "CampaignMember"})
"""Of the journal: files are found by their mark."""
RECYCLE_BIN = "deleted CRM records lie in Salesforce's recycle bin for 15 days: empty it to be rid of them at once"


class Step(Record):
    """What one step erased, what of it has to be tried again, and what is left to people."""

    erased: tuple[Erased, ...] = ()
    waits: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def step(erased: Iterable[Erased] = (), waits: Iterable[str] = (), by_hand: Iterable[str] = ()) -> Step:
    """Without lines that say nothing."""
    lines = tuple(line for line in erased if line.number)
    return Step(erased=lines, waits=tuple(waits), by_hand=tuple(by_hand))


def forget_in_crm(
    services: Services,
    prospects: Sequence[Prospect],
    addresses: Sequence[str],
    footprint: Footprint,
    *,
    delete_record: bool,
) -> Step:
    """Never raises for what the CRM does: it waits, and says why."""
    person = _person(prospects, addresses, footprint)
    try:
        services.crm.ready()
        traces = services.crm.traces(person)
        blanked = _blank(services, traces, person, delete_record=delete_record)
        deleted = _delete(services, _to_delete(traces, footprint, delete_record=delete_record))
    except (CrmUnavailable, CrmRefused) as problem:
        return step(waits=[f"the CRM: {problem}"])
    theirs = [f"{_named(one)}: {one.theirs}" for one in traces.made if not one.ours]
    bin_note = [RECYCLE_BIN] if deleted.erased else []
    return step(
        erased=(*blanked.erased, *deleted.erased),
        waits=(*blanked.waits, *deleted.waits),
        by_hand=(*blanked.by_hand, *deleted.by_hand, *theirs, *bin_note, *_referred(services, prospects)),
    )


def _person(prospects: Sequence[Prospect], addresses: Sequence[str], footprint: Footprint) -> CrmPerson:
    leads = (lead for p in prospects for lead in (p.crm.lead, p.crm.open_lead) if lead)
    return CrmPerson(
        leads=tuple(dict.fromkeys(leads)),
        contacts=tuple(p.crm.contact for p in prospects if p.crm.contact),
        deals=tuple(p.crm.opportunity for p in prospects if p.crm.opportunity),
        addresses=tuple(addresses),
        task_keys=footprint.task_keys,
        event_keys=footprint.event_keys,
        deck_marks=tuple(mark for p in prospects for mark in (f"[closeloop deck {p.key}]", mark_of(p))),
    )


def _to_delete(traces: CrmTraces, footprint: Footprint, *, delete_record: bool) -> list[CrmTrace]:
    made = [one for one in traces.made if one.ours]
    noted = [CrmTrace(object=name, id=record) for name, record in footprint.made if name in MADE]
    people = list(traces.people) if delete_record else []
    return list({one.id: one for one in (*made, *noted, *people)}.values())


def _delete(services: Services, records: Sequence[CrmTrace]) -> Step:
    outcomes = services.crm.delete(records) if records else []
    gone: dict[str, list[str]] = {}
    for record, outcome in zip(records, outcomes, strict=True):
        if outcome.state is ActionState.ACCEPTED and outcome.existed:
            gone.setdefault(record.object, []).append(record.id)
    failed = [
        (one, out) for one, out in zip(records, outcomes, strict=True) if out.state is not ActionState.ACCEPTED
    ]
    return step(
        erased=[
            Erased(where="CRM", what=f"{name} deleted", number=len(ids), ids=tuple(ids))
            for name, ids in gone.items()
        ],
        waits=[_said(one, out, "deleted") for one, out in failed if out.state is not ActionState.REJECTED],
        by_hand=[_said(one, out, "deleted") for one, out in failed if out.state is ActionState.REJECTED],
    )


def _blank(services: Services, traces: CrmTraces, person: CrmPerson, *, delete_record: bool) -> Step:
    """Only what does not stand there already, so that a second call has nothing to do."""
    people = [] if delete_record else list(traces.people)
    records = [*people, *(CrmTrace(object="Opportunity", id=deal) for deal in person.deals)]
    updates = [update for name in OURS_TO_BLANK for update in _updates(services, name, records)]
    outcomes = {outcome.key: outcome for outcome in services.crm.update(updates)} if updates else {}
    ends = [(update, outcomes[update.record_id]) for update in updates]
    written = [update for update, outcome in ends if outcome.state is ActionState.ACCEPTED]
    failed = [
        (CrmTrace(object=u.object, id=u.record_id), o) for u, o in ends if o.state is not ActionState.ACCEPTED
    ]
    return step(
        erased=[_blanked(name, [u for u in written if u.object == name]) for name in OURS_TO_BLANK],
        waits=[_said(one, out, "changed") for one, out in failed if out.state is not ActionState.REJECTED],
        by_hand=[_said(one, out, "changed") for one, out in failed if out.state is ActionState.REJECTED],
    )


def _updates(services: Services, name: str, records: Sequence[CrmTrace]) -> list[CrmUpdate]:
    wanted = {field: None for word in OURS_TO_BLANK[name] if (field := _ours(services, name, word))}
    nos = {field: True for word in sorted(CONSENT) if (field := _ours(services, name, word))}
    there = services.crm.writable(name, {**wanted, **nos}) if records else frozenset()
    fields = {field: value for field, value in {**wanted, **nos}.items() if field in there}
    ids = [one.id for one in records if one.object == name]
    current = services.crm.read(name, ids, list(fields)) if ids and fields else {}
    updates = []
    for record, values in current.items():
        news = {f: new for f, new in fields.items() if not _stands(values.get(f), new)}
        if news:
            updates.append(CrmUpdate(object=name, record_id=record, fields=news, reason=REASON))
    return updates


def _ours(services: Services, name: str, word: str) -> str | None:
    found = services.mapping.of(name, word)
    return found.field if found and found.rule in {Rule.OURS, Rule.ENFORCED} else None


def _stands(value: object, wanted: object) -> bool:
    return value is True if wanted is True else blank(value)


def _blanked(name: str, updates: Sequence[CrmUpdate]) -> Erased:
    ids = tuple(update.record_id for update in updates)
    number = sum(len(update.fields) for update in updates)
    return Erased(where="CRM", what=f"{name} fields blanked or set to do-not-contact", number=number, ids=ids)


def _said(record: CrmTrace, outcome: CrmOutcome, verb: str) -> str:
    unknown = outcome.state is ActionState.UNCERTAIN
    what = f"may or may not have been {verb}" if unknown else f"could not be {verb}"
    return f"{_named(record)} {what} ({outcome.detail})"


def _named(record: CrmTrace) -> str:
    return f"{record.object} {record.id}"


def _referred(services: Services, prospects: Sequence[Prospect]) -> list[str]:
    """Leads of people whom they named to us carry their name, and sellers may have written on in that text."""
    if not any(prospect.replies for prospect in prospects):
        return []
    return [
        f"Leads whom this person named to us say “{REFERRED_BY}…” in their description: look for the name there"
    ]
