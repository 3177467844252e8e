"""What Salesforce forbids although the grammar allows it.

Invariant: a statement that passes here would also be admitted by a real org.
"""

from __future__ import annotations

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql.columns import Scope
from sandbox.salesforce.soql.lexer import malformed
from sandbox.salesforce.soql.syntax import Compare, Condition, FieldsOf, Func, Logic, Not, Path, Query

_MOST_WITH_ALL_FIELDS = 200
_MOST_JOINS = 2
_LINK_FILTERS = frozenset({"linkedentityid", "contentdocumentid"})


def check(scope: Scope, *, linked: bool = False) -> None:
    """Refuses what only object-specific or clause-spanning rules can tell; `linked` if a parent is given."""
    if scope.kind.name == "ContentDocumentLink" and not linked and not _filtered_by_id(scope.query.where):
        message = (
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on"
            " ContentDocumentId or"
            " LinkedEntityId using the equals operator or multiple Id's using the IN operator."
        )
        raise ApiError(400, "MALFORMED_QUERY", message)
    if scope.query.having is not None and not scope.query.group_by:
        raise malformed(scope.statement, scope.query.source_at, "HAVING needs a GROUP BY")
    if scope.query.seen_for and (
        scope.query.group_by or any(isinstance(item, Func) for item in scope.query.select)
    ):
        message = f"FOR {scope.query.seen_for} needs records, not aggregates"
        raise malformed(scope.statement, scope.query.source_at, message)
    _check_joins(scope, scope.query.where)


def check_semi_join(scope: Scope) -> None:
    """Refuses what a semi-join's subquery may not have."""
    query = scope.query
    if query.order or query.group_by or query.limit is not None or query.offset is not None:
        message = "ORDER BY, GROUP BY, LIMIT and OFFSET are not supported in semi join sub-selects"
        raise malformed(scope.statement, query.source_at, message)
    if _joins(query.where):
        message = "Nesting of semi join sub-selects is not supported"
        raise malformed(scope.statement, query.source_at, message)


def _check_joins(scope: Scope, condition: Condition | None) -> None:
    found = _joins(condition)
    if len(found) > _MOST_JOINS:
        message = f"maximum {_MOST_JOINS} semi join sub-selects are allowed"
        raise malformed(scope.statement, found[_MOST_JOINS].at, message)
    if found and _has_or(condition):
        message = "Semi join sub-selects are not allowed with the 'OR' operator"
        raise malformed(scope.statement, found[0].at, message)
    top = condition.parts if isinstance(condition, Logic) else (condition,)
    for each in found:
        if each not in top:
            message = (
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE"
                " expressions."
            )
            raise malformed(scope.statement, each.at, message)


def _joins(condition: Condition | None) -> list[Compare]:
    return [each for each in _compares(condition) if isinstance(each.right, Query)]


def _has_or(condition: Condition | None) -> bool:
    """Whether a semi-join stands below an OR."""
    if isinstance(condition, Logic):
        inside = condition.word == "OR" and bool(_joins(condition))
        return inside or any(_has_or(part) for part in condition.parts)
    return isinstance(condition, Not) and _has_or(condition.part)


def of_groups(query: Query) -> list[tuple[str, Path | Func]]:
    """What a grouping statement asks of its groups, in ORDER BY and in HAVING, with the words for a refusal."""
    ordered: list[tuple[str, Path | Func]] = [("Ordered field", item.by) for item in query.order]
    return ordered + [("Field", item.left) for item in _compares(query.having)]


def _compares(condition: Condition | None) -> list[Compare]:
    if isinstance(condition, Logic):
        return [each for part in condition.parts for each in _compares(part)]
    if isinstance(condition, Not):
        return _compares(condition.part)
    return [] if condition is None else [condition]


def owner(scope: Scope) -> Field:
    """The field that says whose a record is; a statement over `mine` needs one."""
    found = scope.kind.by_lower.get("ownerid")
    if found is None:
        message = f"scope mine is not supported for {scope.kind.name}"
        raise malformed(scope.statement, scope.query.source_at, message)
    return found


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
