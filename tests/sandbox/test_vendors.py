"""The real vendor adapters against the sandbox's vendors over HTTP: matches, misses, credits and every fault."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette

from closeloop.adapters.enrichment.vendor import Vendor
from closeloop.adapters.enrichment.vendors import vendor
from closeloop.application.enrichment import enrich
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answers
from closeloop.domain.enrichment_rules import EnrichmentRules, Source
from sandbox.faults.script import reading, replace
from sandbox.vendors import urls
from sandbox.vendors.companies import VENDORS, company
from sandbox.world import World, open_world
from tests.fakes.services import Company
from tests.sandbox.served import serve
from tests.unit.domain.people import NOW, prospect

NAMES: tuple[Source, ...] = ("pdl", "apollo", "hunter")
DOMAINS = [f"firm{number}.example" for number in range(40)]
FAULTS: dict[str, dict[str, Any]] = {
    "down": {"kind": "server_error"},
    "a page instead of data": {"kind": "server_error", "html": True},
    "out of credit": {"kind": "daily_limit"},
    "too fast": {"kind": "busy"},
    "reset": {"kind": "reset_before"},
    "cut": {"kind": "cut_body"},
    "half": {"kind": "cut_body", "declared": "half"},
    "key taken away": {"kind": "expired_session"},
}


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[World, str]]:
    world = open_world()
    with serve(Starlette(routes=urls.routes(world))) as url:
        yield world, url


@pytest.fixture
def world(place: tuple[World, str]) -> Iterator[World]:
    yield place[0]
    place[0].parts.clear()
    place[0].journal.entries.clear()


def source(place: tuple[World, str], name: Source, key: str | None = None) -> Vendor:
    """The adapter, which waits no time."""
    made = vendor(name, key or place[0].credentials.vendor_api_key, f"{place[1]}/{name}")
    made.sleep = lambda seconds: None
    return made


def asked(made: Vendor, *domains: str) -> Answers:
    """About these domains."""
    return made.ask([AccountQuery(key=domain, company="", domain=domain) for domain in domains], NOW)


def knows(world: World, name: str, domain: str) -> bool:
    """Whether this vendor knows it."""
    return company(world.seed, name, domain) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_match_is_read_and_paid_for_and_a_miss_is_free(
    place: tuple[World, str], world: World, name: Source
) -> None:
    made = source(place, name)
    found = asked(made, *DOMAINS).found
    assert {domain: bool(answer.facts) for domain, answer in found.items()} == {
        domain: knows(world, name, domain) for domain in DOMAINS
    }
    charged = sum(entry.summary["charged"] for entry in world.journal.of("vendors"))
    assert sum(answer.cost for answer in found.values()) == made.price * charged
    assert 0 < charged < len(DOMAINS)
    known = next(domain for domain in DOMAINS if knows(world, name, domain))
    truth, facts = company(world.seed, name, known), {fact.name: fact for fact in found[known].facts}
    assert truth is not None
    assert (facts["founded"].value, facts["country"].value) == (truth.founded, truth.country[2])
    assert facts.keys() <= made.fields
    assert ("employees" in facts) == (name != "hunter")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_vendor_in_trouble_says_why_and_gives_no_answer(
    place: tuple[World, str], world: World, name: Source, fault: str
) -> None:
    replace(world, reading({"rules": [{**FAULTS[fault], "match": {"service": "vendors"}}]}))
    answers = asked(source(place, name), *DOMAINS)
    assert answers.found == {}
    assert answers.trouble
    assert len(world.journal.of("vendors")) < len(DOMAINS), "it is asked on although it is in trouble"


@pytest.mark.parametrize("name", NAMES)
def test_a_vendor_that_is_too_busy_once_is_asked_once_more(
    place: tuple[World, str], world: World, name: Source
) -> None:
    replace(world, reading({"rules": [{"kind": "busy", "nth": [1], "match": {"service": "vendors"}}]}))
    assert len(asked(source(place, name), *DOMAINS[:3]).found) == 3


def test_an_answer_that_was_lost_counts_as_paid(place: tuple[World, str], world: World) -> None:
    replace(world, reading({"rules": [{"kind": "reset_after_commit", "match": {"service": "vendors"}}]}))
    assert asked(source(place, "pdl"), DOMAINS[0]).lost == Decimal(1)


def test_a_vendor_that_is_slow_is_left_alone_in_time(place: tuple[World, str], world: World) -> None:
    rule = {"kind": "slow", "seconds": 0.6, "match": {"service": "vendors"}}
    replace(world, reading({"rules": [rule]}))
    made = source(place, "pdl")
    made.seconds = 0.2
    answers = asked(made, *DOMAINS)
    assert (answers.found, "no answer" in answers.trouble) == ({}, True)
    assert not made.circuit.may_ask


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_reaches_no_prospect(place: tuple[World, str], name: Source) -> None:
    made = Company()
    rules = made.services.playbook.model_copy(update={"enrichment": EnrichmentRules(order=(name,))})
    made.with_services(playbook=rules, providers=(source(place, name),), enrichers=())
    person = prospect(key="00Q1", domain="nonsense.example").model_copy(update={"facts": {}})
    facts = enrich(made.services, [person], NOW)["00Q1"]
    assert not facts.keys() & {"employees", "founded", "annual_revenue_usd"}


@pytest.mark.parametrize("broken", NAMES)
def test_one_that_is_down_blocks_none_of_the_others(place: tuple[World, str], world: World, broken: Source) -> None:
    replace(world, reading({"rules": [{"kind": "server_error", "match": {"path": f"^/{broken}/"}}]}))
    domain = next(d for d in DOMAINS if all(knows(world, name, d) for name in NAMES))
    made = Company()
    made.with_services(providers=tuple(source(place, name) for name in NAMES), enrichers=())
    person = prospect(key="00Q1", domain=domain).model_copy(update={"facts": {}})
    facts = enrich(made.services, [person], NOW)["00Q1"]
    assert {"country", "founded"} <= facts.keys()
    assert not any(fact.source.startswith(broken) for fact in facts.values())


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_checked_for_free(place: tuple[World, str], world: World, name: Source) -> None:
    assert source(place, name).check() is None
    assert "refuses the key" in str(source(place, name, "wrong").check())
    assert not any(entry.summary["charged"] for entry in world.journal.of("vendors"))


def test_the_sandbox_has_every_vendor_that_there_is_an_adapter_for() -> None:
    assert set(VENDORS) == set(NAMES)
