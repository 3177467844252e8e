"""The waterfall: who is asked for what, when it stops, what it costs, and what a source in trouble does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from closeloop.adapters.enrichment.remembering import Remembering
from closeloop.application.enrichment import enrich
from closeloop.application.ports import AccountQuery
from closeloop.application.provider_port import Answer, Answers
from closeloop.application.purse import month_account, run_account
from closeloop.domain.enrichment_rules import CreditLimits, EnrichmentRules, FieldRule, Source
from closeloop.domain.prospect import Fact, FactValue, Prospect
from tests.fakes.services import DAY, Company
from tests.unit.domain.people import NOW, prospect


@dataclass
class Paper:
    """A source that says what a test wrote down; an account with None gets no answer."""

    name: Source
    says: dict[str, dict[str, FactValue] | None] = field(default_factory=dict)
    fields: frozenset[str] = frozenset({"employees", "industry"})
    price: Decimal = Decimal(1)
    sure: float = 0.9
    asked: list[str] = field(default_factory=list)

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        self.asked += [query.key for query in queries]
        found = {}
        for query in queries:
            said = self.says.get(query.key, {})
            if said is not None:
                facts = tuple(self._fact(name, value, query.key, now) for name, value in said.items())
                found[query.key] = Answer(facts=facts, cost=self.price if facts else Decimal(0))
        return Answers(found=found)

    def _fact(self, name: str, value: FactValue, key: str, now: datetime) -> Fact:
        return Fact(name=name, value=value, source=f"{self.name}:{key}", observed_at=now, confidence=self.sure)


def company(*providers: Paper, **rules: Any) -> Company:
    """A company with these sources only, under these rules."""
    made = Company()
    playbook = made.services.playbook.model_copy(update={"enrichment": EnrichmentRules(**rules)})
    made.with_services(playbook=playbook, providers=providers, enrichers=())
    return made


def person(domain: str = "acme.example", facts: dict[str, Fact] | None = None) -> Prospect:
    """Somebody there, of whom only this is known."""
    made = prospect(key=f"00Q-{domain}", domain=domain, company=domain)
    return made.model_copy(update={"facts": facts or {}})


def found(made: Company, *people: Prospect, run: str = "run-1") -> dict[str, dict[str, Fact]]:
    """Facts by account."""
    facts = enrich(made.services, people, made.now, run)
    return {str(one.domain): facts[one.key] for one in people}


KNOWN: dict[str, FactValue] = {"employees": 400, "industry": "Banking"}


def test_the_waterfall_stops_at_the_first_source_that_is_sure_enough() -> None:
    first, second = Paper("pdl", {"acme.example": KNOWN}), Paper("apollo", {"acme.example": KNOWN})
    facts = found(company(first, second), person())["acme.example"]
    assert (facts["employees"].value, facts["employees"].source) == (400, "pdl:acme.example")
    assert (first.asked, second.asked) == (["acme.example"], [])


def test_each_fact_has_its_own_order_and_its_own_measure_of_enough() -> None:
    first, second = Paper("pdl", {"acme.example": KNOWN}), Paper("apollo", {"acme.example": {"industry": "Energy"}})
    fields = {"industry": FieldRule(order=("apollo", "pdl"))}
    facts = found(company(first, second, fields=fields), person())["acme.example"]
    assert (facts["employees"].source, facts["industry"].source) == ("pdl:acme.example", "pdl:acme.example")
    assert facts["industry"].judged is not None
    assert facts["industry"].judged.doubt is not None
    third, fourth = Paper("pdl", {"acme.example": KNOWN}), Paper("apollo", {"acme.example": KNOWN})
    made = company(third, fourth, fields={"employees": FieldRule(stop_at=0.95)})
    assert found(made, person())["acme.example"]["employees"].judged is not None
    assert fourth.asked == ["acme.example"]


def test_a_source_left_out_of_the_order_is_never_asked() -> None:
    left_out = Paper("hunter", {"acme.example": KNOWN})
    assert found(company(left_out, order=("pdl",)), person()) == {"acme.example": {}}
    assert left_out.asked == []


def test_what_people_said_is_not_asked_for() -> None:
    source = Paper("pdl", {"acme.example": KNOWN})
    own = {name: Fact(name=name, value=value, source="crm:x", observed_at=NOW) for name, value in KNOWN.items()}
    assert found(company(source), person(facts=own))["acme.example"] == own
    assert source.asked == []


def test_an_answer_and_a_miss_are_remembered_until_each_wears_out() -> None:
    source = Paper("pdl", {"acme.example": KNOWN})
    made = company(source, ttl_days=90, miss_ttl_days=10)
    people = (person(), person("nobody.example"))
    for _ in range(2):
        found(made, *people)
    assert source.asked == ["acme.example", "nobody.example"]
    made.wait(11 * DAY)
    found(made, *people)
    assert source.asked[2:] == ["nobody.example"]
    made.wait(80 * DAY)
    found(made, *people)
    assert source.asked[3:] == ["acme.example", "nobody.example"]


def test_a_fact_that_wears_out_sooner_has_its_source_asked_again() -> None:
    source = Paper("pdl", {"acme.example": KNOWN})
    made = company(source, ttl_days=90, fields={"employees": FieldRule(ttl_days=5)})
    found(made, person())
    made.wait(6 * DAY)
    found(made, person())
    assert source.asked == ["acme.example", "acme.example"]


def test_a_source_that_gave_no_answer_is_no_miss_and_the_next_one_is_asked() -> None:
    down, up = Paper("pdl", {"acme.example": None}), Paper("apollo", {"acme.example": KNOWN})
    made = company(down, up)
    assert found(made, person())["acme.example"]["employees"].value == 400
    up.says["later.example"] = {}
    found(made, person("later.example"))
    down.says["later.example"] = KNOWN
    made.wait(timedelta(minutes=1))
    assert down.asked == ["acme.example", "later.example"]
    assert made.ledger.cached_facts(["acme.example @pdl"], made.now) == {}


def test_a_run_spends_no_more_than_its_credits_and_the_free_sources_go_on() -> None:
    paid = Paper("pdl", {f"c{n}.example": KNOWN for n in range(9)})
    free = Paper("website", {f"c{n}.example": {"industry": "Banking"} for n in range(9)}, price=Decimal(0))
    made = company(
        paid, free, order=("pdl", "website"), credits=CreditLimits(per_run=Decimal(4), per_month=Decimal(6))
    )
    people = [person(f"c{n}.example") for n in range(9)]
    found(made, *people)
    assert (len(paid.asked), len(free.asked)) == (4, 5)
    found(made, *people, run="run-2")
    assert len(paid.asked) == 6
    assert made.ledger.credits_spent([month_account(made.now), run_account("run-2")]) == {
        "2026-01": 600,
        "run:run-2": 200,
    }
    made.wait(31 * DAY)
    found(made, *people, run="run-3")
    assert len(paid.asked) > 6


def test_a_miss_costs_nothing() -> None:
    source = Paper("pdl")
    made = company(source)
    found(made, person())
    assert made.ledger.credits_spent([month_account(made.now)]) == {month_account(made.now): 0}


def test_nonsense_from_a_source_is_no_answer_of_it() -> None:
    mad = Paper("pdl", {"acme.example": {"employees": 10**17, "industry": "<script>alert(1)</script>"}})
    sane = Paper("apollo", {"acme.example": KNOWN})
    facts = found(company(mad, sane), person())["acme.example"]
    assert {name: fact.value for name, fact in facts.items()} == KNOWN


def test_a_fact_keeps_what_it_cost() -> None:
    facts = found(company(Paper("pdl", {"acme.example": KNOWN})), person())["acme.example"]
    assert [fact.judged.cost for fact in facts.values() if fact.judged] == [1, 1]


def test_a_rehearsal_uses_what_is_remembered_and_asks_nobody() -> None:
    source = Paper("pdl", {"acme.example": KNOWN, "new.example": KNOWN})
    made = company(source)
    found(made, person())
    made.with_services(providers=(Remembering(source),))
    facts = found(made, person(), person("new.example"))
    assert (facts["acme.example"]["employees"].value, facts["new.example"]) == (400, {})
    assert source.asked == ["acme.example"]


def test_colleagues_are_asked_about_once_and_all_accounts_of_a_batch_together() -> None:
    calls: list[int] = []

    class Counting(Paper):
        def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
            calls.append(len(queries))
            return super().ask(queries, now)

    source = Counting("pdl", {f"c{n}.example": KNOWN for n in range(50)}, price=Decimal(0))
    people = [person(f"c{n % 50}.example").model_copy(update={"key": f"00Q{n}"}) for n in range(200)]
    facts = enrich(company(source).services, people, NOW)
    assert calls == [50]
    assert len(facts) == 200
