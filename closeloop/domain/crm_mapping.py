"""The CRM mapping: which field of the org holds what we say, in which words, and whose the field is.

Invariant: every word is one that the process knows, no two words of an object share a field, what only people
write can be nobody's but theirs, and consent always reaches the CRM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from closeloop.domain.endings import Why
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage

ObjectName = Literal["Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "Task"]


class Rule(StrEnum):
    """Whose a field is."""

    OURS = "ours"
    """the process writes it; what a person puts there instead stays"""
    ENFORCED = "ours: enforce"
    """the process writes it, also over what a person put there"""
    THEIRS = "theirs"
    """never written, only read"""
    FILL_IF_BLANK = "fill_if_blank"
    """written only where the org has nothing"""
    NEWEST_WINS = "newest_wins"
    """written when what we know is younger than the org's last change"""


CONSENT = frozenset({"opt_out", "do_not_contact"})
FACTS = {
    "employees": "employees",
    "annual_revenue": "annual_revenue_usd",
    "industry": "industry",
    "website": "website",
}
"""Word to the fact that may be written to it."""
_PROCESS = frozenset({"stage", "hold", "next_step", "next_step_date"})
_PEOPLE = frozenset(
    {"email", "first_name", "last_name", "title", "company", "phone", "country", "lead_source", "description"}
    | {"state", "time_zone", "do_not_call", "preferred_channel", "language"}
    | {"goals", "plans", "timeline"}
)
"""What the process reads of a Lead and never writes once the Lead is there."""
WORDS: dict[str, frozenset[str]] = {
    "Lead": _PROCESS | _PEOPLE | CONSENT | frozenset(FACTS) | {"score", "status"},
    "Contact": CONSENT,
    "Account": frozenset(FACTS),
    "Opportunity": _PROCESS | {"deal_stage", "amount", "close_date", "deal_next_step", "lost_reason"},
    "OpportunityContactRole": frozenset({"role"}),
    "Task": frozenset(),
}
"""Everything a mapping may speak of."""
NEEDED: dict[str, frozenset[str]] = {
    "Lead": frozenset({"email", "last_name", "company", "status", "opt_out"}),
    "Contact": frozenset({"opt_out"}),
    "Opportunity": frozenset({"deal_stage", "close_date"}),
    "OpportunityContactRole": frozenset({"role"}),
}
"""Without these fields the process does not run."""
WON, LOST = "won", "lost"
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("Lead", "status"): ("working", "disqualified", "converted"),
    ("Opportunity", "deal_stage"): (*(stage.value for stage in Stage), WON, LOST),
    ("OpportunityContactRole", "role"): ("decision_maker",),
}
"""Words of ours that only mean something in the org's own: each needs its value."""


def _rule(given: Any) -> Any:
    """`{ours: enforce}` as a file says it."""
    return Rule.ENFORCED if given == {"ours": "enforce"} else given


_ENFORCE = {
    "type": "object",
    "properties": {"ours": {"const": "enforce"}},
    "required": ["ours"],
    "additionalProperties": False,
}
AnyRule = Annotated[
    Rule,
    BeforeValidator(_rule),
    WithJsonSchema({"anyOf": [{"enum": ["ours", "theirs", "fill_if_blank", "newest_wins"]}, _ENFORCE]}),
]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
RecordTypeId = Annotated[str, StringConstraints(pattern=r"^012[A-Za-z0-9]{15}$")]


class FieldMap(Record):
    """Where one word of ours lives in the org."""

    field: FieldName
    """API name, such as `NumberOfEmployees` or `Headcount__c`."""
    rule: AnyRule
    values: dict[str, str] = Field(default_factory=dict)
    """Our value to the org's picklist value. A value that is missing here is not written, unless the whole list
    is: then it is written as it is."""

    def says(self, value: Any) -> Any:
        """The value in the org's words; None when the org has none for it."""
        if value is None or not self.values:
            return value
        return self.values.get(str(value))


class ObjectMap(Record):
    """One object of the org."""

    record_type: RecordTypeId | None = None
    """The 18 characters of the record type that new records of ours get; none: what the org gives by itself."""
    fields: dict[str, FieldMap | None] = Field(default_factory=dict)
    """A word with null is not kept in this org."""


class CrmMapping(Record):
    """The whole mapping, as `config/crm_mapping.yaml` holds it."""

    objects: dict[ObjectName, ObjectMap]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        found = [problem for name in WORDS for problem in self._problems(name)]
        if found:
            raise ValueError("\n  ".join(found))
        return self

    def _problems(self, name: str) -> Iterable[str]:
        here = self.objects.get(name)  # type: ignore[call-overload]
        if here is None:
            yield f"the object {name} is missing"
            return
        mapped = {word: field for word, field in here.fields.items() if field is not None}
        yield from _wrong_words(name, set(here.fields), set(mapped))
        for word, field in mapped.items():
            if problem := _wrong_rule(word, field.rule):
                yield f"{name}.{word}: {problem}"
            if (name, word) == ("Opportunity", "lost_reason") and (wrong := sorted(set(field.values) - set(Why))):
                known = ", ".join(why.value for why in Why)
                yield f"{name}.{word}: no deal is lost for {', '.join(wrong)}; the reasons are {known}"
            missing = [value for value in CHOICES.get((name, word), ()) if value not in field.values]
            if missing:
                yield f"{name}.{word}: give the org's value for {', '.join(missing)} under `values`"
        for field_name, times in Counter(field.field for field in mapped.values()).items():
            if times > 1:
                yield f"{name}: {times} words share the field {field_name}"

    def of(self, name: str, word: str) -> FieldMap | None:
        """Where the org keeps a word; None when it does not."""
        here = self.objects.get(name)  # type: ignore[call-overload]
        return here.fields.get(word) if here else None

    def org_field(self, name: str, word: str) -> str | None:
        found = self.of(name, word)
        return found.field if found else None

    def org_value(self, name: str, word: str, value: str) -> str:
        """What the org says for a word that it must have one for."""
        found = self.of(name, word)
        if found is None:
            raise KeyError(f"{name}.{word} is not mapped")
        return found.values[value]

    def word_of(self, name: str, field: str) -> str | None:
        """The word that lives in a field of the org."""
        here = self.objects.get(name)  # type: ignore[call-overload]
        fields = here.fields if here else {}
        return next((word for word, found in fields.items() if found and found.field == field), None)

    def record_type(self, name: str) -> str | None:
        here = self.objects.get(name)  # type: ignore[call-overload]
        return here.record_type if here else None


def _wrong_words(name: str, all_words: set[str], mapped: set[str]) -> Iterable[str]:
    if unknown := sorted(all_words - WORDS[name]):
        yield f"{name} has no word {', '.join(unknown)}; there are {', '.join(sorted(WORDS[name]))}"
    if missing := sorted(NEEDED.get(name, frozenset()) - mapped):
        yield f"{name} needs a field for {', '.join(missing)}"


def _wrong_rule(word: str, rule: Rule) -> str | None:
    if word in _PEOPLE and rule is not Rule.THEIRS:
        return "people write this and the process only reads it: its rule is `theirs`"
    if word in CONSENT and rule not in {Rule.OURS, Rule.ENFORCED}:
        return "a no must reach the CRM: its rule is `ours` or `ours: enforce`"
    if word == "role" and rule is not Rule.OURS:
        return "this is written once, when the record is made: its rule is `ours`"
    return None
