"""The prospecting stage: read what changed in the CRM, enrich, qualify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from closeloop.application.after_restore import doubt_newcomers
from closeloop.application.deal_changes import OPTED_OUT_IN_CRM, take_over_deals
from closeloop.application.deciding import Outcome, note, note_overtaken, save
from closeloop.application.enrichment import enrich
from closeloop.application.forgotten import forgotten
from closeloop.application.overtaking import insist
from closeloop.application.ports import CrmLead
from closeloop.application.results import StageResult, Tally
from closeloop.application.routing import route
from closeloop.application.services import BATCH, Services
from closeloop.domain.decisions import Decision, Hold, Stop
from closeloop.domain.field_ownership import Memory, first_sight
from closeloop.domain.forgetting import REASON
from closeloop.domain.lead_facts import CRM_FACTS, crm_facts, referrer, title_facts, told_by_people
from closeloop.domain.prospect import CrmIds, Fact, Prospect
from closeloop.domain.prospecting import decide
from closeloop.domain.read_position import ReadPosition, read_position
from closeloop.domain.stage import Stage, Standing

CURSOR = "leads"
CORRECTED = ("first_name", "last_name", "title", "phone")
PULL = 10_000
"""Leads in one query, whose pages take two calls."""


def pull(services: Services, run_id: str, now: datetime, limit: int = PULL) -> StageResult:
    """Leads that are new or changed since the cursor; the cursor moves only after they are stored."""
    position = read_position(services.ledger.cursor(CURSOR)).believed(now)
    late = _late(services, position, now)
    next_ones = services.crm.changed_leads(position.at, limit)
    # One that appeared late and changed since is in both: the later version counts.
    leads = list({lead.id: lead for lead in [*late, *next_ones]}.values())
    tally = Tally("pull")
    tally.considered = len(leads)
    take_in(services, leads, run_id, now, tally)
    reached = next_ones[-1].cursor if next_ones else None
    moved = position.after(reached, (lead.cursor for lead in [*late, *next_ones]), now)
    services.ledger.set_cursor(CURSOR, moved.text())
    if len(next_ones) < limit:
        take_over_deals(services, run_id, now, tally)
    return tally.result()


def take_in(services: Services, leads: Sequence[CrmLead], run_id: str, now: datetime, tally: Tally) -> None:
    """New Leads become prospects; what people changed about the others is taken over."""
    known = services.ledger.prospects(lead.id for lead in leads)
    new = [lead for lead in leads if lead.id not in known]
    _add_new(new, services, now, tally)
    _update_known([lead for lead in leads if lead.id in known], known, services, run_id, now, tally)
    _remember_status(new, services, now)


def _late(services: Services, position: ReadPosition, now: datetime) -> list[CrmLead]:
    """Leads that came to light behind the cursor, because the transaction that changed them ended late."""
    start = position.look_back(now)
    if start is None or position.at is None:
        return []
    return services.crm.changed_between(start, position.at, position.seen)


def _remember_status(new: list[CrmLead], services: Services, now: datetime) -> None:
    """What sellers wrote before we came: a change of theirs is known by it, also before our first write."""
    if field := services.mapping.org_field("Lead", "status"):
        services.ledger.note_crm_seen({lead.id: {field: first_sight(lead.status, now)} for lead in new})


def _add_new(leads: list[CrmLead], services: Services, now: datetime, tally: Tally) -> None:
    usable = []
    gone = forgotten(services, (word for lead in leads for word in (lead.id, lead.email or "")))
    for lead in leads:
        refused = REASON if gone & {lead.id, lead.email} else _refused(lead)
        if refused:
            tally.hold(refused)
        else:
            usable.append(_new_prospect(lead, services, now))
    # Before they are stored: a crash in between leaves a doubt too many, never one too few.
    newcomers = {prospect.key for prospect in usable}
    doubt_newcomers([lead for lead in leads if lead.id in newcomers], services)
    tally.count("new", services.ledger.add_prospects(usable))


def _new_prospect(lead: CrmLead, services: Services, now: datetime) -> Prospect:
    email = (lead.email or "").lower()
    read = [
        *services.addresses.facts(email, now),
        *title_facts(lead.title, now),
        *crm_facts(lead.model_dump(), now),
    ]
    facts: dict[str, Fact] = {fact.name: fact for fact in read}
    return Prospect(
        key=lead.id,
        crm=CrmIds(lead=lead.id),
        owner_id=lead.owner_id,
        owner_name=lead.owner_name,
        email=email,
        first_name=lead.first_name,
        last_name=lead.last_name,
        title=lead.title,
        company=lead.company or email.partition("@")[2],
        domain=str(facts["domain"].value) if "domain" in facts else None,
        phone=lead.phone,
        country=lead.country,
        lead_source=lead.lead_source,
        description=lead.description,
        referred_by=referrer(lead.lead_source, lead.description),
        stage_entered_at=now,
        due_at=now,
        facts=facts,
    )


def _refused(lead: CrmLead) -> str | None:
    """A Lead the process never takes in; a human who changes it brings it back through the cursor."""
    if lead.is_converted:
        return "already converted by people"
    if not lead.email:
        return "no e-mail address in the CRM"
    if lead.opted_out or lead.do_not_contact:
        return "opted out in the CRM"
    return None


def _update_known(
    leads: list[CrmLead],
    known: dict[str, Prospect],
    services: Services,
    run_id: str,
    now: datetime,
    tally: Tally,
) -> None:
    """The cursor passes these Leads once: what people changed is taken over whoever else is saving."""
    remembered = services.ledger.crm_seen(lead.id for lead in leads)
    by_key = {lead.id: lead for lead in leads}

    def taken_over(prospects: Mapping[str, Prospect]) -> list[Outcome]:
        outcomes = [Outcome(services, prospect, run_id, now) for prospect in prospects.values()]
        for outcome in outcomes:
            lead = by_key[outcome.before.key]
            _take_over(outcome, lead, tally)
            _correct(outcome, lead)
            _learn(outcome, lead, remembered.get(lead.id, {}))
        return [outcome for outcome in outcomes if outcome.rows or outcome.prospect != outcome.before]

    tally.count("updated", insist(services, known, taken_over))


def _take_over(outcome: Outcome, lead: CrmLead, tally: Tally) -> None:
    """What people changed in the CRM wins: owner, opt-out, do-not-contact, a conversion of their own."""
    if not outcome.prospect.is_deal:
        outcome.change(owner_id=lead.owner_id, owner_name=lead.owner_name)
    prospect = outcome.prospect
    if (lead.opted_out or lead.do_not_contact) and prospect.standing.may_be_written_to:
        note(tally, outcome.take(_opted_out(lead)))
        outcome.services.ledger.suppress(prospect.email, OPTED_OUT_IN_CRM, outcome.now, tell=True)
    if lead.is_converted and prospect.crm.opportunity is None and not prospect.is_deal:
        note(tally, outcome.take(_theirs()))


def _correct(outcome: Outcome, lead: CrmLead) -> None:
    """A name, job, number or address that people corrected is said and written to from the next mail on.

    One that they emptied stays as we know it. Once there is a Contact, the Lead says nothing about the person.
    """
    prospect = outcome.prospect
    if prospect.is_deal or lead.is_converted:
        return
    now_says = {name: getattr(lead, name) for name in CORRECTED} | {"email": (lead.email or "").lower()}
    changed = {name: value for name, value in now_says.items() if value and value != getattr(prospect, name)}
    if changed:
        outcome.change(**changed, **_read_anew(outcome, changed))


def _read_anew(outcome: Outcome, changed: Mapping[str, str]) -> dict[str, Any]:
    """What is read from an address or a title, where that is another now."""
    email, services = changed.get("email"), outcome.services
    read = [
        *(services.addresses.facts(email, outcome.now) if email else ()),
        *title_facts(changed.get("title"), outcome.now),
    ]
    facts = {fact.name: fact for fact in read}
    domain = {"domain": str(facts["domain"].value) if "domain" in facts else None} if email else {}
    return {"facts": outcome.prospect.facts | facts, **domain}


def _learn(outcome: Outcome, lead: CrmLead, remembered: dict[str, Memory]) -> None:
    """What sellers wrote about the company becomes a fact; our own writes that come back with it do not."""
    words = {word: outcome.services.mapping.org_field("Lead", word) for word in CRM_FACTS}
    by_word = {word: remembered[field] for word, field in words.items() if field in remembered}
    news = told_by_people(lead.model_dump(), outcome.prospect.facts, by_word, outcome.now)
    if news:
        outcome.change(facts=outcome.prospect.facts | news)


def _opted_out(lead: CrmLead) -> Decision:
    what = "opted out" if lead.opted_out else "is marked do-not-contact"
    return Stop(
        rule="prospecting.crm_opt_out",
        reasons=(f"{what} in the CRM",),
        standing=Standing.STOPPED,
        opted_out=True,
    )


def _theirs() -> Decision:
    return Hold(rule="prospecting.converted_by_people", reasons=("a person converted this Lead: it is theirs",))


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Enrich and qualify at most `limit` prospects that are due."""
    due = services.ledger.due([Stage.PROSPECTING], now, limit, [Standing.OPEN])
    tally = Tally(Stage.PROSPECTING.value)
    tally.considered = len(due)
    outcomes = [Outcome(services, prospect, run_id, now) for prospect in due]
    facts = enrich(services, due, now, run_id)
    for outcome in outcomes:
        outcome.change(facts=facts[outcome.prospect.key])
        note(tally, outcome.take(decide(outcome.prospect, services.playbook, now)))
    route(services, [o for o in outcomes if o.prospect.stage is not Stage.PROSPECTING], run_id, now, tally)
    note_overtaken(tally, save(services, outcomes))
    return tally.result()
