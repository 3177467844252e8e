"""The Account a new deal belongs to, where the org has one already, whoever made it.

Invariant: an Account is given only when it is surely the same company; while that is in doubt no other is made,
the deal's owner is asked once, and the conversion waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from closeloop.application.crm_erasure import QUESTION
from closeloop.application.journal import ask
from closeloop.application.ports import CrmOutcome, CrmTask
from closeloop.application.services import Services
from closeloop.domain.account_identity import AccountIndex, AccountRecord, AccountTraits, read_account
from closeloop.domain.actions import ActionState, ClaimedAction
from closeloop.domain.identity import Likeness, Verdict
from closeloop.domain.prospect import Prospect

LOOK_AGAIN = timedelta(days=1)


class KnownAccounts(NamedTuple):
    """What the org has, by prospect key."""

    sure: dict[str, str]
    """The Account's id."""
    doubtful: dict[str, tuple[tuple[AccountTraits, Likeness], ...]]
    names: dict[str, str]
    """Account id to its name."""


def look_up(services: Services, prospects: Sequence[Prospect]) -> KnownAccounts:
    """One lookup for all of them; nothing is asked for nobody."""
    wanted = {prospect.key: _record(prospect) for prospect in prospects}
    there = services.crm.accounts_like(list(wanted.values())) if wanted else []
    index, rules = AccountIndex(map(read_account, there)), services.playbook.identity
    found = KnownAccounts({}, {}, {account.id: account.name for account in there})
    for key, record in wanted.items():
        near = index.matches(read_account(record), rules.ask)
        if near and rules.verdict(near[0][1].score) is Verdict.SAME:
            found.sure[key] = near[0][0].id
        elif near:
            found.doubtful[key] = tuple(near[:3])
    return found


def _record(prospect: Prospect) -> AccountRecord:
    site = prospect.domain or str(prospect.fact("website") or "")
    country = prospect.country or prospect.fact("country")
    return AccountRecord(
        id=prospect.key,
        name=prospect.company,
        website=site or None,
        country=str(country) if country else None,
        phone=prospect.phone,
    )


def ask_about(
    services: Services, prospects: Mapping[str, Prospect], found: KnownAccounts, run_id: str, now: datetime
) -> None:
    """One Task for each doubt, once however often the conversion is tried."""
    tasks = [_question(services, prospects[key], found, now) for key in found.doubtful]
    ask(services, tasks, "may be an Account that is there already", run_id, now)


def _question(services: Services, prospect: Prospect, found: KnownAccounts, now: datetime) -> CrmTask:
    base = f"{services.crm_url}/" if services.crm_url else ""
    lines = [
        f"{prospect.company} ({base}{prospect.crm.lead}) is to be converted, and may be an Account that is here:",
        *(f"- {found.names[one.id]} ({base}{one.id}) – {how}" for one, how in found.doubtful[prospect.key]),
        "",
        "Nothing is made until it is clear. If it is the same, put the company's website into the Account; if",
        "it is another, put the other company's website there; or convert the Lead yourself. We look again daily.",
    ]
    return CrmTask(
        key=f"{QUESTION}account:{prospect.key}",
        who_id=prospect.crm.lead,
        what_id=None,
        owner_id=prospect.owner_id,
        subject=f"Is {prospect.company} an Account already?"[:255],
        description="\n".join(lines),
        on=now.date().isoformat(),
        completed=False,
        subtype="Task",
    )


def waits(action: ClaimedAction) -> CrmOutcome:
    """The outcome of a conversion that is in doubt."""
    detail = "waits until a person has said whether the company is an Account already"
    return CrmOutcome(key=action.key, state=ActionState.PLANNED, detail=detail, retry_after=LOOK_AGAIN)
