"""Do the org's picklists mean what we take them to mean? Closed, won and converted are flags there, not words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from closeloop.adapters.salesforce.org import Org, OrgFinding, OrgPlan
from closeloop.adapters.salesforce.soql import quote
from closeloop.domain.crm_mapping import LOST, WON
from closeloop.domain.errors import CrmRefused

AREA = "Salesforce words"
MAPPING = "put the org's own word under `values` in the CRM mapping"
SUBTYPES = ("Task", "Email", "Call")
PRIORITIES = ("Normal", "High")
DONE, OPEN = "Completed", "Not Started"


def words(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Lead statuses, deal stages and what Tasks are called."""
    for name, problems in (
        ("Lead statuses", _statuses(org, plan)),
        ("deal stages", _stages(org, plan)),
        ("Task words", _tasks(org)),
    ):
        found = list(problems)
        yield from found
        if not found:
            yield OrgFinding(name, "ok", "all there, and they mean what we take them to mean", area=AREA)


def _problem(check: str, text: str, fix: str) -> OrgFinding:
    return OrgFinding(check, "error", text, fix, AREA)


def _statuses(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Only a status with the converted mark ends a conversion, and no other step may end in one."""
    rows = org.rows("SELECT ApiName, MasterLabel, IsConverted FROM LeadStatus")
    converts = {row["ApiName"]: bool(row["IsConverted"]) for row in rows}
    for word, value in _mapped(plan, "Lead", "status"):
        check = f"Lead status {value}"
        if value not in converts:
            yield _problem(check, f"there is none ({word}); there are {', '.join(converts)}", MAPPING)
        elif word == "converted" and not converts[value] and plan.convert_by != "create":
            good = ", ".join(name for name, mark in converts.items() if mark)
            yield _problem(
                check, "does not have the Converted mark, without which no conversion works", f"use {good}"
            )
        elif word != "converted" and converts[value]:
            yield _problem(check, f"has the Converted mark, but stands for {word}", MAPPING)


def _stages(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    rows = org.rows(
        "SELECT ApiName, MasterLabel, IsActive, IsClosed, IsWon FROM OpportunityStage ORDER BY SortOrder"
    )
    there = {row["ApiName"]: row for row in rows}
    for word, value in _mapped(plan, "Opportunity", "deal_stage"):
        check, row = f"deal stage {value}", there.get(value)
        wanted = (word in {WON, LOST}, word == WON)
        if row is None:
            yield _problem(check, f"there is none ({word}); there are {', '.join(there)}", MAPPING)
        elif not row["IsActive"]:
            yield _problem(check, f"is not active ({word})", f"activate it, or {MAPPING}")
        elif (bool(row["IsClosed"]), bool(row["IsWon"])) != wanted:
            yield _problem(check, f"is {_flags(row['IsClosed'], row['IsWon'])}, but stands for {word}", MAPPING)


def _flags(closed: bool, won: bool) -> str:
    if not closed:
        return "an open stage"
    return "closed and won" if won else "closed and lost"


def _tasks(org: Org) -> Iterator[OrgFinding]:
    closed = {row["ApiName"]: bool(row["IsClosed"]) for row in org.rows("SELECT ApiName, IsClosed FROM TaskStatus")}
    for value, wanted in ((DONE, True), (OPEN, False)):
        if closed.get(value) is not wanted:
            text = "is missing" if value not in closed else f"is {'closed' if closed[value] else 'open'}"
            yield _problem(
                f"Task status {value}", text, f"add it, {'with' if wanted else 'without'} the Closed mark"
            )
    yield from _missing(org, "Task", "TaskSubtype", SUBTYPES, "enable it for the org")
    yield from _missing(org, "Task", "Priority", PRIORITIES, "add it to the picklist")


def _missing(org: Org, name: str, field: str, values: Iterable[str], fix: str) -> Iterator[OrgFinding]:
    given = org.choices(name, field)
    for value in values:
        if value not in given:
            text = f"there is none; there are {', '.join(sorted(given)) or 'none'}"
            yield OrgFinding(f"{name}.{field} {value}", "warning", text, fix, AREA)


def _mapped(plan: OrgPlan, name: str, word: str) -> Iterable[tuple[str, str]]:
    field = plan.mapping.of(name, word)
    return field.values.items() if field else ()


def campaign(org: Org, plan: OrgPlan) -> Iterator[OrgFinding]:
    """Is the campaign there and open, and does it know our two statuses?"""
    if plan.campaign is None:
        return
    try:
        rows = org.rows(f"SELECT Id, Name, IsActive FROM Campaign WHERE Id = {quote(plan.campaign)}")
    except CrmRefused:  # an id that was never given out is no value for a filter
        rows = []
    if not rows:
        fix = "set CLOSELOOP_SALESFORCE_CAMPAIGN_ID to a campaign that the integration user may see"
        yield _problem("campaign", f"there is no campaign {plan.campaign}", fix)
        return
    yield from _missing(org, "CampaignMember", "Status", plan.campaign_statuses, "add it to the member statuses")
    if rows[0]["IsActive"]:
        yield OrgFinding("campaign", "ok", f"people we write to become members of “{rows[0]['Name']}”", area=AREA)
    else:
        yield OrgFinding("campaign", "warning", f"“{rows[0]['Name']}” is not active", "tick Active on it", AREA)
