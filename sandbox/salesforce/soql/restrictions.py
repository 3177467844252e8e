"""What Salesforce forbids although the grammar allows it.

Invariant: a statement that passes here would also be admitted by a real org.
"""

from __future__ import annotations

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.columns import Scope
from sandbox.salesforce.soql.lexer import malformed
from sandbox.salesforce.soql.syntax import Compare, Condition, FieldsOf, Logic, Path

_MOST_WITH_ALL_FIELDS = 200
_LINK_FILTERS = frozenset({"linkedentityid", "contentdocumentid"})


def check(scope: Scope) -> None:
    """Refuses what only object-specific or clause-spanning rules can tell."""
    if scope.kind.name == "ContentDocumentLink" and not _filtered_by_id(scope.query.where):
        message = (
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on"
            " ContentDocumentId or"
            " LinkedEntityId using the equals operator or multiple Id's using the IN operator."
        )
        raise ApiError(400, "MALFORMED_QUERY", message)
    if scope.query.having is not None and not scope.query.group_by:
        raise malformed(scope.statement, scope.query.source_at, "HAVING needs a GROUP BY")


def _filtered_by_id(condition: Condition | None) -> bool:
    if isinstance(condition, Logic) and condition.word == "AND":
        return any(_filtered_by_id(part) for part in condition.parts)
    return (
        isinstance(condition, Compare)
        and isinstance(condition.left, Path)
        and condition.left.text.rpartition(".")[2].lower() in _LINK_FILTERS
        and condition.operator in ("=", "IN")
    )


def expanded(scope: Scope, item: FieldsOf) -> list[Field]:
    """The fields that FIELDS(…) stands for."""
    limit = scope.query.limit
    if item.which != "STANDARD" and (limit is None or limit > _MOST_WITH_ALL_FIELDS):
        message = f"The SOQL FIELDS function must have a LIMIT of at most {_MOST_WITH_ALL_FIELDS}"
        raise malformed(scope.statement, item.at, message)
    fields = [each for each in scope.kind.fields.values() if each.type != "base64"]
    if item.which == "ALL":
        return fields
    return [each for each in fields if each.custom == (item.which == "CUSTOM")]
