"""A prospect's points in other words, proposed by a language model where one is set up; off by default.

Invariants: it never blocks (no model, no money, no answer, no good answer: the playbook's own words stay), it never
pays twice for the same request, and nothing it proposes is said that `wording_check` does not find in the evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from closeloop.application.deciding import Outcome
from closeloop.application.model_purse import ModelPurse
from closeloop.application.results import Tally
from closeloop.application.services import Services
from closeloop.application.wording_port import Point, Proposals, Usage, WordingModel, WordingRequest
from closeloop.domain.decisions import Draft
from closeloop.domain.languages import TONGUES, choose, tongue_of
from closeloop.domain.preparation import ground, own_words, said_pains
from closeloop.domain.prospect import Prospect
from closeloop.domain.rewording import SENTENCES, NewWords, Rewording
from closeloop.domain.wording_check import LANGUAGES, reworded

RULE = "preparation.wording"
KEPT, DROPPED = "texts in a model's words", "proposed sentences dropped"
CALLS, TOKENS = "language model calls", "language model tokens"


def reword(outcomes: Sequence[Outcome], services: Services, run_id: str, now: datetime, tally: Tally) -> None:
    """Ask the model about those whose points are new to it, and keep what the evidence bears out."""
    model = services.wording
    if model is None:
        return
    asked = {
        o.before.key: (o, request) for o in outcomes if (request := _request(o.prospect, services, now, model))
    }
    if not asked:
        return
    answers = _paid([request for _, request in asked.values()], model, services, run_id, now, tally)
    for key, (outcome, request) in asked.items():
        if key in answers.found:
            usage = answers.usage.get(key, Usage())
            _keep(outcome, request, answers.found[key], usage, model, tally)


def _request(prospect: Prospect, services: Services, now: datetime, model: WordingModel) -> WordingRequest | None:
    """None for one whose points cannot be checked in their language, are none, or were asked about before."""
    language = choose(prospect, services.playbook, TONGUES).language
    tongue = tongue_of(language)
    if language.partition("-")[0] != tongue.language or tongue.language not in LANGUAGES:
        return None
    edition = services.playbook.edition(language)
    points = tuple(
        Point(
            id=pain.id,
            ground=ground(prospect.facts[pain.evidence.fact], tongue),
            words=own_words(pain, prospect, edition, tongue),
        )
        for pain in said_pains(prospect, edition, now.date())
    )
    if not points:
        return None
    request = WordingRequest(key=prospect.key, company=prospect.company, language=tongue.language, points=points)
    done = prospect.rewording
    return None if done is not None and done.mark == _mark(request, model) else request


def _mark(request: WordingRequest, model: WordingModel) -> str:
    whole = f"{model.name}\n{request.model_dump_json()}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _paid(
    requests: Sequence[WordingRequest],
    model: WordingModel,
    services: Services,
    run_id: str,
    now: datetime,
    tally: Tally,
) -> Proposals:
    """The answers to as many as there is money for."""
    purse = ModelPurse(services.ledger, services.playbook.model_budget, now, run_id)
    most = model.most(requests)
    taken = purse.take(most, len(requests))
    if taken < len(requests):
        tally.count("left in the playbook's words: the model's budget is used up", len(requests) - taken)
    if not taken:
        return Proposals()
    answers = model.propose(requests[:taken])
    used = sum(answers.usage.values(), Usage())
    purse.settle(most, taken, used.cost, used.tokens)
    tally.count(CALLS, used.calls)
    tally.count(TOKENS, used.tokens)
    if answers.trouble:
        tally.count(f"left in the playbook's words: {answers.trouble}", taken - len(answers.found))
    return answers


def _keep(
    outcome: Outcome,
    request: WordingRequest,
    proposed: Sequence[NewWords],
    usage: Usage,
    model: WordingModel,
    tally: Tally,
) -> None:
    """Only what is borne out is stored; the reasons stand in the story of the prospect."""
    kept, dropped = [], list[str]()
    words = {one.id: one for one in proposed}
    for point in request.points:
        if point.id not in words:
            continue
        said, problems = reworded(point.words, words[point.id], point.ground, request.company, request.language)
        dropped += problems
        new = {part: getattr(said, part) for part in SENTENCES if getattr(said, part) != getattr(point.words, part)}
        if new:
            kept.append(NewWords(id=point.id, **new))
    texts = sum(bool(one.of(part)) for one in kept for part in SENTENCES)
    tally.count(KEPT, texts)
    tally.count(DROPPED, len(dropped))
    outcome.change(
        rewording=Rewording(
            language=request.language, model=model.name, mark=_mark(request, model), points=tuple(kept)
        )
    )
    outcome.take(Draft(rule=RULE, reasons=_reasons(texts, dropped, usage, model), pains=outcome.prospect.pains))


def _reasons(texts: int, dropped: Sequence[str], usage: Usage, model: WordingModel) -> tuple[str, ...]:
    several = {0: "no text is", 1: "1 text is"}.get(texts, f"{texts} texts are")
    said = f"{several} in the words of {model.name}, for {usage.tokens:,} tokens (US$ {usage.cost:.4f})"
    return (said, *(f"not said: {problem}" for problem in dict.fromkeys(dropped)))
