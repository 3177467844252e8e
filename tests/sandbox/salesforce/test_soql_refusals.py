"""What Salesforce refuses, the sandbox refuses with the same code; and what it admits beyond the plain SELECT."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.salesforce import dml
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.soql.lexer import unquote
from sandbox.salesforce.soql.run import run
from sandbox.world import open_world

Record = dict[str, Any]


@pytest.fixture(scope="module")
def org() -> Org:
    found = org_of(open_world())
    kinds, call = found.store.schema.types, found.call()
    with found.store.transaction():
        account = dml.create(call, kinds["Account"], {"Name": "Acme"})
        contact = dml.create(
            call, kinds["Contact"], {"LastName": "Nash", "AccountId": account, "Email": "N@x.example"}
        )
        for number in range(3):
            lead = dml.create(call, kinds["Lead"], {"LastName": f"L{number}", "Company": f"C{number % 2}"})
        dml.create(call, kinds["Task"], {"Subject": "to lead", "WhoId": lead})
        dml.create(call, kinds["Task"], {"Subject": "to contact", "WhoId": contact, "WhatId": account})
        deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-02-01"}
        dml.create(call, kinds["Opportunity"], {**deal, "AccountId": account, "ContactId": contact})
    return found


def found(org: Org, statement: str, version: str = "66.0") -> list[Record]:
    with org.store.transaction():
        return run(org.call(), statement, f"/services/data/v{version}").page(0, 100)


@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        ("SELECT FROM Lead", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id Lead", "MALFORMED_QUERY", "unexpected token"),
        ("UPDATE Lead SET Title = 'x'", "MALFORMED_QUERY", "unexpected token: 'UPDATE'"),
        ("SELECT Id FROM Lead WHERE Title = 'open", "MALFORMED_QUERY", ""),
        ("SELECT Id FROM Lead WHERE A = 1 AND B = 2 OR C = 3", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM Lead FOR UPDATE", "MALFORMED_QUERY", "unexpected token: 'UPDATE'"),
        ("SELECT Id FROM Lead WHERE Industry INCLUDES ('x')", "INVALID_FIELD", "invalid operator on picklist"),
        ("SELECT Id FROM Lead WHERE Title INCLUDES 'x'", "MALFORMED_QUERY", "unexpected token: 'INCLUDES'"),
        ("SELECT Id FROM Lead ALL ROWS", "MALFORMED_QUERY", "unexpected token: 'ALL'"),
        ("SELECT Id FROM Lead WITH SECURITY_ENFORCED", "MALFORMED_QUERY", "unexpected token: 'WITH'"),
        ("SELECT Id, Id FROM Lead", "MALFORMED_QUERY", "duplicate field selected: Id"),
        ("SELECT Title, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "Field must be grouped or aggregated: Title"),
        ("SELECT SUM(Title) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        ("SELECT MAX(DoNotCall) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator MAX"),
        ("SELECT COUNT(IsConverted) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator COUNT"),
        ("SELECT MIN(Description) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator MIN"),
        ("SELECT COUNT(Id), COUNT() FROM Lead", "MALFORMED_QUERY", "COUNT() stands alone"),
        ("SELECT COUNT() FROM Lead ORDER BY Name", "MALFORMED_QUERY", "COUNT() stands alone"),
        (
            "SELECT Status, COUNT(Id) FROM Lead GROUP BY Status ORDER BY Email",
            "MALFORMED_QUERY",
            "Ordered field must be grouped or aggregated: Email",
        ),
        (
            "SELECT Status FROM Lead GROUP BY Status HAVING COUNT(Id) > 1 AND Email = 'x'",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Email",
        ),
        ("SELECT Id FROM Lead WHERE Title = 'a\\qb'", "MALFORMED_QUERY", "illegal character sequence '\\q'"),
        ("SELECT Id FROM Lead WHERE Title LIKE '\\\\\\x'", "MALFORMED_QUERY", "illegal character sequence '\\x'"),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Contact)",
            "MALFORMED_QUERY",
            "The selected field 'Id' in the subquery and the left operand field in the where expression in the"
            " outer query 'Id' should point to the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE OwnerId IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "outer query 'OwnerId' should point to the same object type",
        ),
        (
            "SELECT Id FROM Lead WHERE NOT (Id IN (SELECT WhoId FROM Task))",
            "MALFORMED_QUERY",
            "only allowed at the top level WHERE expressions",
        ),
        (
            "SELECT Id FROM Lead WHERE Title = 'x' AND (City = 'y' AND Id IN (SELECT WhoId FROM Task))",
            "MALFORMED_QUERY",
            "only allowed at the top level WHERE expressions",
        ),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 201", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT Id FROM Lead HAVING COUNT(Id) > 1", "MALFORMED_QUERY", "HAVING needs a GROUP BY"),
        ("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT (SELECT Id FROM Tasks GROUP BY Id) FROM Lead", "MALFORMED_QUERY", "a subquery has no groups"),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task) OR Title = 'x'",
            "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task WHERE WhoId IN (SELECT WhoId FROM Event))",
            "MALFORMED_QUERY",
            "Nesting of semi join sub-selects is not supported",
        ),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task) AND Id IN (SELECT WhoId FROM Event)"
            " AND Id NOT IN (SELECT LeadId FROM CampaignMember)",
            "MALFORMED_QUERY",
            "maximum 2 semi join sub-selects are allowed",
        ),
        (
            "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task LIMIT 1)",
            "MALFORMED_QUERY",
            "not supported in semi",
        ),
        ("SELECT Id FROM Lead USING SCOPE team", "MALFORMED_QUERY", "Invalid scope: team"),
        (
            "SELECT TYPEOF Owner WHEN User THEN Id END FROM Account",
            "MALFORMED_QUERY",
            "not a polymorphic relationship",
        ),
        ("SELECT TYPEOF Who WHEN Account THEN Id END FROM Task", "INVALID_TYPE", "sObject type 'Account'"),
        (
            "SELECT TYPEOF Who WHEN Lead THEN Nope END FROM Task",
            "INVALID_FIELD",
            "No such column 'Nope' on entity 'Lead'",
        ),
        (
            "SELECT GROUPING(Title) FROM Lead GROUP BY Title",
            "MALFORMED_QUERY",
            "GROUPING needs a field of GROUP BY",
        ),
        (
            "SELECT COUNT(Id) FROM Lead GROUP BY CUBE(Title, City, State, Email)",
            "MALFORMED_QUERY",
            "up to 3 fields",
        ),
        ("SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY", "Implementation restriction"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("SELECT (SELECT Id FROM Nopes) FROM Lead", "INVALID_TYPE", "Didn't understand relationship 'Nopes'"),
        ("SELECT Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on entity 'Lead'"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Nope' in field path"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Lead ORDER BY Description", "INVALID_FIELD", "can not be sorted in a query call"),
        (
            "SELECT CreatedDate FROM Lead GROUP BY CreatedDate",
            "INVALID_FIELD",
            "can not be grouped in a query call",
        ),
        ("SELECT Id FROM Lead WHERE AnnualRevenue = 'x'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE Title = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        ("SELECT Who.Company FROM Task", "INVALID_FIELD", "No such column 'Company' on entity 'Name'"),
    ],
)
def test_a_wrong_statement_is_refused_by_the_code_of_salesforce(
    org: Org, statement: str, code: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        found(org, statement)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert message in caught.value.message


def test_a_semi_join_may_go_through_a_reference_to_several_objects(org: Org) -> None:
    assert len(found(org, "SELECT Id FROM Task WHERE WhoId IN (SELECT Id FROM Lead)")) == 1
    assert len(found(org, "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task) AND (City = null)")) == 1
    assert found(org, "SELECT Id FROM Task WHERE Who.Id NOT IN (SELECT Id FROM Contact) AND WhatId = null") != []


def test_groups_are_ordered_and_asked_for_by_what_they_are(org: Org) -> None:
    statement = (
        "SELECT Company, COUNT(Id) FROM Lead GROUP BY Company HAVING Company != 'C1' ORDER BY COUNT(Id), Company"
    )
    assert [row["Company"] for row in found(org, statement)] == ["C0"]


def test_escapes_are_blind_to_case() -> None:
    assert unquote(r"'a\N\t\'b'") == "a\n\t'b"


def test_typeof_shows_other_fields_for_each_kind_of_parent(org: Org) -> None:
    statement = (
        "SELECT Subject, TYPEOF Who WHEN Contact THEN Email WHEN Lead THEN Company, LastName ELSE Name END"
        " FROM Task ORDER BY Subject"
    )
    who = [
        {name: value for name, value in task["Who"].items() if name != "attributes"}
        for task in found(org, statement)
    ]
    assert who == [{"Email": "n@x.example"}, {"Company": "C0", "LastName": "L2"}]
    rest = found(org, "SELECT TYPEOF Who WHEN Lead THEN Company ELSE Id, Name END FROM Task ORDER BY Subject")
    assert rest[0]["Who"]["Name"] == "Nash"


def test_children_of_children_are_shown_from_version_58_on(org: Org) -> None:
    statement = "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks) FROM Contacts) FROM Account"
    contact = found(org, statement)[0]["Contacts"]["records"][0]
    assert contact["Tasks"]["records"][0]["Subject"] == "to contact"
    with pytest.raises(ApiError, match="may be nested 1 deep"):
        found(org, statement, "57.0")


def test_a_contact_shows_the_deals_it_is_the_contact_of(org: Org) -> None:
    contact = found(org, "SELECT Id, (SELECT Name FROM Opportunities) FROM Contact")[0]
    assert contact["Opportunities"]["totalSize"] == 1


def test_scope_mine_is_what_the_user_owns(org: Org) -> None:
    everything = len(found(org, "SELECT Id FROM Lead USING SCOPE everything"))
    assert (everything, len(found(org, "SELECT Id FROM Lead USING SCOPE Mine WHERE LastName != 'L1'"))) == (3, 2)


def test_for_view_marks_the_records_as_seen(org: Org) -> None:
    assert found(org, "SELECT LastViewedDate FROM Account")[0]["LastViewedDate"] is None
    found(org, "SELECT Id FROM Account FOR REFERENCE")
    assert found(org, "SELECT LastViewedDate FROM Account")[0]["LastViewedDate"] is None
    found(org, "SELECT Id FROM Account FOR VIEW")
    assert found(org, "SELECT LastViewedDate FROM Account")[0]["LastViewedDate"] == "2026-01-05T08:00:00.000+0000"


@pytest.mark.parametrize(
    ("bounds", "total"), [("", 3), (" LIMIT 2", 2), (" LIMIT 5 OFFSET 1", 2), (" OFFSET 7", 0)]
)
def test_a_bound_on_count_bounds_what_is_counted(org: Org, bounds: str, total: int) -> None:
    assert run(org.call(), f"SELECT COUNT() FROM Lead{bounds}", "/services/data/v66.0").total == total


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("CALENDAR_YEAR(CreatedDate)", 2026),
        ("FISCAL_QUARTER(CreatedDate)", 1),
        ("DAY_IN_WEEK(CreatedDate)", 2),
        ("DAY_IN_YEAR(CreatedDate)", 5),
        ("WEEK_IN_MONTH(CreatedDate)", 1),
        ("WEEK_IN_YEAR(CreatedDate)", 1),
        ("HOUR_IN_DAY(convertTimezone(CreatedDate))", 8),
        ("DAY_ONLY(CreatedDate)", "2026-01-05"),
    ],
)
def test_parts_of_dates_can_be_grouped_by(org: Org, function: str, value: object) -> None:
    grouped = found(org, f"SELECT {function} part, COUNT(Id) n FROM Lead GROUP BY {function}")
    assert [(row["part"], row["n"]) for row in grouped] == [(value, 3)]


def test_rollup_adds_subtotals_and_a_grand_total(org: Org) -> None:
    statement = (
        "SELECT Company, LastName, COUNT(Id) n, GROUPING(LastName) sub FROM Lead GROUP BY ROLLUP(Company, LastName)"
    )
    rows = [tuple(row[name] for name in ("Company", "LastName", "n", "sub")) for row in found(org, statement)]
    assert rows == [
        ("C0", "L0", 1, 0),
        ("C0", "L2", 1, 0),
        ("C0", None, 2, 1),
        ("C1", "L1", 1, 0),
        ("C1", None, 1, 1),
        (None, None, 3, 1),
    ]


def test_cube_adds_subtotals_over_every_field(org: Org) -> None:
    statement = "SELECT Company, COUNT(Id) n FROM Lead WHERE LastName != 'L1' GROUP BY CUBE(Company, LastName)"
    assert sorted((row["Company"] or "", row["n"]) for row in found(org, statement)) == [
        ("", 1),
        ("", 1),
        ("", 2),
        ("C0", 1),
        ("C0", 1),
        ("C0", 2),
    ]
