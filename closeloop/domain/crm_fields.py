"""What the CRM should say about a prospect: our words, from its state and nothing else, as fields of the org."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from closeloop.domain.crm_mapping import FACTS, LOST, WON, CrmMapping, FieldMap, Rule
from closeloop.domain.endings import Why
from closeloop.domain.field_ownership import Wish
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Fact, Prospect
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage, Standing

TEXT_LIMIT = 255
HOLD_LIMIT = 1000
LOST_REASON = "lost_reason"
FROM_CRM = "crm:"
"""Facts with such a source came out of the org: they are nothing new to it."""
Words = dict[str, Any]


class Cause(Record):
    """Why the process says what it says: its last decision."""

    reason: str
    at: datetime


class Desired(Record):
    """One record and what our fields should say in it."""

    object: str
    record_id: str
    prospect_key: str
    wishes: tuple[Wish, ...]


def desired(prospect: Prospect, playbook: Playbook, mapping: CrmMapping, cause: Cause) -> tuple[Desired, ...]:
    """The Lead before conversion; the Opportunity, the Contact and the Account after it."""
    crm = prospect.crm
    targets = [("Lead", crm.lead, _lead(prospect), True)]
    if crm.opportunity and crm.contact:
        targets = [
            ("Opportunity", crm.opportunity, _deal(prospect, playbook), False),
            ("Contact", crm.contact, _consent(prospect), False),
            ("Account", crm.account or "", {}, True),
            # Where the Lead was only linked, people and other tools still find it: a no must stand there too.
            ("Lead", crm.open_lead or "", _consent(prospect), False),
        ]
    made = (
        Desired(
            object=name,
            record_id=record_id,
            prospect_key=prospect.key,
            wishes=(
                *_process_wishes(name, words, mapping, cause),
                *_record_type(name, mapping, cause),
                *(_fact_wishes(name, prospect, mapping) if with_facts else ()),
            ),
        )
        for name, record_id, words, with_facts in targets
        if record_id
    )
    return tuple(target for target in made if target.wishes)


def _process_wishes(name: str, words: Words, mapping: CrmMapping, cause: Cause) -> Iterable[Wish]:
    for word, value in words.items():
        if field := mapping.of(name, word):
            yield Wish(
                word=word,
                field=field.field,
                rule=field.rule,
                value=_said(word, value, field),
                reason=cause.reason,
                observed_at=cause.at,
            )


def _said(word: str, value: Any, field: FieldMap) -> Any:
    """In the org's words; why a deal was lost is one word for a picklist, and a text for a field without one."""
    if word != LOST_REASON:
        return field.says(value)
    why, words = value
    return field.says(why) if field.values else words


def _record_type(name: str, mapping: CrmMapping, cause: Cause) -> Iterable[Wish]:
    """A deal is ours from its first day; a Lead may be anybody's, so its record type is never touched."""
    record_type = mapping.record_type(name)
    if name == "Opportunity" and record_type:
        reason = "record type of new deals by the mapping"
        yield Wish(
            word="record_type",
            field="RecordTypeId",
            rule=Rule.OURS,
            value=record_type,
            reason=reason,
            observed_at=cause.at,
        )


def _fact_wishes(name: str, prospect: Prospect, mapping: CrmMapping) -> Iterable[Wish]:
    """What we found out about the company; a fact the org's picklist has no word for stays with us."""
    for word, fact_name in FACTS.items():
        field, fact = mapping.of(name, word), prospect.facts.get(fact_name)
        if field is None or fact is None or fact.source.startswith(FROM_CRM):
            continue
        value = field.says(_plain(fact.value))
        if value is not None:
            yield Wish(
                word=word,
                field=field.field,
                rule=field.rule,
                value=value,
                reason=_source(fact),
                observed_at=fact.observed_at,
            )


def _source(fact: Fact) -> str:
    period = f" as of {fact.as_of}" if fact.as_of else ""
    return f"{fact.source}{period}, observed {fact.observed_at:%Y-%m-%d}"


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _process(prospect: Prospect) -> Words:
    step = prospect.next_step
    return {
        "stage": prospect.stage.value,
        "hold": (prospect.reason or "")[:HOLD_LIMIT] or None,
        "next_step": step.told[:TEXT_LIMIT] if step else None,
        "next_step_date": step.on.isoformat() if step else None,
    }


def _consent(prospect: Prospect) -> Words:
    """Only ever set, never taken back: a person who opted out elsewhere stays opted out."""
    if prospect.standing is not Standing.STOPPED:
        return {}
    opted_out = {"opt_out": True} if prospect.opted_out else {}
    return opted_out | {"do_not_contact": True}


def _lead(prospect: Prospect) -> Words:
    words = _process(prospect) | {"score": prospect.score} | _consent(prospect)
    status = _lead_status(prospect)
    return words | ({"status": status} if status else {})


def _lead_status(prospect: Prospect) -> str | None:
    """None: leave whatever the sellers wrote."""
    if not prospect.standing.may_be_written_to:
        return "disqualified"
    return "working" if prospect.touches else None


def _deal(prospect: Prospect, playbook: Playbook) -> Words:
    words = _process(prospect) | {
        "deal_stage": _deal_stage(prospect),
        "amount": float(prospect.amount) if prospect.amount is not None else None,
        "close_date": _close_date(prospect, playbook).isoformat(),
        "deal_next_step": prospect.next_step.what[:TEXT_LIMIT] if prospect.next_step else None,
    }
    lost = prospect.closed_at is not None and prospect.standing is not Standing.CUSTOMER
    return words | ({LOST_REASON: _lost_for(prospect)} if lost else {})


def _lost_for(prospect: Prospect) -> tuple[str, str]:
    """The reason in one word that is counted, and in full."""
    ending = prospect.ending
    if ending is None or ending.won:
        return Why.OTHER.value, (prospect.reason or "")[:TEXT_LIMIT]
    return ending.why.value, ending.words[:TEXT_LIMIT]


def _deal_stage(prospect: Prospect) -> str:
    if prospect.standing is Standing.CUSTOMER:
        return WON
    if prospect.standing in {Standing.LOST, Standing.STOPPED, Standing.DISQUALIFIED}:
        return LOST
    return prospect.stage.value


def _close_date(prospect: Prospect, playbook: Playbook) -> date:
    """The day it closed; for an open deal, the usual days of the stages ahead from when it entered its own."""
    if prospect.closed_at is not None:
        return prospect.closed_at.date()
    ahead = [rule.usual_days for stage, rule in playbook.stages.items() if _is_ahead(stage, prospect.stage)]
    return prospect.stage_entered_at.date() + timedelta(days=sum(ahead))


def _is_ahead(stage: Stage, of: Stage) -> bool:
    return of.number <= stage.number <= Stage.CLOSING.number
