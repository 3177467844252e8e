"""What a describe says about objects and fields beyond the flags that validation obeys: as recorded from real orgs.

Invariant: nothing here changes what a client may do; it is what tools read to decide what to show or deploy.
"""

from __future__ import annotations

from sandbox.salesforce.schema import Field, ObjectType

_TRAITS = {
    "deepCloneable": "Campaign Opportunity",
    "feedEnabled": "Account Contact Lead Opportunity Event Task User",
    "mergeable": "Account Contact Lead",
    "mruEnabled": "Account Campaign Contact Lead Opportunity Event Task User",
    "undeletable": "Account Campaign Contact Lead Opportunity Event Task ContentDocument",
}
_PARTS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")
_PERSON = frozenset({"FirstName", "LastName", "Salutation", "Name"})
_PEOPLE = frozenset({"Contact", "Lead"})
_ALWAYS_VISIBLE = frozenset(
    "FirstName Salutation EmailBouncedReason EmailBouncedDate ForecastCategoryName Role".split()
)
_ALWAYS_VISIBLE_EVENT = frozenset(
    "Subject ActivityDateTime ActivityDate DurationInMinutes StartDateTime EndDateTime ShowAs"
    " ReminderDateTime".split()
)
_HIDEABLE = frozenset({"ExpectedRevenue", "IsAllDayEvent"})

# Values whose label is another word; every other value is its own label.
_CHOICE_LABELS = {
    "CleanStatus": {
        "Matched": "In Sync",
        "Acknowledged": "Reviewed",
        "NotFound": "Not Found",
        "Pending": "Not Compared",
        "SelectMatch": "Select Match",
    },
    "ForecastCategory": {"BestCase": "Best Case", "MostLikely": "Most Likely", "Forecast": "Commit"},
    "ShowAs": {"OutOfOffice": "Out of Office"},
}


def choice_label(field: Field, value: str) -> str:
    """What people see for a picklist value."""
    return _CHOICE_LABELS.get(field.name, {}).get(value, value)


def traits(name: str) -> dict[str, bool]:
    """What can be done with records of this object in the user interface and in merges."""
    return {trait: name in names.split() for trait, names in _TRAITS.items()}


def permissionable(kind: ObjectType, field: Field) -> bool:
    """Whether field-level security can hide the field."""
    if field.name in _HIDEABLE or (kind.name, field.name) == ("Opportunity", "IsPrivate"):
        return True
    kept = _ALWAYS_VISIBLE | (_ALWAYS_VISIBLE_EVENT if kind.name == "Event" else frozenset())
    return field.nillable and "U" in field.flags and field.name not in kept


def compound(kind: ObjectType, field: Field) -> str | None:
    """The compound field that this one is a part of."""
    if kind.name in _PEOPLE and field.name in _PERSON - {"Name"}:
        return "Name"
    for part in _PARTS:
        prefix = field.name.removesuffix(part)
        if prefix != field.name and f"{prefix}Street" in kind.fields:
            return f"{prefix}Address"
    return "Fiscal" if field.name in ("FiscalQuarter", "FiscalYear") else None


def extra_type(kind: ObjectType, field: Field) -> str | None:
    """How the user interface treats the field's text."""
    if field.type == "textarea":
        return "plaintextarea"
    if field.name == "PhotoUrl":
        return "imageurl"
    return "personname" if kind.name in _PEOPLE and field.name in _PERSON else None
