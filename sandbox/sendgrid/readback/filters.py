"""From a tree of conditions to the WHERE of a query over `sendgrid_log l`, every value bound.

`:seen` is the last second whose events may be seen. A field that is not known, or a value that is not of its
kind, is a QueryError in the API's words.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.sendgrid.events import RECIPIENT_IP, SENDING_IP
from sandbox.sendgrid.models import address_key
from sandbox.sendgrid.readback.query import Condition, Group, Negation, QueryError, Tree

EVENTS = "FROM sendgrid_outbox e WHERE e.mail_id = l.mail_id AND e.target = 'event' AND e.at <= :seen"
LAST = f"(SELECT MAX(e.at) {EVENTS})"
# What happened to a mail, from the weakest to the strongest: a later word never hides an earlier, stronger one.
RANK = (
    "(SELECT MAX(CASE WHEN e.name IN ('dropped', 'cancel_drop') THEN 6 WHEN e.name = 'bounce' THEN 5"
    " WHEN e.name = 'blocked' THEN 4 WHEN e.name IN ('delivered', 'open', 'click') THEN 3"
    f" WHEN e.name = 'deferred' THEN 2 ELSE 1 END) {EVENTS})"
)
ACTIVITY_STATUS = (
    f"(CASE WHEN {RANK} >= 4 THEN 'not_delivered' WHEN {RANK} = 3 THEN 'delivered' ELSE 'processed' END)"
)
LOG_STATUS = (
    f"(CASE {RANK} WHEN 6 THEN 'dropped' WHEN 5 THEN 'bounced' WHEN 4 THEN 'blocked' WHEN 3 THEN 'delivered'"
    " WHEN 2 THEN 'deferred' ELSE 'processed' END)"
)
CREATED = "(SELECT m.accepted_at FROM sendgrid_mails m WHERE m.id = l.mail_id)"
REASON = (
    "(SELECT COALESCE(json_extract(e.body, '$.reason'), json_extract(e.body, '$.response')) "
    f"{EVENTS} ORDER BY e.id DESC LIMIT 1)"
)
# What Activity calls the events of the webhook.
EVENT_NAMES = {
    "bounce": "bounced",
    "blocked": "bounced",
    "cancel_drop": "dropped",
    "open": "opened",
    "click": "clicked",
    "spamreport": "spam_report",
}
EVENT_NAME = (
    "(CASE e.name " + " ".join(f"WHEN '{name}' THEN '{word}'" for name, word in EVENT_NAMES.items())
) + " ELSE e.name END)"
GROUP_NAME = "(SELECT g.name FROM sendgrid_groups g WHERE g.id = l.asm_group_id)"
API_KEY_ID = "sandbox-key"
Read = Callable[[str], object]


def text(value: str) -> object:
    """The value as it stands."""
    return value


def lowered(value: str) -> object:
    """The value as an address is kept."""
    return address_key(value)


def number(value: str) -> object:
    """The number that the value names."""
    try:
        found = float(value)
    except ValueError:
        raise QueryError(f"invalid syntax: {value[:40]!r} is not a number") from None
    if not math.isfinite(found):
        raise QueryError(f"invalid syntax: {value[:40]!r} is not a number")
    return found


def moment(value: str) -> object:
    """The Unix second of an ISO 8601 time; UTC where it names no offset."""
    try:
        at = datetime.fromisoformat(value.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise QueryError(f"invalid syntax: {value[:40]!r} is not a timestamp") from None


SCALARS: dict[str, tuple[str, Read]] = {
    "msg_id": ("l.msg_id", text),
    "sg_message_id": ("l.msg_id", text),
    "from_email": ("l.from_email", text),
    "to_email": ("l.address", lowered),
    "subject": ("l.subject", text),
    "last_event_time": (LAST, moment),
    "sg_message_id_created_at": (CREATED, moment),
    "reason": (REASON, text),
    "clicks": (f"(SELECT COUNT(*) {EVENTS} AND e.name = 'click')", number),
    "asm_group_id": ("l.asm_group_id", number),
    "unsubscribe_group_id": ("l.asm_group_id", number),
    "unsubscribe_group_name": (GROUP_NAME, text),
    "originating_ip": (f"'{RECIPIENT_IP}'", text),
    "outbound_ip": (f"'{SENDING_IP}'", text),
    "api_key_id": (f"'{API_KEY_ID}'", text),
    "api_key_name": ("'sandbox'", text),
    **dict.fromkeys(("template_id", "template_name", "campaign_id", "campaign_name", "teammate"), ("''", text)),
}
LISTS = {
    "categories": "(SELECT c.value FROM json_each(l.categories) c)",
    "events": f"(SELECT {EVENT_NAME} {EVENTS})",
}


@dataclass
class Where:
    """An SQL condition and what its marks stand for."""

    sql: str = ""
    values: dict[str, object] = field(default_factory=dict)


def compiled(tree: Tree, status: str) -> Where:
    """The SQL of a tree; `status` is the expression for the API's own words of status."""
    where = Where()
    where.sql = _Compiler(where.values, status).of(tree)
    return where


