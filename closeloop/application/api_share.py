"""Keeping to our share of the org's API calls: the least valuable pass waits, and no call goes beyond the share.

What a run needs is estimated from the ledger before each pass; the adapter refuses the call that would pass the
share, should an estimate be wrong or another run be using it up at the same time.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from closeloop.application.ports import RunRow
from closeloop.application.prospecting import CURSOR
from closeloop.application.services import Services
from closeloop.domain.api_budget import SIGN_IN_CALLS, Budget, Ration, needs, ration
from closeloop.domain.errors import CloseloopError
from closeloop.domain.record import Percent, Record

API_CALLS = "crm_calls"
"""Under which a run's row counts the calls it made."""
WINDOW = timedelta(hours=24)
ALLOWED = "api_allowed"
"""The cursor that remembers how many calls the org allows: so that a process knows before its first call."""


class Outlook(Record):
    """What a run needs, said before it begins."""

    calls: int
    """Salesforce calls it makes, about; rather too many than too few."""
    left: int | None = None
    """Calls left of our share; None when nobody asked, or the org did not say."""
    share: Percent
    allowed: int | None = None
    """Calls the org allows everybody in 24 hours."""
    unknown: str = ""
    """Why the org did not say."""

    @property
    def fits(self) -> bool:
        """False only when it is known not to."""
        return self.left is None or self.calls <= self.left


def keep_to_share(services: Services) -> int:
    """Tell the CRM adapter what is ours; how much of it was used in the last 24 hours, recorded or not yet."""
    since = services.clock.now() - WINDOW
    recorded = sum(run.counts.get(API_CALLS, 0) for run in services.ledger.runs_since(since))
    ours = recorded + services.meter.unrecorded(services.crm.calls_made())
    allowed = services.ledger.cursor(ALLOWED)
    services.crm.keep_to(services.api_share, ours, int(allowed) if allowed else None)
    return ours


def may_ask(services: Services) -> bool:
    """Whether one call may be made; False only where our share is known to be spent."""
    ours, usage = keep_to_share(services), services.crm.usage()
    return usage is None or Budget(share=services.api_share, usage=usage, ours=ours).left > 0


def record_run(services: Services, row: RunRow) -> int:
    """Keep a run with all calls since the last one that was kept: so none is forgotten and none counts twice.
    How many those were."""
    calls = services.meter.take(services.crm.calls_made())
    services.ledger.add_run(
        row.model_copy(update={"counts": {**row.counts, API_CALLS: calls}}), services.clock.now()
    )
    usage = services.crm.usage()
    if usage is not None and services.ledger.cursor(ALLOWED) != str(usage.allowed):
        services.ledger.set_cursor(ALLOWED, str(usage.allowed))
    return calls


def forecast(services: Services, ours: int, now: datetime) -> Ration | None:
    """What the CRM passes need at most and which of them must wait; None before the org told how much there is.

    `ours`: calls of the last 24 hours, those of this run included.
    """
    usage = services.crm.usage()
    if usage is None:
        return None
    left = Budget(share=services.api_share, usage=usage, ours=ours).left
    return ration(needs(services.ledger.workload(now)), left, _sign_in(services))


def _sign_in(services: Services) -> int:
    """Calls of a process's beginning that this one has not made yet."""
    return max(0, SIGN_IN_CALLS - services.crm.calls_made())


def words(found: Ration, name: str) -> str:
    """For people: what a pass that waits needs, and what is left once the more valuable ones had theirs."""
    calls = found.sign_in + next(need.calls for need in found.needs if need.name == name)
    return f"needs about {calls:,} API calls; {found.left:,} of our share are left, more valuable work comes first"


def outlook(services: Services, passes: Collection[str], now: datetime, limit: int | None = None) -> Outlook:
    """What these passes need in one run, before it begins. Where they call nobody, nobody is asked what is left."""
    keep_to_share(services)
    work = services.ledger.workload(now)
    if "pull" in passes and services.ledger.cursor(CURSOR) is None:
        work = work.with_new(_never_read(services))
    wanted = needs(work.at_most(limit))
    return outlook_for(services, sum(need.calls for need in wanted if need.name in passes))


def _never_read(services: Services) -> int:
    """Leads in the CRM before our first look at it; later ones are few, and known only by reading them."""
    try:
        return services.crm.count_leads()
    except CloseloopError:
        return 0  # the run itself says what is wrong


def outlook_for(services: Services, calls: int) -> Outlook:
    """The same where the calls are known; the first call of a process tells what is left."""
    if calls == 0:
        return Outlook(calls=0, share=services.api_share)
    calls += _sign_in(services)
    keep_to_share(services)
    try:
        services.crm.ready()
        unknown = ""
    except CloseloopError as problem:
        unknown = str(problem)
    usage = services.crm.usage()
    if usage is None:
        return Outlook(calls=calls, share=services.api_share, unknown=unknown or "it keeps no count")
    left = Budget(share=services.api_share, usage=usage, ours=keep_to_share(services)).left
    if unknown and left:  # not for want of our share: what is remembered of the org is old
        return Outlook(calls=calls, share=services.api_share, unknown=unknown)
    return Outlook(calls=calls, left=left, share=services.api_share, allowed=usage.allowed)


def say(found: Outlook, what: str = "pass") -> str:
    """The forecast as people read it."""
    if found.calls == 0:
        return f"this {what} needs no Salesforce calls"
    need = f"this {what} needs about {found.calls:,} Salesforce call{'s' if found.calls != 1 else ''}"
    if found.left is None:
        return f"{need}; how many are left of our share is not known ({found.unknown})"
    return f"{need}, {found.left:,} left of our share ({found.share:g} % of {found.allowed:,} a day)"
