"""Contact roles: each deal's person is named in it once, whoever made the role.

Invariant: a role that somebody gave another name keeps it; when an answer is lost, it is looked what there is
before anything is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.adapters.salesforce.names import Names
from closeloop.adapters.salesforce.reading import Reader, Row
from closeloop.adapters.salesforce.soql import chunks, in_list
from closeloop.adapters.salesforce.writing import Record, Writer
from closeloop.application.ports import CrmOutcome
from closeloop.domain.actions import ActionState

ROLE = "OpportunityContactRole"
LOOKS = 3
"""How often writes without a key of ours are looked up again after a lost answer."""


class Roles:
    """Names roles, in batches."""

    def __init__(self, reader: Reader, writer: Writer, names: Names) -> None:
        self._reader, self._writer, self._names = reader, writer, names

    def name(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Deal to (contact, role); one outcome for each, in order. A role has no key of ours, so it is asked what
        there is each time an answer was lost."""
        outcomes: dict[str, CrmOutcome] = {}
        for _ in range(LOOKS):
            left = {deal: roles[deal] for deal in roles if _lost(outcomes.get(deal))}
            if left:
                outcomes |= {outcome.key: outcome for outcome in self._write(left)}
        return [outcomes[deal] for deal in roles]

    def _write(self, roles: Mapping[str, tuple[str, str]]) -> list[CrmOutcome]:
        """Where somebody named the role already, it stays what they called it."""
        present = self._present(list(roles))
        old, new, kept = [], [], []
        for deal, (contact, role) in roles.items():
            there = present.get((deal, contact))
            named = self._names.values(ROLE, {"Role": role, "IsPrimary": True})
            if there is None:
                new.append(Record(deal, ROLE, {"OpportunityId": deal, "ContactId": contact, **named}))
            elif there.get("Role"):
                outcome = CrmOutcome(key=deal, state=ActionState.ACCEPTED, record_id=there["Id"])
                # Our own word is ours, made by a call whose answer was lost.
                kept.append(outcome.model_copy(update={"existed": there["Role"] != role}))
            else:
                old.append(Record(deal, ROLE, {"Id": there["Id"], **named}, parent=deal))
        return kept + self._writer.update(old) + self._writer.insert(new)

    def _present(self, deals: Sequence[str]) -> dict[tuple[str, str], Row]:
        fields = ", ".join(self._names.select(ROLE, ["Id", "OpportunityId", "ContactId", "Role"]))
        asked = [f"SELECT {fields} FROM {ROLE} WHERE OpportunityId IN {in_list(part)}" for part in chunks(deals)]
        rows = (self._names.row(ROLE, row) for row in self._reader.queries(asked))
        return {(row["OpportunityId"], row["ContactId"]): row for row in rows}


def _lost(outcome: CrmOutcome | None) -> bool:
    return outcome is None or outcome.state is ActionState.UNCERTAIN
