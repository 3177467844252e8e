"""Receive: every signal is applied once, in order of occurrence, before anything else is decided or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from closeloop.application import campaign, invitations
from closeloop.application.deciding import Outcome, note, note_overtaken, outcomes_of, save
from closeloop.application.forgotten import forgotten
from closeloop.application.held_mails import ANSWERED, call_back_held
from closeloop.application.journal import note_imported
from closeloop.application.mails_in_doubt import PROOFS_OF_ACCEPTANCE, prove
from closeloop.application.results import StageResult, Tally
from closeloop.application.services import BATCH, Services
from closeloop.application.stop_lists import SOURCE as LISTS
from closeloop.application.strangers import bring, contacts, last_touch, strangers_at
from closeloop.application.taking_in import take_in
from closeloop.domain.actions import ActionState
from closeloop.domain.correspondence import after_reply
from closeloop.domain.decisions import AskHuman, Decision
from closeloop.domain.errors import CloseloopError
from closeloop.domain.lead_facts import REFERRAL_SOURCE, referral_note
from closeloop.domain.leads import LeadDraft
from closeloop.domain.observed import shown_by, tells_about_clicks, with_clicks, with_seen
from closeloop.domain.prospect import Prospect
from closeloop.domain.replies import on_event, on_reply, replied
from closeloop.domain.signals import STOPPING_KINDS, Label, Signal, SignalId, SignalKind, Understanding

ACCOUNT_MARK = "@"
"""`@acme.example` in the suppression list stops the whole account."""


def run_batch(services: Services, run_id: str, now: datetime, limit: int = BATCH) -> StageResult:
    """Apply at most `limit` waiting signals."""
    signals = _ripe(services.ledger.waiting_signals(limit), services)
    tally = Tally("receive")
    tally.considered = len(signals)
    tally.count("uncertain settled", prove(signals, services, now))
    outcomes = _outcomes(signals, services, run_id, now)
    about: dict[SignalId, str | None] = {}
    unread: set[str] = set()
    for signal in signals:
        key = about[signal.identity] = _key_of(signal, outcomes) or None
        outcome = outcomes.get(key or "")
        tally.count(signal.kind.value)
        if outcome is None:
            about[signal.identity] = _of_a_stranger(signal, outcomes, tally)
        else:
            unread |= {outcome.before.key} if not _apply_or_ask(signal, outcome, tally) else set()
        _suppress(signal, outcome, services)
    # Before these signals count as handled: should we die here, the next pass hears of them again.
    call_back_held(_against_what_is_held(outcomes, unread), services, now, tally)
    overtaken = save(services, list(outcomes.values()), about)
    note_overtaken(tally, overtaken)
    _drop_planned(outcomes, services, now, tally)
    return tally.result()


def _ripe(waiting: Sequence[Signal], services: Services) -> list[Signal]:
    """A proof about a mail that a worker still holds waits for it: if that worker died, it is the only evidence."""
    found = services.ledger.actions({signal.action_key for signal in waiting if signal.action_key})
    held = {key for key, (_, state) in found.items() if state is ActionState.CLAIMED}
    return [s for s in waiting if s.action_key not in held or s.kind not in PROOFS_OF_ACCEPTANCE - STOPPING_KINDS]


def _key_of(signal: Signal, outcomes: dict[str, Outcome]) -> str:
    if signal.prospect_key:
        return signal.prospect_key
    address = (signal.address or "").lower()
    return next((key for key, o in outcomes.items() if o.prospect.email == address), "")


def _outcomes(signals: Sequence[Signal], services: Services, run_id: str, now: datetime) -> dict[str, Outcome]:
    keys = {signal.prospect_key for signal in signals if signal.prospect_key}
    nameless = [s.address.lower() for s in signals if not s.prospect_key and s.address]
    known = services.ledger.by_address(nameless)
    strangers = (s for s in signals if not s.prospect_key and (s.address or "").lower() not in known)
    accounts = {account for s in strangers if (account := strangers_at(s))}
    keys |= {*known.values(), *contacts(services, accounts).values()}
    return outcomes_of(services, services.ledger.prospects(sorted(keys)).values(), run_id, now)


def _of_a_stranger(signal: Signal, outcomes: dict[str, Outcome], tally: Tally) -> str | None:
    """The contact at the same company whom the signal was brought to, if there is one."""
    account = strangers_at(signal)
    there = [o for o in outcomes.values() if account and o.prospect.domain == account and o.prospect.mails]
    if account is None or not there:
        tally.hold("signal about nobody we know")
        return None
    outcome = max(there, key=last_touch)
    found = understand(signal, outcome.services)
    outcome.services.ledger.note_understanding(signal.identity, found)
    bring(found, outcome, tally)
    if found.stop:
        outcome.services.ledger.suppress(ACCOUNT_MARK + account, "a colleague asked us to stop", signal.occurred_at)
    return outcome.before.key


def _apply_or_ask(signal: Signal, outcome: Outcome, tally: Tally) -> bool:
    """What nobody foresaw about one reply stops its prospect, and its owner is asked; the others go on. Whether it
    could be worked on."""
    try:
        _apply(signal, outcome, tally)
    except CloseloopError:
        raise
    except Exception as problem:  # noqa: BLE001 - whatever one reply does to a rule, the batch goes on
        reason = f"the {signal.kind.value} could not be worked on ({type(problem).__name__})"
        tally.fail(outcome.prospect.key, reason)
        outcome.services.ledger.cancel_planned([outcome.prospect.key], reason, outcome.now)
        subject = "Read the last reply and decide what is next: it could not be worked on"
        asked = AskHuman(rule="receive.failed", reasons=(reason,), subject=subject)
        note(tally, outcome.take(asked))
        return False
    return True


def _apply(signal: Signal, outcome: Outcome, tally: Tally) -> None:
    if signal.kind is not SignalKind.REPLY:
        _see(signal, None, outcome)
        _take(on_event(outcome.prospect, signal), outcome, tally)
        return
    found = understand(signal, outcome.services)
    calendar = invitations.calendar_of(signal, outcome.services)
    by_calendar = invitations.understood(calendar, found) if calendar is not None else None
    found = by_calendar or found
    tally.count(f"reply: {found.primary.value}")
    outcome.services.ledger.note_understanding(signal.identity, found)
    _see(signal, found, outcome)
    if not found.primary.is_automatic:
        outcome.change(replies=outcome.prospect.replies + 1, last_reply_at=signal.occurred_at)
        outcome.change(reply_certainty=found.confidence)
        outcome.change(**after_reply(outcome.prospect, signal, found, outcome.services.playbook))
        outcome.actions.extend(campaign.responded(outcome.prospect, outcome.services, outcome.now))
    if found.primary is Label.REFERRAL:
        _open_referral(found, outcome, tally)
    if calendar is not None and by_calendar is not None and outcome.prospect.standing.may_be_written_to:
        tally.count(f"calendar: {calendar.method.value.lower()}")
        decided = invitations.decide(outcome.prospect, calendar, found, outcome.services, outcome.now)
        _take(decided, outcome, tally)
        return
    _take(on_reply(outcome.prospect, found, outcome.services.playbook, outcome.now), outcome, tally)


def _see(signal: Signal, found: Understanding | None, outcome: Outcome) -> None:
    if shown := shown_by(signal, found):
        outcome.change(seen=with_seen(outcome.prospect, shown, signal.occurred_at))
    if tells_about_clicks(signal, outcome.prospect):
        about = outcome.services.ledger.signals_about([str(signal.action_key)])
        outcome.change(seen=with_clicks(outcome.prospect, about))


def _take(decisions: Sequence[Decision], outcome: Outcome, tally: Tally) -> None:
    for decision in decisions:
        note(tally, outcome.take(decision))


def understand(signal: Signal, services: Services) -> Understanding:
    """What the reply in a signal means."""
    payload = signal.payload
    return services.reader.understand(
        subject=str(payload.get("subject", "")),
        text=str(payload.get("text", "")),
        headers=str(payload.get("headers", "")),
        sender=signal.address or "",
        received_at=signal.occurred_at,
    )


REFERRALS = "referrals"
"""Under which source a named colleague waits who is not made a Lead."""


def _open_referral(found: Understanding, outcome: Outcome, tally: Tally) -> None:
    """The named colleague becomes a Lead; upserting by e-mail makes a second application harmless."""
    email = (found.refers_to or {}).get("email")
    if not email:
        return
    if forgotten(outcome.services, [email]):
        tally.count("referral left out: they asked to be forgotten")
        return
    company = _company_at(email, outcome)
    draft = _referral_draft(email, (found.refers_to or {}).get("name"), outcome.prospect, company)
    taken = take_in(outcome.services, [draft], f"referral by {outcome.prospect.key}", outcome.run_id, outcome.now)
    if not taken.outcomes:
        tally.count("referral known or in doubt")
        outcome.services.ledger.add_quarantine(REFERRALS, taken.quarantined, outcome.now)
        return
    result = taken.outcomes[0]
    if result.state is ActionState.ACCEPTED:
        tally.count("referral opened")
        named = f"{outcome.prospect.key} named this colleague"
        note_imported(outcome.services.ledger, [result], named, outcome.run_id, outcome.now)
    else:
        tally.fail(outcome.prospect.key, f"the referred colleague could not be added: {result.detail}")


def _company_at(email: str, outcome: Outcome) -> str:
    """The referrer's own company, unless the address is at another one: a customer names people elsewhere."""
    facts = {fact.name: str(fact.value) for fact in outcome.services.addresses.facts(email.lower(), outcome.now)}
    domain = facts.get("domain")
    if domain is None or outcome.prospect.domain is None or domain == outcome.prospect.domain:
        return outcome.prospect.company
    return " ".join(word.capitalize() for word in domain.partition(".")[0].replace("_", "-").split("-") if word)


