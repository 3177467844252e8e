"""Prospecting: is this somebody we can help, and who could pay? Lead becomes prospect, or not, with reasons."""

from __future__ import annotations

from datetime import datetime, timedelta

from closeloop.domain.decisions import Decision, Park, Qualified, Stop
from closeloop.domain.playbook import Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.qualification import Assessment, assess
from closeloop.domain.stage import Standing


def decide(prospect: Prospect, playbook: Playbook, now: datetime) -> Decision:
    """Qualified, nurture with a date, or disqualified with the reason."""
    refused = _refused_address(prospect, playbook)
    if refused:
        return Stop(rule="prospecting.address", reasons=(refused,), standing=Standing.DISQUALIFIED)
    return _by_score(assess(prospect, playbook.qualification), playbook, now)


def _refused_address(prospect: Prospect, playbook: Playbook) -> str | None:
    kind = prospect.fact("email_kind")
    rules = playbook.qualification
    if kind == "role" and rules.refuse_role_addresses:
        return f"{prospect.email} is a role address: nobody in particular reads it"
    if prospect.fact("accepts_mail") is False and rules.refuse_dead_domains:
        return f"nobody takes mail for {prospect.email.rpartition('@')[2]}: it has no mail server"
    if kind == "disposable" and rules.refuse_disposable_addresses:
        return f"{prospect.email} is a disposable address"
    return None


def _by_score(assessment: Assessment, playbook: Playbook, now: datetime) -> Decision:
    rules = playbook.qualification
    reasons = (f"score {assessment.score} of 100", *(str(found) for found in assessment.answers))
    if assessment.score >= rules.qualify_at:
        return Qualified(
            rule="prospecting.score",
            reasons=reasons,
            score=assessment.score,
            unknown=tuple(found.name for found in assessment.unknown),
        )
    if assessment.score < rules.disqualify_below:
        return Stop(
            rule="prospecting.score",
            reasons=(f"below {rules.disqualify_below:g}", *reasons),
            standing=Standing.DISQUALIFIED,
        )
    return Park(
        rule="prospecting.score",
        reasons=(f"between {rules.disqualify_below:g} and {rules.qualify_at:g}: look again later", *reasons),
        standing=Standing.NURTURE,
        until=now + timedelta(days=rules.nurture_days),
    )
