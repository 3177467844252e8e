"""The custom fields Closeloop keeps in the org: the one list that the doctor checks and the metadata deploys.

Invariant: a field is here exactly when some code writes or reads it; a test compares this list with
`config/salesforce/` to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["Text", "LongTextArea", "Number", "Date", "Checkbox"]
KEY = "Closeloop_Key__c"
MARK = "Closeloop_Do_Not_Contact__c"
STAGE = "Closeloop_Stage__c"
LOST_REASON = "Closeloop_Lost_Reason__c"
DESCRIBED: dict[Kind, str] = {
    "Text": "string",
    "LongTextArea": "textarea",
    "Number": "double",
    "Date": "date",
    "Checkbox": "boolean",
}
"""What the API's describe calls each kind."""


@dataclass(frozen=True)
class OurField:
    """One custom field: what it is, and what is lost without it."""

    object: str
    word: str
    """What the CRM mapping calls it, under which an org may give it another field."""
    name: str
    label: str
    kind: Kind
    says: str
    length: int = 0
    """Characters of a text, digits of a number; 0 where there is none to choose."""
    unique: bool = False
    """Unique and an external id: how a repeat is known."""
    needed: Literal["always", "to create", "no"] = "no"
    """`always`: nothing runs without it. `to create`: only the conversion way `create` needs it."""

    @property
    def words(self) -> str:
        """The field as a person creates it in Setup."""
        kinds = {"LongTextArea": f"Text Area (Long) {self.length}", "Number": f"Number {self.length},0"}
        kind = kinds.get(self.kind, f"{self.kind} {self.length or ''}".strip())
        return f"{kind}, unique, external id" if self.unique else kind


def _process(name: str) -> tuple[OurField, ...]:
    """The fields that Lead and Opportunity have in common."""
    return (
        OurField(name, "stage", STAGE, "Closeloop Stage", "Text", "Stage of the sales process", 40),
        OurField(
            name, "hold", "Closeloop_Hold__c", "Closeloop Hold", "LongTextArea", "Why nothing happens now", 1000
        ),
        OurField(
            name, "next_step", "Closeloop_Next_Step__c", "Closeloop Next Step", "Text", "What happens next", 255
        ),
        OurField(
            name, "next_step_date", "Closeloop_Next_Step_Date__c", "Closeloop Next Step Date", "Date", "When it is"
        ),
    )


def _mark(name: str) -> OurField:
    says = "No automated mail to this person; set by Closeloop or by people, never taken back by Closeloop"
    return OurField(name, "do_not_contact", MARK, "Closeloop Do Not Contact", "Checkbox", says)


def _key(name: str, says: str, needed: Literal["always", "to create", "no"]) -> OurField:
    return OurField(name, "key", KEY, "Closeloop Key", "Text", says, 255, unique=True, needed=needed)


OUR_FIELDS: tuple[OurField, ...] = (
    *_process("Lead"),
    OurField(
        "Lead", "score", "Closeloop_Score__c", "Closeloop Score", "Number", "Fit and qualification, 0 to 100", 3
    ),
    _mark("Lead"),
    _mark("Contact"),
    *_process("Opportunity"),
    OurField(
        "Opportunity",
        "lost_reason",
        LOST_REASON,
        "Closeloop Lost Reason",
        "Text",
        "Why it was lost",
        255,
    ),
    _key("Opportunity", "The Lead this deal was made from, where Leads are linked and not converted", "to create"),
    _key("Task", "The logged or planned touch; no touch is in the org twice", "always"),
    _key("Event", "The agreed meeting; no meeting is in the org twice", "no"),
)


def fields_of(name: str) -> tuple[OurField, ...]:
    """Our fields of one object."""
    return tuple(field for field in OUR_FIELDS if field.object == name)


def metadata_object(name: str) -> str:
    """Tasks and Events share the fields of `Activity`, where metadata keeps them."""
    return "Activity" if name in {"Task", "Event"} else name
