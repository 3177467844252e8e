"""Several workers and sudden deaths: one worker holds an action, and a killed one leaves it uncertain."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

from closeloop.adapters.ledger import open_ledger
from closeloop.application.ports import Change, Ledger
from closeloop.domain.actions import ActionKind, ActionState
from tests.contract.ledger_samples import LEASE, NOW, claim, mail, moves_of, person, plan, state_of

WORKERS = 8

_CLAIM_AND_HANG = """
import sys, time
from datetime import datetime, timedelta
from closeloop.adapters.ledger import open_ledger
from closeloop.domain.actions import ActionKind
now = datetime.fromisoformat(sys.argv[2])
held = open_ledger(sys.argv[1]).claim(ActionKind.EMAIL, now, "doomed", 2, timedelta(minutes=5))
print(len(held), flush=True)
time.sleep(60)
"""

_COMMIT_FOR_EVER = """
import sys
from closeloop.adapters.ledger import open_ledger
from closeloop.application.ports import Change
from tests.contract.ledger_samples import decision, mail, person
ledger = open_ledger(sys.argv[1])
for number in range(1_000_000):
    keys = [f"00Q{number}x{i}" for i in range(40)]
    ledger.commit(Change(prospects=tuple(person(k) for k in keys), decisions=tuple(decision(k) for k in keys),
                         actions=tuple(mail(k) for k in keys)))
    print(number, flush=True)
"""


def test_eight_workers_never_share_an_action(ledger: Ledger) -> None:
    keys = [f"00Q{i:03}" for i in range(400)]
    plan(ledger, *(mail(key) for key in keys))
    start = Barrier(WORKERS)

    def work(number: int) -> list[str]:
        start.wait()
        held: list[str] = []
        while batch := ledger.claim(ActionKind.EMAIL, NOW, f"w{number}", 7, LEASE):
            held += [action.prospect_key for action in batch]
        return held

    with ThreadPoolExecutor(WORKERS) as pool:
        shares = list(pool.map(work, range(WORKERS)))
    assert Counter(key for share in shares for key in share) == Counter(keys)


_CLAIM_ALL = """
import sys
from datetime import datetime, timedelta
from closeloop.adapters.ledger import open_ledger
from closeloop.domain.actions import ActionKind, ActionState, Settlement
place, worker, now = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
ledger = open_ledger(place)

def more():
    return ledger.claim(ActionKind.EMAIL, now, worker, 7, timedelta(minutes=5))

held = more()
print("holding", flush=True)
sys.stdin.readline()
while held:
    ends = [Settlement(key=one.key, attempt=one.attempt, state=ActionState.ACCEPTED) for one in held]
    assert ledger.settle(ends, now) == []
    print(*(one.prospect_key for one in held))
    held = more()
"""


def test_four_processes_claim_nothing_twice_and_leave_nothing(ledger_place: Path | str) -> None:
    ledger = open_ledger(ledger_place)
    keys = [f"00Q{i:03}" for i in range(400)]
    plan(ledger, *(mail(key) for key in keys))
    crew = [_start(_CLAIM_ALL, str(ledger_place), f"w{n}", NOW.isoformat()) for n in range(4)]
    for one in crew:
        assert one.stdout is not None
        assert one.stdout.readline() == "holding\n", "all four hold some before any goes on"
    for one in crew:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    shares = [one.communicate(timeout=120)[0].split() for one in crew]
    assert [one.returncode for one in crew] == [0] * 4
    assert Counter(key for share in shares for key in share) == Counter(keys)
    assert min(len(share) for share in shares) >= 7, "the work was shared"
    assert ledger.state_counts() == {"email": {"accepted": 400}}
    ledger.close()


def test_eight_workers_that_change_one_prospect_never_overwrite_each_other(ledger: Ledger) -> None:
    ledger.add_prospects([person("00Q1")])

    def count_up(_: int) -> None:
        left = 5
        while left:
            read = ledger.prospects(["00Q1"])
            more = read["00Q1"].model_copy(update={"replies": read["00Q1"].replies + 1})
            left -= not ledger.commit(Change(prospects=(more,), read=read)).overtaken

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(count_up, range(WORKERS)))
    assert ledger.prospects(["00Q1"])["00Q1"].replies == WORKERS * 5


def test_eight_workers_planning_the_same_touches_plan_each_once(ledger: Ledger) -> None:
    people = tuple(person(f"00Q{i:03}") for i in range(50))
    change = Change(prospects=people, actions=tuple(mail(one.key) for one in people))
    with ThreadPoolExecutor(WORKERS) as pool:
        new = list(pool.map(lambda _: ledger.commit(change).new_actions, range(WORKERS)))
    assert sum(new) == 50
    assert moves_of(ledger, "00Q007") == [(None, "planned")]


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", script, *arguments], cwd=root, **pipes)


def _line_then_kill(worker: subprocess.Popen[str], lines: int = 1) -> str:
    assert worker.stdout is not None
    try:
        said = [worker.stdout.readline() for _ in range(lines)]
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    return said[-1]


def test_a_worker_killed_between_claim_and_outcome_leaves_its_actions_uncertain(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    plan(ledger, mail("00Q1"), mail("00Q2"), mail("00Q3"))
    worker = _start(_CLAIM_AND_HANG, str(tmp_path / "ledger.db"), NOW.isoformat())
    assert _line_then_kill(worker) == "2\n"

    assert state_of(ledger, mail("00Q1").key) is ActionState.CLAIMED
    assert [one.prospect_key for one in claim(ledger)] == ["00Q3"]
    assert ledger.expire_leases(NOW + LEASE - timedelta(seconds=1)) == []
    assert ledger.expire_leases(NOW + LEASE)[:2] == [mail("00Q1").key, mail("00Q2").key]
    assert claim(ledger, now=NOW + LEASE) == []
    assert moves_of(ledger, "00Q1") == [(None, "planned"), ("planned", "claimed"), ("claimed", "uncertain")]


def test_a_pass_killed_at_any_moment_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    for round_number in range(3):
        path = tmp_path / f"ledger{round_number}.db"
        last = int(_line_then_kill(_start(_COMMIT_FOR_EVER, str(path)), lines=2 + round_number))
        ledger = open_ledger(path)
        people = sum(1 for _ in ledger.all_prospects())
        assert people >= (last + 1) * 40, "what was reported is there"
        assert people % 40 == 0
        assert people == sum(1 for _ in ledger.decisions()) == ledger.state_counts()["email"]["planned"]
        ledger.close()
