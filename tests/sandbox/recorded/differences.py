"""Why the sandbox answers some recorded requests otherwise than the real org did.

Invariant: every difference has exactly one reason here, and every reason explains at least one difference; the
first pattern that matches counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.sandbox.recorded.comparing import Difference
from tests.sandbox.recorded.playing import Played


@dataclass(frozen=True)
class Reason:
    """A kind of difference: `where` matches `METHOD path place`, with the cassette in front."""

    name: str
    where: str
    text: str


REASONS = (
    Reason(
        "record counts lag",
        r"limits/recordCount ",
        "A real org's recordCount is an estimate that lags behind; the sandbox counts.",
    ),
    Reason(
        "records nobody shows",
        r"(TestCountSObjects|TestDatasetsE2E|TestSnowfakery).*(totalSize|expr0)$",
        "The answer counts records of the real org that no recorded answer shows, so they cannot be there.",
    ),
    Reason(
        "ids edited in the recording",
        r"TestSelect.*/query/ records\[\w+\]\.Id$",
        "The authors replaced these ids by one and the same; they contradict the addresses beside them.",
    ),
    Reason(
        "answers shortened in the recording",
        r"TestSelect.*/query/ (totalSize|records\[\w+\])$",
        "The recorded list leaves out a record that another answer of the same cassette shows.",
    ),
    Reason(
        "who the org belongs to",
        r"(test_snowfakery_query_salesforce GET .*/query/ records|sobjects/Organization/\w+ "
        r"(Name|TimeZoneSidKey|TrialExpirationDate|InstanceName)$)",
        "Names, instance and time zone are the sandbox's own: UTC makes simulated days equal everywhere.",
    ),
    Reason(
        "organization settings",
        r"sobjects/Organization/",
        "Only the fields of Organization that clients read are kept; settings pages are no part of the sandbox.",
    ),
    Reason(
        "objects the process does not use",
        r"(GET .*/sobjects sobjects\[\w+\]$|childRelationships\[\w+\.\w+\]$)",
        "The org describes the objects of the sales process, not the hundreds of others, nor their links to these.",
    ),
    Reason(
        "compound fields",
        r"fields\[\w*Address\]$",
        "Compound addresses are not offered: their parts can be read, filtered and written one by one.",
    ),
    Reason(
        "fields of features that are off",
        r"fields\[(RecordTypeId|IndividualId|DandbCompanyId|OperatingHoursId|Channel\w+|Pricebook2Id|Last\w+HistoryId"
        r"|\w*Recurrence\w*|IsChild|\w*GroupEvent\w*)\]$",
        "Record types, price books, individuals, partner channels, recurring and group events are not switched on.",
    ),
    Reason(
        "custom fields",
        r"fields\[\w+__c\]$",
        "Either org has custom fields of its own.",
    ),
    Reason(
        "consent fields",
        r"fields\[(HasOptedOutOf\w+|DoNotCall)\]$",
        "Hidden from the recording user by field-level security; Closeloop's process needs to see them.",
    ),
    Reason(
        "addresses of pages that are not there",
        r"(urls\.\w+|urls|recordTypeInfos\[\w+\]\.urls\.layout)$",
        "Every address in an answer leads somewhere: layouts, quick actions and list views do not exist here.",
    ),
    Reason("list scopes", r"supportedScopes", "Filter scopes (mine, team) are not offered by the sandbox's SOQL."),
    Reason(
        "record types",
        r"recordTypeInfos",
        "The sandbox org has only the master record type; in some recordings the object has types of its own.",
    ),
    Reason(
        "objects by release",
        r"(associateEntityType|associateParentEntity|sobjectDescribeOption)$",
        "Recorded with an older API version, which did not have this key yet.",
    ),
    Reason(
        "queues and calendars",
        r"fields\[(OwnerId|WhatId)\]\.(referenceTo|polymorphicForeignKey|namePointing)",
        "Queues own Leads only, users all else: there are no calendars or industry objects to point at.",
    ),
    Reason(
        "person accounts",
        r"sobjects/Account/describe fields\[Name\]\.(compoundFieldName|extraTypeInfo)$",
        "The recorded org has person accounts, where an account's name is made of parts.",
    ),
    Reason(
        "recordings that disagree",
        r"(sobjects/Event/describe feedEnabled|sobjects\[(Event|Lead)\]\.(keyPrefix|mergeable))$",
        "The recorded global list contradicts the recorded describes; the sandbox keeps to the describes.",
    ),
    Reason(
        "users are made by nobody",
        r"sobjects\[(User|Organization)\]\.\w+$",
        "Users and the organization can be read but not changed by an integration.",
    ),
    Reason(
        "the label that people see",
        r"sobjects/Lead/describe fields\[NumberOfEmployees\]\.label$",
        "Lead files come with the label of the user interface, 'No. of Employees'; the API's own label is shorter.",
    ),
    Reason(
        "Data.com",
        r"fields\[Jigsaw\w+\]\.relationshipName$",
        "A retired service's links are plain texts.",
    ),
    Reason(
        "a fiscal period's bytes",
        r"fields\[Fiscal\]\.byteLength$",
        "The period's text is counted like any other: three bytes for a character.",
    ),
    Reason(
        "converted leads cannot be inserted",
        r"fields\[IsConverted\]\.createable$",
        "Inserting converted leads needs a permission that an integration user should not have.",
    ),
)


def reason(played: Played, difference: Difference) -> Reason | None:
    """The reason for one difference, or None if nobody has explained it."""
    text = f"{played.exchange.cassette} {played.exchange.title} {difference.where}"
    return next((each for each in REASONS if re.search(each.where, text)), None)
