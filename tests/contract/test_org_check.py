"""What the doctor finds in an org, and that each finding comes with what mends it: over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from closeloop.adapters.playbook.yaml_file import read_crm_mapping
from closeloop.adapters.salesforce.calls import Calls
from closeloop.adapters.salesforce.connection import connect
from closeloop.adapters.salesforce.org import OrgFinding, OrgPlan
from closeloop.adapters.salesforce.org_check import check_org
from closeloop.adapters.salesforce.org_fields import WORD_TAKES
from closeloop.adapters.salesforce.our_fields import OUR_FIELDS
from closeloop.domain.crm_mapping import WORDS, CrmMapping
from closeloop.domain.errors import CrmRefused
from config.settings import CONFIG
from tests.contract.crm_orgs import SandboxOrg, login_to
from tests.sandbox.conftest import Sandbox

MAPPING = read_crm_mapping(CONFIG / "crm_mapping.yaml")
PLAN = OrgPlan(mapping=MAPPING)


@pytest.fixture
def org(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    requests.delete(f"{sandbox.control}/org", timeout=10)
    requests.delete(f"{sandbox.control}/apexrest", timeout=10)


def found(org: Sandbox, plan: OrgPlan = PLAN, version: str = "62.0") -> dict[str, OrgFinding]:
    calls = Calls(connect(replace(login_to(org), api_version=version)), sleep=lambda _: None)
    return {finding.check: finding for finding in check_org(calls, plan)}


def problem(org: Sandbox, check: str, plan: OrgPlan = PLAN, version: str = "62.0") -> OrgFinding:
    finding = found(org, plan, version)[check]
    assert finding.level != "ok"
    assert finding.fix
    return finding


def mapped(object_name: str, word: str, **changes: Any) -> CrmMapping:
    """The shipped mapping with one word changed."""
    here = MAPPING.objects[object_name]  # type: ignore[index]
    field = here.fields[word]
    assert field is not None
    after = here.model_copy(update={"fields": {**here.fields, word: field.model_copy(update=changes)}})
    return MAPPING.model_copy(update={"objects": {**MAPPING.objects, object_name: after}})


def test_an_org_that_is_set_up_as_shipped_is_in_order(org: Sandbox) -> None:
    findings = found(org)
    assert {finding.level for finding in findings.values()} == {"ok"}
    areas = [finding.area for finding in findings.values()]
    assert [a for n, a in enumerate(areas) if n == 0 or areas[n - 1] != a] == list(dict.fromkeys(areas))


def test_a_field_that_we_may_not_see_is_named_with_its_fix(org: Sandbox) -> None:
    org.post_control("org", {"field_security": {"Lead.Closeloop_Score__c": "hidden"}})
    finding = problem(org, "Lead.Closeloop_Score__c")
    assert finding.level == "warning"
    assert "config/salesforce" in finding.fix
    assert "Number 3,0" in finding.fix


def test_a_field_the_process_cannot_do_without_is_an_error(org: Sandbox) -> None:
    org.post_control("org", {"field_security": {"Task.Closeloop_Key__c": "hidden"}})
    finding = problem(org, "Task.Closeloop_Key__c")
    assert finding.level == "error"
    assert "Text 255, unique, external id" in finding.fix
    assert "on Activity" in finding.fix


def test_a_field_that_we_may_only_read_is_named(org: Sandbox) -> None:
    org.post_control("org", {"field_security": {"Contact.HasOptedOutOfEmail": "read_only"}})
    assert problem(org, "Contact.HasOptedOutOfEmail").found == "we may not write it"


@pytest.mark.parametrize("marks", [{"unique": False}, {"external_id": False}])
def test_nothing_is_written_where_a_repeat_would_make_a_second_record(org: Sandbox, marks: dict[str, bool]) -> None:
    org.post_control("org", {"fields": [{"object": "Task", "name": "Closeloop_Key__c", **marks}]})
    crm = SandboxOrg(org).crm
    with pytest.raises(CrmRefused, match=r"Task\.Closeloop_Key__c has to be unique and an external id"):
        crm.ready()
    assert crm.calls_made() == 1


def test_a_key_that_is_not_unique_is_an_error(org: Sandbox) -> None:
    field = {"object": "Task", "name": "Closeloop_Key__c", "unique": False, "external_id": False}
    org.post_control("org", {"fields": [field]})
    finding = problem(org, "Task.Closeloop_Key__c")
    assert finding.level == "error"
    assert "not an external id and not unique" in finding.found


def test_a_mapped_field_of_the_wrong_kind_or_length_is_named(org: Sandbox) -> None:
    fields = [
        {"object": "Lead", "name": "Phase__c", "type": "boolean"},
        {"object": "Lead", "name": "Next__c", "type": "string", "length": 80},
    ]
    org.post_control("org", {"fields": fields})
    plan = OrgPlan(mapping=mapped("Lead", "stage", field="Phase__c"))
    assert "of type boolean" in problem(org, "Lead.Phase__c", plan).found
    plan = OrgPlan(mapping=mapped("Lead", "next_step", field="Next__c"))
    assert "takes 80 characters" in problem(org, "Lead.Next__c", plan).found


@pytest.mark.parametrize(
    ("name", "word", "field", "says"),
    [
        ("Lead", "employees", "Suffix__c", "is of type string, which is not what employees says"),
        ("Lead", "opt_out", "Suffix__c", "is of type string"),
        ("Opportunity", "close_date", "Short__c", "is of type string"),
        ("Opportunity", "deal_next_step", "Short__c", "takes 20 characters, we write up to 255"),
    ],
)
def test_a_standard_word_in_a_field_that_cannot_hold_it_is_named(
    org: Sandbox, name: str, word: str, field: str, says: str
) -> None:
    own = [
        {"object": "Lead", "name": "Suffix__c", "type": "string", "length": 20},
        {"object": "Opportunity", "name": "Short__c", "type": "string", "length": 20},
    ]
    org.post_control("org", {"fields": own})
    assert says in problem(org, f"{name}.{field}", OrgPlan(mapping=mapped(name, word, field=field))).found


def test_an_industry_the_org_would_refuse_is_named(org: Sandbox) -> None:
    values = ["Energy", "Banking"]
    org.post_control(
        "org", {"fields": [{"object": "Lead", "name": "Industry", "values": values, "restricted": True}]}
    )
    finding = problem(org, "Lead.Industry")
    assert "has no value" in finding.found
    assert "Insurance" in finding.found
    assert "`values`" in finding.fix


def test_every_word_of_a_mapping_is_of_a_known_kind() -> None:
    ours = {(field.object, field.word) for field in OUR_FIELDS}
    words = {(name, word) for name, here in WORDS.items() for word in here}
    assert {word for name, word in words if (name, word) not in ours and word not in WORD_TAKES} == set()


def test_a_mapped_field_that_is_not_there_is_named(org: Sandbox) -> None:
    finding = problem(org, "Lead.Nowhere__c", OrgPlan(mapping=mapped("Lead", "stage", field="Nowhere__c")))
    assert "map its word" in finding.fix


STATUSES = {
    "working": "Working - Contacted",
    "disqualified": "Closed - Not Converted",
    "converted": "Closed - Converted",
}


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"working": "Warm"}, "Lead status Warm", "there is none"),
        ({"converted": "Closed - Not Converted"}, "Lead status Closed - Not Converted", "Converted mark"),
        ({"disqualified": "Closed - Converted"}, "Lead status Closed - Converted", "stands for disqualified"),
    ],
    ids=["missing", "converts nothing", "converts by mistake"],
)
def test_a_status_that_means_something_else_is_an_error(
    org: Sandbox, change: dict[str, str], check: str, words: str
) -> None:
    finding = problem(org, check, OrgPlan(mapping=mapped("Lead", "status", values=STATUSES | change)))
    assert finding.level == "error"
    assert words in finding.found


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"won": "Closed Lost"}, "deal stage Closed Lost", "closed and lost, but stands for won"),
        ({"closing": "Closed Won"}, "deal stage Closed Won", "closed and won, but stands for closing"),
        ({"lost": "Negotiation/Review"}, "deal stage Negotiation/Review", "an open stage, but stands for lost"),
        ({"lost": "Gone"}, "deal stage Gone", "there is none"),
    ],
    ids=["lost for won", "won too early", "open for lost", "missing"],
)
def test_a_deal_stage_with_the_wrong_flags_is_an_error(
    org: Sandbox, change: dict[str, str], check: str, words: str
) -> None:
    field = MAPPING.of("Opportunity", "deal_stage")
    assert field is not None
    plan = OrgPlan(mapping=mapped("Opportunity", "deal_stage", values=field.values | change))
    assert words in problem(org, check, plan).found


def test_a_role_the_org_has_no_word_for_is_named(org: Sandbox) -> None:
    plan = OrgPlan(mapping=mapped("OpportunityContactRole", "role", values={"decision_maker": "The Boss"}))
    assert "has no value The Boss" in problem(org, "OpportunityContactRole.Role", plan).found


def with_record_type(name: str, record_type: str) -> OrgPlan:
    here = MAPPING.objects[name].model_copy(update={"record_type": record_type})  # type: ignore[index]
    return OrgPlan(mapping=MAPPING.model_copy(update={"objects": {**MAPPING.objects, name: here}}))


def test_record_types_of_the_mapping_are_looked_at(org: Sandbox) -> None:
    types = [{"object": "Lead", "name": "Inbound"}, {"object": "Lead", "name": "Partner", "available": False}]
    org.post_control("org", {"record_types": types})
    ours, theirs = (row["Id"] for row in SandboxOrg(org).rows("RecordType", "Id"))
    assert found(org, with_record_type("Lead", ours))["record types"].level == "ok"
    kept = problem(org, "record type of Lead", with_record_type("Lead", theirs))
    assert (kept.level, "Partner is not one that we may choose" in kept.found) == ("error", True)
    assert f"Inbound {ours}" in kept.fix
    gone = problem(org, "record type of Lead", with_record_type("Lead", "012000000000009AAA"))
    assert "Lead has no record type 012000000000009AAA" in gone.found
    assert (
        "Opportunity has no record type"
        in problem(org, "record type of Opportunity", with_record_type("Opportunity", ours)).found
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [("daily_limit", "the org's API limit is used up"), ("revoked_session", "INVALID_SESSION_ID")],
)
def test_an_org_that_answers_nothing_more_is_told_once(org: Sandbox, kind: str, words: str) -> None:
    org.post_control("faults", {"rules": [{"kind": kind, "match": {"service": "salesforce"}}], "seed": 1})
    errors = [finding for finding in found(org).values() if finding.level != "ok"]
    assert len(errors) == 1
    assert words in errors[0].found


def test_active_duplicate_rules_are_told(org: Sandbox) -> None:
    rule = {"name": "Standard_Lead_Duplicate_Rule", "object": "Lead", "match": ["Email"]}
    org.post_control("org", {"duplicate_rules": [rule]})
    finding = problem(org, "duplicates of Lead")
    assert finding.level == "warning"
    assert "Standard_Lead_Duplicate_Rule" in finding.found


def test_the_way_of_converting_is_checked(org: Sandbox) -> None:
    assert "not converted" in problem(org, "conversion", replace(PLAN, convert_by="create")).found
    apex = replace(PLAN, convert_by="apex:closeloop/convert")
    assert problem(org, "conversion", apex).level == "error"
    org.post_control("apexrest", {"path": "closeloop/convert"})
    assert found(org, apex)["conversion"].level == "ok"


def test_only_the_way_create_needs_the_key_of_the_deal(org: Sandbox) -> None:
    org.post_control("org", {"field_security": {"Opportunity.Closeloop_Key__c": "hidden"}})
    assert "Opportunity.Closeloop_Key__c" not in found(org)
    create = replace(PLAN, convert_by="create")
    assert problem(org, "Opportunity.Closeloop_Key__c", create).level == "error"


def test_the_campaign_is_looked_at(org: Sandbox) -> None:
    made = org.rest("POST", "sobjects/Campaign", json={"Name": "Spring", "IsActive": False}).json()["id"]
    assert problem(org, "campaign", replace(PLAN, campaign=made)).found == "“Spring” is not active"
    org.rest("PATCH", f"sobjects/Campaign/{made}", json={"IsActive": True})
    assert found(org, replace(PLAN, campaign=made))["campaign"].level == "ok"
    gone = replace(PLAN, campaign="701000000000999EAA")
    assert problem(org, "campaign", gone).level == "error"
    odd = replace(PLAN, campaign=made, campaign_statuses=("Sent", "Answered"))
    assert problem(org, "CampaignMember.Status Answered", odd).level == "warning"


def test_api_versions_that_go_or_never_were_are_told(org: Sandbox) -> None:
    assert problem(org, "API version", version="35.0").level == "warning"
    assert "Summer '28" in problem(org, "API version", version="35.0").found


def test_calls_that_run_out_are_told(org: Sandbox) -> None:
    org.post_control("limits", {"daily": 1000, "used": 900})
    finding = problem(org, "API limit")
    org.post_control("limits", {"daily": 100_000, "used": 0})
    assert finding.level == "warning"
    assert "our share is 200 (20 %)" in finding.found
