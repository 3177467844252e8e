"""Between the standard names that this package speaks inside and what the org calls its fields, by the CRM mapping.

Invariant: a row that passed `row` has every standard name it was asked for, and None where the org keeps no such
field; values for the org pass `values`, so that no field is named that the mapping leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from closeloop.adapters.salesforce.our_fields import LOST_REASON, MARK, STAGE
from closeloop.domain.crm_mapping import FACTS, CrmMapping, FieldMap

Row = dict[str, Any]
CLOSED_PREFIX = "Closed"
"""Lead statuses have no flag for `closed without conversion`; every standard one starts so."""
COMPANY = {
    "employees": "NumberOfEmployees",
    "annual_revenue": "AnnualRevenue",
    "industry": "Industry",
    "website": "Website",
}
STANDARD: dict[str, dict[str, str]] = {
    "Lead": COMPANY
    | {
        "status": "Status",
        "opt_out": "HasOptedOutOfEmail",
        "do_not_contact": MARK,
        "email": "Email",
        "first_name": "FirstName",
        "last_name": "LastName",
        "title": "Title",
        "company": "Company",
        "phone": "Phone",
        "country": "Country",
        "state": "State",
        "time_zone": "Closeloop_Time_Zone__c",
        "do_not_call": "DoNotCall",
        "preferred_channel": "Closeloop_Preferred_Channel__c",
        "language": "Closeloop_Language__c",
        "goals": "Closeloop_Goals__c",
        "plans": "Closeloop_Plans__c",
        "timeline": "Closeloop_Timeline__c",
        "lead_source": "LeadSource",
        "description": "Description",
    },
    "Contact": {"opt_out": "HasOptedOutOfEmail", "do_not_contact": MARK},
    "Account": COMPANY,
    "Opportunity": {
        "stage": STAGE,
        "deal_stage": "StageName",
        "amount": "Amount",
        "close_date": "CloseDate",
        "lost_reason": LOST_REASON,
    },
    "OpportunityContactRole": {"role": "Role"},
}
"""Object to our word to the name it has in a new org, which is the name it has inside this package."""


class Names:
    """One org's names. Without a mapping every field is called what it is called in a new org."""

    def __init__(self, mapping: CrmMapping | None = None) -> None:
        self._mapping = mapping

    def org(self, object_name: str, standard: str) -> str | None:
        """What the org calls a field; None when it keeps none."""
        word = _word(object_name, standard)
        if self._mapping is None or word is None:
            return standard
        return self._mapping.org_field(object_name, word)

    def select(self, object_name: str, standard: Iterable[str]) -> list[str]:
        """The org's names for a SELECT, each once; what the org does not keep is left out."""
        found = (self.org(object_name, name) for name in standard)
        return list(dict.fromkeys(name for name in found if name))

    def row(self, object_name: str, row: Mapping[str, Any]) -> Row:
        """A row of the org under standard names, and picklist values of facts in our words."""
        if self._mapping is None:
            return dict(row)
        renamed = {
            standard: _ours(word, self._mapping.of(object_name, word), row)
            for word, standard in STANDARD.get(object_name, {}).items()
        }
        return {**row, **renamed}

    def values(self, object_name: str, values: Mapping[str, Any]) -> Row:
        """Values under standard names as the org takes them; what it has no field or no word for is left out."""
        found: Row = {}
        for standard, value in values.items():
            field = self._field(object_name, standard)
            if isinstance(field, FieldMap):
                said = field.says(value) if _word(object_name, standard) in FACTS else value
                if said is not None:
                    found[field.field] = said
            elif field:
                found[standard] = value
        return found

    def _field(self, object_name: str, standard: str) -> FieldMap | str | None:
        word = _word(object_name, standard)
        if self._mapping is None or word is None:
            return standard
        return self._mapping.of(object_name, word)

    def record_type(self, object_name: str) -> str | None:
        """Id of the record type of new records; None: what the org gives us."""
        return self._mapping.record_type(object_name) if self._mapping else None

    def is_closed(self, status: str) -> bool:
        """A Lead status that ends the work on it, by our words or by how standard ones begin."""
        if status.startswith(CLOSED_PREFIX):
            return True
        field = self._mapping.of("Lead", "status") if self._mapping else None
        return field is not None and status in {field.values["disqualified"], field.values["converted"]}


def _word(object_name: str, standard: str) -> str | None:
    known = STANDARD.get(object_name, {})
    return next((word for word, name in known.items() if name == standard), None)


def _ours(word: str, field: FieldMap | None, row: Mapping[str, Any]) -> Any:
    if field is None:
        return None
    value = row.get(field.field)
    if word in FACTS and field.values:
        return next((ours for ours, theirs in field.values.items() if theirs == value), value)
    return value
