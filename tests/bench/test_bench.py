"""The benchmark runs, both sides do the same work, and its arithmetic is right. Never how long anything took."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench import twin
from tests.bench.__main__ import main
from tests.bench.arrived import Arrived
from tests.bench.child import ROOT
from tests.bench.figures import Pair, Side, marginal

pytestmark = pytest.mark.long

FIGURES = {
    "cpu_seconds",
    "server_cpu_seconds",
    "crm_calls_per_1000",
    "mail_calls_per_1000",
    "peak_megabytes",
    "prospects_per_minute",
}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    asked = ["pass", "drafts", "--sizes", "20", "--drafts", "2", "--json"]
    command = [sys.executable, "-m", "tests.bench", *asked]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.e2e
@pytest.mark.prefect
def test_both_sides_send_the_same_mails_and_make_the_same_writes(found: dict[str, Any]) -> None:
    (run,) = found["pass"]["runs"]
    assert run["same_work"]
    assert run["product"]["mails"] == run["twin"]["mails"] > 0
    assert run["product"]["writes"] == run["twin"]["writes"] == 20 + run["product"]["mails"]


@pytest.mark.e2e
@pytest.mark.prefect
def test_every_figure_is_there_for_both_sides_and_as_a_ratio(found: dict[str, Any]) -> None:
    (run,) = found["pass"]["runs"]
    for side in ("product", "twin"):
        assert set(run[side]) >= FIGURES
        assert all(run[side][name] > 0 for name in FIGURES - {"server_cpu_seconds"})
    assert run["product"]["server_cpu_seconds"] > 0
    assert run["ratio"]["crm_calls"] == run["product"]["crm_calls"] / run["twin"]["crm_calls"]
    assert {"cpu", "peak_memory", "prospects_per_minute", "mail_calls"} <= set(run["ratio"])
    assert {"cores", "python", "prefect"} <= set(found["machine"])
    assert found["drafts"]["drafts"] > 0
    assert found["pass"]["marginal"] == []


def test_work_that_differs_in_one_mail_or_one_record_is_not_the_same() -> None:
    done = Arrived(
        crm_calls=3,
        mail_calls=1,
        mails=Counter({"ann@north.example": 1}),
        writes=Counter({("update", "Lead", "00Q1"): 1}),
    )
    assert done.same_work_as(replace(done, crm_calls=9))
    assert not done.same_work_as(replace(done, mails=Counter({"ann@north.example": 2})))
    assert not done.same_work_as(replace(done, writes=Counter({("update", "Lead", "00Q2"): 1})))


def side(prospects: int, cpu: float, server: float = 0.0) -> Side:
    return Side(
        prospects=prospects,
        cpu_seconds=cpu,
        cpu_seconds_by_lap={},
        server_cpu_seconds=server,
        wall_seconds=1.0,
        peak_megabytes=1.0,
        server_peak_megabytes=0.0,
        crm_calls=1,
        mail_calls=1,
        mails=1,
        writes=1,
    )


def test_what_starting_costs_is_not_in_the_cost_of_one_more_prospect() -> None:
    pairs = [
        Pair(side(n, 7.0 + n * 0.004, 3.0 + n * 0.002), side(n, 0.5 + n * 0.001), same_work=True)
        for n in (200, 1000, 5000)
    ]
    steps = marginal(pairs)
    assert [(step["from"], step["to"]) for step in steps] == [(200, 1000), (1000, 5000), (200, 5000)]
    for step in steps:
        assert step["product"] == pytest.approx(0.004)
        assert step["prefect_server"] == pytest.approx(0.002)
        assert step["ratio"] == pytest.approx(4)
        assert step["ratio_with_server"] == pytest.approx(6)


def test_the_twin_uses_nothing_of_the_product_and_no_orchestrator() -> None:
    tree = ast.parse(Path(twin.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in names} & {"closeloop", "flows", "tasks", "config", "prefect"}


@pytest.mark.parametrize(
    "wrong", [["--sizes", "0"], ["--sizes", "many"], ["--drafts", "-1"], ["--fast"], ["magic"]]
)
def test_wrong_use_ends_with_2_before_anything_starts(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
