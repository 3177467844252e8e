"""`config/salesforce` deploys exactly the fields the code writes, and permissions for exactly those."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import parse

from closeloop.adapters.playbook.yaml_file import read_crm_mapping
from closeloop.adapters.salesforce import campaigns, linking, mapping, meetings
from closeloop.adapters.salesforce.connection import API_VERSION
from closeloop.adapters.salesforce.our_fields import DESCRIBED, KEY, OUR_FIELDS, OurField, metadata_object
from closeloop.application.ports import Conversion, CrmMeeting, CrmMember, CrmTask
from closeloop.domain.crm_mapping import Rule
from closeloop.domain.leads import LeadDraft
from config.settings import CONFIG
from sandbox.salesforce import schema

ROOT = CONFIG / "salesforce"
MAIN = ROOT / "force-app" / "main" / "default"
APEX = ROOT / "apex" / "main" / "default"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
NO_PERMISSION = {
    "Lead": {"LastName", "FirstName", "Company", "Status"},
    "Contact": {"LastName", "FirstName", "OwnerId"},
    "Account": {"Name", "OwnerId"},
    "Opportunity": {"Name", "StageName", "CloseDate", "OwnerId"},
    "Task": {"OwnerId", "Subject", "ActivityDate", "Status", "Priority", "TaskSubtype"},
    "Event": {"OwnerId", "Subject", "ActivityDate", "ShowAs", "StartDateTime", "DurationInMinutes"},
}
"""Fields that recorded describes call not `permissionable`: who may write the record may write these."""
PART_OF = {
    ("Lead", "Country"): "Address",
    ("Account", "BillingCountry"): "BillingAddress",
    ("Contact", "MailingCountry"): "MailingAddress",
}
"""Parts of an address are permitted with the whole of it."""


def elements(path: Path) -> dict[str, list[Any]]:
    """Text, or a dictionary of texts, by element name."""
    found: dict[str, list[Any]] = {}
    root = parse(path).getroot()
    assert root is not None
    assert root.tag.startswith(NAMESPACE), path
    for child in root:
        inner = {grand.tag.removeprefix(NAMESPACE): grand.text for grand in child}
        found.setdefault(child.tag.removeprefix(NAMESPACE), []).append(inner or child.text)
    return found


def deployed() -> dict[tuple[str, str], dict[str, str]]:
    return {
        (path.parents[1].name, path.name.removesuffix(".field-meta.xml")): {
            name: values[0] for name, values in elements(path).items()
        }
        for path in MAIN.glob("objects/*/fields/*.xml")
    }


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.xml")), ids=lambda path: path.name)
def test_every_file_is_metadata(path: Path) -> None:
    assert elements(path)


def test_the_fields_deployed_are_the_fields_we_have() -> None:
    assert set(deployed()) == {(metadata_object(field.object), field.name) for field in OUR_FIELDS}


@pytest.mark.parametrize("field", OUR_FIELDS, ids=lambda field: f"{field.object}.{field.name}")
def test_each_field_is_deployed_as_what_it_is(field: OurField) -> None:
    found = deployed()[metadata_object(field.object), field.name]
    assert (found["fullName"], found["label"], found["type"]) == (field.name, field.label, field.kind)
    assert found.get("required", "false") == "false", "a required field of ours would break the others' writes"
    size = found.get("precision" if field.kind == "Number" else "length", "0")
    assert int(size) == field.length
    assert found.get("scale", "0") == "0"
    assert (found.get("externalId", "false"), found.get("unique", "false")) == (str(field.unique).lower(),) * 2
    assert found["description"]


@pytest.mark.parametrize("field", OUR_FIELDS, ids=lambda field: f"{field.object}.{field.name}")
def test_the_sandbox_has_each_field_as_it_is_deployed(field: OurField) -> None:
    found = schema.load()[field.object].fields[field.name]
    assert found.type == DESCRIBED[field.kind]
    if field.length:
        assert (found.precision if field.kind == "Number" else found.length) == field.length
    assert ({"X", "Q"} <= found.flags) is field.unique


# what the code writes


def written() -> set[tuple[str, str]]:
    """Object and field of everything a run writes by default."""
    shipped = read_crm_mapping(CONFIG / "crm_mapping.yaml")
    mapped = {
        (name, field.field)
        for name, here in shipped.objects.items()
        for field in here.fields.values()
        if field is not None and field.rule is not Rule.THEIRS
    }
    lead = {("Lead", name) for name in mapping.lead_values(full(LeadDraft))}
    task = {("Task", name) for name in mapping.task_values(full(CrmTask))}
    event = {("Event", name) for name in meetings.values(full(CrmMeeting))}
    return mapped | lead | task | event


def written_when_linking() -> set[tuple[str, str]]:
    accounts = {("Account", name) for name in [*linking.TO_ACCOUNT.values(), "OwnerId"]}
    contacts = {("Contact", name) for name in [*linking.TO_CONTACT.values(), "AccountId", "OwnerId"]}
    return accounts | contacts | {("Opportunity", name) for name in linking._deal(full(Conversion), "001")}


def full(kind: Any) -> Any:
    """A record with every field set."""
    some = {"bool": True, "int": 1, "tuple": ("x",)}
    values = {
        name: next((value for word, value in some.items() if word in str(field.annotation)), "x")
        for name, field in kind.model_fields.items()
    }
    return kind(**values)


def permissionable(fields: set[tuple[str, str]]) -> set[str]:
    return {
        f"{name}.{PART_OF.get((name, field), field)}"
        for name, field in fields
        if name in NO_PERMISSION and field not in NO_PERMISSION[name]
    }


def granted(path: Path) -> set[str]:
    permissions = elements(path).get("fieldPermissions", [])
    assert all(one["readable"] == one["editable"] == "true" for one in permissions)
    fields = [one["field"] for one in permissions]
    assert len(fields) == len(set(fields))
    return set(fields)


def test_every_field_of_ours_is_written_by_the_code() -> None:
    everything = written() | written_when_linking()
    assert {(field.object, field.name) for field in OUR_FIELDS} <= everything
    ours = {(name, field) for name, field in everything if field.startswith("Closeloop_")}
    assert ours == {(field.object, field.name) for field in OUR_FIELDS}


def test_the_permission_set_grants_just_the_fields_that_are_written() -> None:
    assert granted(MAIN / "permissionsets" / "Closeloop.permissionset-meta.xml") == permissionable(written())


def test_linking_has_a_permission_set_for_just_what_it_writes_beyond_that() -> None:
    more = permissionable(written_when_linking()) - permissionable(written())
    assert granted(MAIN / "permissionsets" / "Closeloop_Link.permissionset-meta.xml") == more
    assert f"Opportunity.{KEY}" in more


def test_nothing_may_be_deleted_and_nobody_sees_everything() -> None:
    found = elements(MAIN / "permissionsets" / "Closeloop.permissionset-meta.xml")
    for objects in found["objectPermissions"]:
        refused = [objects[name] for name in ("allowDelete", "modifyAllRecords", "viewAllRecords")]
        assert refused == ["false"] * 3
    made = {one["object"] for one in found["objectPermissions"] if one["allowCreate"] == "true"}
    assert made == {"Account", "Contact", "Lead", "Opportunity"}
    members = campaigns.values(full(CrmMember))
    assert "CampaignId" in members
    assert {one["object"] for one in found["objectPermissions"]} - made == {"Campaign"}
    users = {one["name"] for one in found["userPermissions"]}
    assert users == {"ActivitiesAccess", "ApiEnabled", "ConvertLeads", "EditEvent", "EditTask"}


def test_only_the_apex_permission_set_gives_access_to_the_class() -> None:
    convert = elements(APEX / "permissionsets" / "Closeloop_Convert.permissionset-meta.xml")
    assert [one["apexClass"] for one in convert["classAccesses"]] == ["CloseloopConvert"]
    assert (APEX / "classes" / "CloseloopConvert.cls").exists()
    assert "classAccesses" not in elements(MAIN / "permissionsets" / "Closeloop.permissionset-meta.xml")


def test_the_apex_class_answers_where_the_settings_say() -> None:
    text = (APEX / "classes" / "CloseloopConvert.cls").read_text("utf-8")
    (path,) = re.findall(r"@RestResource\(urlMapping='/([^']+)'\)", text)
    assert f"apex:{path}" in (ROOT / "README.md").read_text("utf-8")


def test_the_project_names_its_folders_and_our_api_version() -> None:
    project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
    folders = [one["path"] for one in project["packageDirectories"]]
    assert all((ROOT / folder / "main" / "default").is_dir() for folder in folders)
    assert project["sourceApiVersion"] == API_VERSION
    versions = {elements(path)["apiVersion"][0] for path in APEX.glob("classes/*.cls-meta.xml")}
    assert versions == {API_VERSION}


def test_the_commands_of_the_readme_name_what_is_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    sources = re.findall(r"--source-dir (\S+)", text)
    names = re.findall(r"permset --name (\S+)", text)
    assert (sources, names) == (["force-app", "apex"], ["Closeloop", "Closeloop_Convert"])
    assert all((ROOT / source).is_dir() for source in sources)
    assert all(list(ROOT.rglob(f"{name}.permissionset-meta.xml")) for name in names)
