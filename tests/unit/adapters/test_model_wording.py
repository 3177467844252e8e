"""The language model behind the extra `[ai]` as a writer: what it is told, what it costs, and that it may lie."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.ledger import SqlLedger
from closeloop.adapters.model_wording import ModelWording
from closeloop.adapters.plan_gate import Gate
from closeloop.adapters.replies.model_opinion import ModelOpinion
from closeloop.application.model_purse import ModelPurse, money_account, token_account
from closeloop.application.wording_port import Point, WordingRequest
from closeloop.bootstrap import build, dry_run
from closeloop.cli.planning import _gated
from closeloop.domain.errors import UsageError
from closeloop.domain.messages import PainProps
from closeloop.domain.model_budget import ModelBudget
from closeloop.domain.prospect import Prospect
from closeloop.domain.stage import Stage
from config.settings import Settings
from tests.fakes.ledger import MemoryLedger
from tests.fakes.services import Company
from tests.unit.domain.people import NOW

pytest.importorskip("pydantic_ai", reason="the extra [ai] is not installed")
PRICES = "1 2"
REQUEST = WordingRequest(
    key="00Q1",
    company="Volvo",
    language="en",
    points=(
        Point(
            id="volume",
            ground="12,000 employees",
            words=PainProps(pain="With 12,000 people.", source="Wikipedia", feature="F", so_what="s", proof="p"),
        ),
    ),
)


def _model(write: Callable[[dict[str, Any]], Any], seen: list[Any] | None = None) -> ModelWording:
    models = importlib.import_module("pydantic_ai.models.function")
    messages = importlib.import_module("pydantic_ai.messages")

    def respond(history: list[Any], info: Any) -> Any:
        told = history[0].parts[0].content
        if seen is not None:
            seen.append((told, info))
        answer = {"points": write(json.loads(told))}
        return messages.ModelResponse(parts=[messages.ToolCallPart(info.output_tools[0].name, answer)])

    return ModelWording(models.FunctionModel(respond), PRICES)


def _echo(told: dict[str, Any]) -> Any:
    return [{"id": point["id"], "pain": point["pain"].replace("With", "At")} for point in told["points"]]


def test_its_words_come_back_with_what_they_cost() -> None:
    found = _model(_echo).propose([REQUEST])
    assert found.found["00Q1"][0].pain == "At 12,000 people."
    usage = found.usage["00Q1"]
    assert usage.calls == 1
    assert usage.tokens > 0
    assert Decimal(0) < usage.cost <= _model(_echo).most([REQUEST])


def test_the_test_model_of_the_library_does_as_well() -> None:
    model = importlib.import_module("pydantic_ai.models.test").TestModel()
    found = ModelWording(model, PRICES).propose([REQUEST])
    assert found.trouble == ""
    assert found.found["00Q1"][0].id == "a"


def test_it_has_no_tools_and_is_told_the_points_as_data_without_the_record() -> None:
    seen: list[Any] = []
    _model(_echo, seen).propose([REQUEST])
    told, info = seen[0]
    assert info.function_tools == []
    assert "00Q1" not in told
    assert json.loads(told)["company"] == "Volvo"


def test_one_call_that_fails_leaves_the_others_their_answers_and_counts_as_paid() -> None:
    def write(told: dict[str, Any]) -> Any:
        if told["company"] == "Broken":
            raise ConnectionError
        return _echo(told)

    broken = REQUEST.model_copy(update={"key": "00Q2", "company": "Broken"})
    found = _model(write).propose([broken, REQUEST])
    assert list(found.found) == ["00Q1"]
    assert "ConnectionError" in found.trouble
    assert found.usage["00Q2"].cost == _model(write).most([broken])


def test_an_answer_of_another_shape_is_asked_for_twice_and_then_no_answer() -> None:
    asked: list[Any] = []
    found = _model(lambda told: "all is well", asked).propose([REQUEST])
    assert found.found == {}
    assert len(asked) == 2


def test_a_slow_model_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closeloop.adapters.language_model.SECONDS_IN_ALL", 0.2)

    def slow(told: dict[str, Any]) -> Any:
        time.sleep(0.5)
        return _echo(told)

    many = [REQUEST.model_copy(update={"key": f"00Q{n}"}) for n in range(20)]
    found = _model(slow).propose(many)
    assert len(found.found) < 20
    assert found.trouble


def test_a_model_whose_price_nobody_knows_needs_one() -> None:
    model = importlib.import_module("pydantic_ai.models.test").TestModel()
    with pytest.raises(UsageError, match="CLOSELOOP_AI_PRICES"):
        ModelWording(model)


def test_a_model_nobody_knows_is_refused_at_the_start() -> None:
    with pytest.raises(UsageError, match="CLOSELOOP_AI_WORDING_MODEL"):
        ModelWording("nobody:nothing", PRICES)


LIES = (
    "Volvo saves EUR 4 million.",
    "Your 99,000 people handle supplier invoices.",
    "Anna Okafor approved every invoice.",
    "Competitors guarantee 40% less.",
    "{{ company }} needs <b>help</b>.",
    "Click https://more.example now.",
)


def _prepared(company: Company, home: Path, model: ModelWording | None) -> Prospect:
    company.with_services(home=home, decks=PptxDeckBuilder(also={"html"}), wording=model)
    person = company.person(stage=Stage.PREPARATION, country="DE")
    company.run("preparation")
    company.run("approach")
    return company.see(person)


def _html(home: Path, person: Prospect) -> str:
    return (home / str(person.deck)).with_suffix(".html").read_text(encoding="utf-8")


def test_a_model_that_lies_changes_no_mail_and_no_deck(tmp_path: Path) -> None:
    def lie(told: dict[str, Any]) -> Any:
        return [{"id": p["id"], "pain": " ".join(LIES), "so_what": " ".join(LIES)} for p in told["points"]]

    honest, liar = Company(), Company()
    without = _prepared(honest, tmp_path / "a", None)
    with_lies = _prepared(liar, tmp_path / "b", _model(lie))
    assert _html(tmp_path / "a", without) == _html(tmp_path / "b", with_lies)
    assert honest.mail(without).payload["text"] == liar.mail(with_lies).payload["text"]


def test_words_that_are_borne_out_stand_in_the_deck(tmp_path: Path) -> None:
    company = Company()
    after = _prepared(company, tmp_path, _model(_echo))
    assert "At 12,000 people, Volvo handles" in _html(tmp_path, after)
    assert "With 12,000 people, Volvo handles" not in _html(tmp_path, after)


def test_it_is_off_unless_a_setting_names_a_model_and_never_asked_in_a_dry_run_or_for_a_plan(
    tmp_path: Path,
) -> None:
    off = build(Settings(home=tmp_path / "off"))
    on = build(Settings(home=tmp_path / "on", ai_wording_model="test", ai_prices="1 2"))
    try:
        assert off.wording is None
        assert on.wording is not None
        assert on.wording.name == "test"
        assert dry_run(on).wording is None
        assert _gated(on, [], Gate([])).wording is None
    finally:
        for made in (off, on):
            assert isinstance(made.ledger, SqlLedger)
            made.ledger.close()


def test_what_a_reply_costs_is_paid_and_none_is_read_that_the_month_cannot_pay() -> None:
    ledger = MemoryLedger()
    model = importlib.import_module("pydantic_ai.models.test").TestModel()

    def purse(dollars: str) -> Callable[[], ModelPurse]:
        return lambda: ModelPurse(ledger, ModelBudget(per_month=Decimal(dollars)), NOW)

    assert ModelOpinion(model, PRICES, purse("1")).opinion("Hm, is it so?") is not None
    spent = ledger.spent[money_account(NOW)]
    assert 0 < spent < 100
    assert ledger.spent[token_account(NOW)] > 0
    assert ModelOpinion(model, PRICES, purse("0.0001")).opinion("Hm, is it so?") is None
    assert ledger.spent[money_account(NOW)] == spent