class _Compiler:
    def __init__(self, values: dict[str, object], status: str) -> None:
        self._values = values
        self._scalars = {**SCALARS, "status": (status, text)}

    def of(self, tree: Tree) -> str:
        if isinstance(tree, Negation):
            return f"NOT ({self.of(tree.inner)})"
        if isinstance(tree, Group):
            return "(" + f" {tree.joint.upper()} ".join(self.of(part) for part in tree.parts) + ")"
        return f"{'NOT ' if tree.negated else ''}({self._condition(tree)})"

    def _condition(self, condition: Condition) -> str:
        if condition.field == "unique_args":
            return self._argument(condition)
        if condition.key is None and condition.field in LISTS:
            return self._listed(condition, LISTS[condition.field])
        if condition.key is not None or condition.field not in self._scalars:
            raise QueryError(f"invalid syntax: '{condition.field}' is not a known field")
        expression, read = self._scalars[condition.field]
        return self._compared(expression, condition, read)

    def _compared(self, expression: str, condition: Condition, read: Read) -> str:
        if condition.operator == "null":
            return f"{expression} IS NULL OR {expression} = ''"
        if condition.operator in ("like", "contains"):
            mark = self._bound(condition.values[0])
            return (
                f"{expression} LIKE {mark}" if condition.operator == "like" else f"instr({expression}, {mark}) > 0"
            )
        marks = [self._bound(read(value)) for value in condition.values]
        if condition.operator == "in":
            return f"{expression} IN ({', '.join(marks)})"
        if condition.operator == "between":
            return f"{expression} BETWEEN {marks[0]} AND {marks[1]}"
        return f"{expression} {condition.operator} {marks[0]}"

    def _listed(self, condition: Condition, values: str) -> str:
        if condition.operator == "null":
            return f"NOT EXISTS {values}"
        if condition.operator in ("=", "contains", "in"):
            return " OR ".join(f"{self._bound(value)} IN {values}" for value in condition.values)
        if condition.operator == "!=":
            return f"{self._bound(condition.values[0])} NOT IN {values}"
        raise QueryError(f"invalid syntax: {condition.operator!r} does not fit {condition.field!r}")

    def _argument(self, condition: Condition) -> str:
        named = f"a.name = {self._bound(condition.key)}" if condition.key is not None else "1"
        if condition.operator == "null":
            return f"l.mail_id NOT IN (SELECT a.mail_id FROM sendgrid_args a WHERE {named})"
        compared = self._compared("a.value", condition, text)
        return f"l.mail_id IN (SELECT a.mail_id FROM sendgrid_args a WHERE {named} AND ({compared}))"

    def _bound(self, value: object) -> str:
        name = f"v{len(self._values)}"
        self._values[name] = value
        return f":{name}"