def _referral_draft(email: str, name: str | None, prospect: Prospect, company: str) -> LeadDraft:
    first, _, last = (name or "").strip().rpartition(" ")
    who = " ".join(part for part in (prospect.first_name, prospect.last_name) if part) or prospect.email
    return LeadDraft(
        line=1,
        email=email.lower(),
        first_name=first or None,
        last_name=last or email.partition("@")[0],
        company=company,
        country=prospect.country if company == prospect.company else None,
        lead_source=REFERRAL_SOURCE,
        description=referral_note(who),
    )


def _suppress(signal: Signal, outcome: Outcome | None, services: Services) -> None:
    """Opt-outs, bounces and complaints reach the suppression list at once, known prospect or not."""
    stopped = outcome is not None and not outcome.prospect.standing.may_be_written_to
    reason = outcome.prospect.reason if outcome is not None and stopped else None
    if signal.kind in STOPPING_KINDS and signal.address:
        told = _provider_knows(signal)
        services.ledger.suppress(signal.address, reason or signal.kind.value, signal.occurred_at, tell=not told)
    if outcome is not None and stopped and signal.kind is SignalKind.REPLY:
        wish = outcome.prospect.opted_out
        services.ledger.suppress(
            outcome.prospect.email, reason or "stopped by reply", signal.occurred_at, tell=wish
        )
        if reason == replied(Label.LEGAL) and outcome.prospect.domain:
            services.ledger.suppress(
                ACCOUNT_MARK + outcome.prospect.domain, "legal reply from a colleague", signal.occurred_at
            )


def _provider_knows(signal: Signal) -> bool:
    """Its own bounces and complaints stand in its lists; an opt-out from one group of mails does not."""
    own = signal.source == "sendgrid" and signal.kind is not SignalKind.UNSUBSCRIBED
    return own or signal.source == LISTS


def _against_what_is_held(outcomes: Mapping[str, Outcome], unread: Set[str]) -> dict[str, str]:
    """Prospect key to why a mail that is still held shall not reach them: they wrote themselves, or stopped."""
    answered = {k: ANSWERED for k, o in outcomes.items() if k in unread or o.prospect.replies > o.before.replies}
    stopped = {
        key: outcome.prospect.reason or "the prospect stopped"
        for key, outcome in outcomes.items()
        if not outcome.prospect.standing.may_be_written_to
    }
    return answered | stopped


def _drop_planned(outcomes: dict[str, Outcome], services: Services, now: datetime, tally: Tally) -> None:
    """What was planned before a stop is skipped now, not only at the last look."""
    stopped = [key for key, o in outcomes.items() if not o.prospect.standing.may_be_written_to]
    if stopped:
        tally.count("planned mails dropped", services.ledger.cancel_planned(stopped, "the prospect stopped", now))
