"""Describe answers, rendered from the schema.

Invariant: the flags shown are the flags that validation obeys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.salesforce.describe_traits import choice_label, compound, extra_type, permissionable, traits
from sandbox.salesforce.schema import NUMBER_TYPES, Field, ObjectType, Schema

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "base64": "xsd:base64Binary",
    "anyType": "xsd:anyType",
}
_FIELD_OFF = [
    "aiPredictionField",
    "autoNumber",
    "calculated",
    "cascadeDelete",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "queryByDistance",
    "restrictedDelete",
    "writeRequiresMasterRead",
]
_FIELD_NONE = [
    "calculatedFormula",
    "controllerName",
    "defaultValueFormula",
    "filteredLookupInfo",
    "inlineHelpText",
    "mask",
    "maskType",
    "referenceTargetField",
    "relationshipOrder",
]
_OBJECT_OFF = [
    "activateable",
    "customSetting",
    "deprecatedAndHidden",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
]
_OBJECT_NONE = [
    "defaultImplementation",
    "extendedBy",
    "extendsInterfaces",
    "implementedBy",
    "implementsInterfaces",
    "listviewable",
    "lookupLayoutable",
    "networkScopeFieldName",
]
# In the global list too.
_OVERVIEW_NONE = ["associateEntityType", "associateParentEntity"]

_MASTER = {
    "active": True,
    "available": True,
    "defaultRecordTypeMapping": True,
    "developerName": "Master",
    "master": True,
    "name": "Master",
    "recordTypeId": "012000000000000AAA",
    "urls": {},
}
# The objects whose records go with the record they belong to.
_FOLLOW = frozenset(
    "Contact Opportunity Task Event CampaignMember ContentDocumentLink OpportunityContactRole OpportunityHistory"
    " LeadHistory OpportunityFieldHistory".split()
)
_STAY = {
    ("Contact", "ReportsToId"),
    ("CampaignMember", "LeadOrContactId"),
    ("Event", "AccountId"),
    ("Task", "AccountId"),
    ("Opportunity", "ContactId"),
    ("Opportunity", "CampaignId"),
}
# An event's date comes from its start: it is filtered, but never aggregated.
_NOT_COUNTED = ("Event", "ActivityDate")
_PREFILTERED = frozenset(
    "ParentId AccountId ReportsToId ConvertedAccountId ConvertedContactId ConvertedOpportunityId CampaignId WhoId"
    " WhatId".split()
)


def overview(kind: ObjectType, base: str) -> dict[str, Any]:
    """An object as the global describe lists it."""
    address = f"{base}/sobjects/{kind.name}"
    return {
        "name": kind.name,
        "label": kind.label,
        "labelPlural": kind.plural,
        "keyPrefix": kind.prefix,
        "custom": False,
        "createable": "C" in kind.flags,
        "updateable": "U" in kind.flags,
        "deletable": "D" in kind.flags,
        "queryable": True,
        "retrieveable": True,
        "searchable": "S" in kind.flags,
        "replicateable": True,
        "triggerable": "C" in kind.flags,
        "layoutable": "C" in kind.flags,
        **traits(kind.name),
        **dict.fromkeys(_OBJECT_OFF, False),
        **dict.fromkeys(_OVERVIEW_NONE),
        "urls": {"sobject": address, "describe": f"{address}/describe", "rowTemplate": f"{address}/{{ID}}"},
    }


def whole(schema: Schema, kind: ObjectType, base: str, types: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The full describe of one object; `types` are its record types beside the master."""
    return {
        **overview(kind, base),
        **dict.fromkeys(_OBJECT_NONE),
        "actionOverrides": [],
        "childRelationships": [
            _child(*each) for each in schema.children[kind.name] if each[1].name != "MasterRecordId"
        ],
        "compactLayoutable": True,
        "fields": [field(item, kind) for item in kind.fields.values()],
        "namedLayoutInfos": [],
        "recordTypeInfos": [*types, _MASTER] if "C" in kind.flags and kind.name != "OpportunityContactRole" else [],
        "sobjectDescribeOption": "FULL",
        "searchLayoutable": "S" in kind.flags,
        "supportedScopes": [{"label": f"All {kind.plural.lower()}", "name": "everything"}],
    }


def _child(owner: ObjectType, item: Field) -> dict[str, Any]:
    return {
        "cascadeDelete": owner.name in _FOLLOW and (owner.name, item.name) not in _STAY,
        "childSObject": owner.name,
        "deprecatedAndHidden": False,
        "field": item.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": item.children or None,
        "restrictedDelete": False,
    }


def field(item: Field, kind: ObjectType) -> dict[str, Any]:
    """One field of a describe."""
    flags = item.flags
    number = item.type in NUMBER_TYPES and item.type != "int"
    key = item.type == "id" or "X" in flags or "Q" in flags
    return {
        "name": item.name,
        "label": item.label,
        "type": item.type,
        "soapType": _SOAP_TYPES.get(item.type, "xsd:string"),
        "length": item.length,
        "byteLength": item.length * (1 if item.type in ("id", "reference") else 3),
        "precision": item.precision if number else 0,
        "scale": item.scale if number else 0,
        "digits": 8 if item.type == "int" else 0,
        "createable": "C" in flags,
        "updateable": "U" in flags,
        "nillable": item.nillable,
        "defaultedOnCreate": "D" in flags,
        "filterable": "F" in flags,
        "sortable": "S" in flags,
        "groupable": "G" in flags,
        "aggregatable": item.aggregatable and (kind.name, item.name) != _NOT_COUNTED,
        "idLookup": bool(flags & {"L", "X"}),
        "externalId": "X" in flags,
        "unique": "Q" in flags,
        "caseSensitive": item.type == "id" and not key,
        "custom": item.custom,
        "permissionable": permissionable(kind, item),
        "compoundFieldName": compound(kind, item),
        "extraTypeInfo": extra_type(kind, item),
        "searchPrefilterable": item.type == "reference" and item.name in _PREFILTERED,
        "nameField": "n" in flags,
        "namePointing": item.polymorphic,
        "polymorphicForeignKey": item.polymorphic,
        "referenceTo": list(item.targets),
        "relationshipName": item.relationship or None,
        "restrictedPicklist": "R" in flags,
        "picklistValues": [_choice(item, value) for value in item.choices],
        "defaultValue": False if item.type == "boolean" else item.default,
        **dict.fromkeys(_FIELD_OFF, False),
        **dict.fromkeys(_FIELD_NONE),
    }


def _choice(item: Field, value: str) -> dict[str, Any]:
    default = value == item.default
    label = choice_label(item, value)
    return {"active": True, "defaultValue": default, "label": label, "validFor": None, "value": value}
