"""One pass through the sources: in each round every account asks the next source for each fact still open.

Invariants: a source is asked once for an account however many facts it is asked for, and once in a round for all
accounts together; its answers are stored before the next source is asked, so a crash pays for nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from closeloop.application.ports import AccountQuery, Enricher, Ledger
from closeloop.application.provider_port import Answer, Answers, Provider
from closeloop.application.purse import Purse
from closeloop.application.services import Services
from closeloop.domain.enrichment_rules import EnrichmentRules, Source, answer_key
from closeloop.domain.fact_choice import choose
from closeloop.domain.plausible import implausible
from closeloop.domain.prospect import Fact, Judgement

REGISTRY_FACTS = frozenset(
    {
        "employees",
        "annual_revenue_usd",
        "industry",
        "country",
        "founded",
        "headquarters",
        "company_type",
        "products",
        "listed",
    }
)


@dataclass(frozen=True, slots=True)
class Registries:
    """The registry files as one provider: the first to know a fact wins."""

    files: Sequence[Enricher]
    name: Source = "registry"
    fields: frozenset[str] = REGISTRY_FACTS
    price: Decimal = Decimal(0)

    def ask(self, queries: Sequence[AccountQuery], now: datetime) -> Answers:
        merged: dict[str, dict[str, Fact]] = {query.key: {} for query in queries}
        for source in self.files:
            for key, facts in source.lookup(queries, now).items():
                for fact in facts:
                    merged[key].setdefault(fact.name, fact)
        return Answers(found={key: Answer(facts=tuple(facts.values())) for key, facts in merged.items()})


def providers_of(services: Services) -> tuple[Provider, ...]:
    """Every source that is set up; the playbook says when each is asked."""
    registries: tuple[Provider, ...] = (Registries(services.enrichers),) if services.enrichers else ()
    return (*registries, *services.providers)


@dataclass
class Waterfall:
    """One batch of accounts on its way through the sources."""

    providers: tuple[Provider, ...]
    rules: EnrichmentRules
    ledger: Ledger
    purse: Purse
    now: datetime
    _said: dict[str, dict[Source, tuple[Fact, ...]]] = field(default_factory=dict)
    _passed: set[tuple[str, Source]] = field(default_factory=set)
    _ordered: dict[str, list[Source]] | None = None

    def run(
        self, queries: Mapping[str, AccountQuery], known: Mapping[str, Mapping[str, Fact]]
    ) -> dict[str, list[Fact]]:
        """Account key to everything any source said about it. `known`: what nobody needs to be asked for."""
        self._said = {key: {} for key in queries}
        self._remember(queries)
        while wanted := self._next(queries, known):
            for provider in self.providers:
                if keys := wanted.get(provider.name):
                    self._ask(provider, [queries[key] for key in keys])
        return {key: [fact for facts in said.values() for fact in facts] for key, said in self._said.items()}

    def _remember(self, queries: Iterable[str]) -> None:
        """Answers that are still good, in one look; a miss is an answer too."""
        places = {
            answer_key(key, provider.name): (key, provider.name) for key in queries for provider in self.providers
        }
        for place, facts in self.ledger.cached_facts(list(places), self.now).items():
            key, source = places[place]
            if not any(self._worn_out(fact) for fact in facts):
                self._said[key][source] = facts

    def _worn_out(self, fact: Fact) -> bool:
        return fact.observed_at + timedelta(days=self.rules.ttl_of(fact.name)) <= self.now

    def _next(self, queries: Iterable[str], known: Mapping[str, Mapping[str, Fact]]) -> dict[Source, list[str]]:
        """Source to the accounts that ask it now."""
        wanted = defaultdict[Source, list[str]](list)
        for key in queries:
            for source in self._sources_for(key, known.get(key, {})):
                wanted[source].append(key)
        return wanted

    def _sources_for(self, key: str, known: Mapping[str, Fact]) -> list[Source]:
        """For each open fact the first in its order that was not asked yet; none twice."""
        by_name = defaultdict[str, list[Fact]](list)
        for facts in self._said[key].values():
            for fact in facts:
                by_name[fact.name].append(fact)
        asked: dict[Source, None] = {}
        for name, sources in self._orders.items():
            following = next((one for one in sources if self._is_open(key, one)), None)
            if following and following not in asked and not self._is_settled(name, known, by_name.get(name)):
                asked[following] = None
        return list(asked)

    def _is_open(self, key: str, source: Source) -> bool:
        return source not in self._said[key] and (key, source) not in self._passed

    def _is_settled(self, name: str, known: Mapping[str, Fact], answers: list[Fact] | None) -> bool:
        own = known.get(name)
        every = [*(answers or ()), *([own] if own else ())]
        if not every:
            return False
        best = choose(every, self.rules, self.now)
        doubtful = best.judged is not None and best.judged.doubt is not None
        return best.confidence >= self.rules.stop_of(name) and not doubtful and not self._worn_out_of(best, own)

    def _worn_out_of(self, best: Fact, own: Fact | None) -> bool:
        """What was stored with a prospect wears out like an answer, unless people said it."""
        return best is own and ":" in best.source and not best.source.startswith(_LASTING) and self._worn_out(best)

    @property
    def _orders(self) -> dict[str, list[Source]]:
        """Fact to whom to ask for it: those set up who may know it, in the playbook's order."""
        if self._ordered is None:
            able = {provider.name: provider.fields for provider in self.providers}
            names = sorted(set().union(*able.values())) if able else []
            self._ordered = {
                name: [one for one in self.rules.order_of(name) if name in able.get(one, frozenset())]
                for name in names
            }
        return self._ordered

    def _ask(self, provider: Provider, queries: Sequence[AccountQuery]) -> None:
        """Those that may be paid for; whoever gets no answer is passed over in this run."""
        granted = self.purse.take(provider.price, len(queries))
        self._passed.update((query.key, provider.name) for query in queries)
        if not granted:
            return
        answers = provider.ask(queries[:granted], self.now)
        costs = [answer.cost for answer in answers.found.values()]
        self.purse.settle(provider.price, granted, [*costs, answers.lost])
        self._keep(provider, answers.found)

    def _keep(self, provider: Provider, found: Mapping[str, Answer]) -> None:
        believable = {key: self._believable(answer) for key, answer in found.items() if key in self._said}
        for key, facts in believable.items():
            self._said[key][provider.name] = facts
        hits = {answer_key(key, provider.name): facts for key, facts in believable.items() if facts}
        misses = {answer_key(key, provider.name): facts for key, facts in believable.items() if not facts}
        for entries, days in ((hits, self.rules.longest_ttl), (misses, self.rules.miss_ttl_days)):
            if entries:
                self.ledger.cache_facts(entries, self.now + timedelta(days=days))

    def _believable(self, answer: Answer) -> tuple[Fact, ...]:
        """Nonsense is no answer; what was paid is told with each fact."""
        possible = (fact for fact in answer.facts if implausible(fact, self.now) is None)
        if not answer.cost:
            return tuple(possible)
        return tuple(fact.model_copy(update={"judged": Judgement(cost=answer.cost)}) for fact in possible)


_LASTING = ("crm:", "import:", "reply:", "email:")
"""Said by people, or read from what does not change."""
