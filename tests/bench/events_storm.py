"""Many events, each more than once and in no order, while the Prefect server is restarted: each is handled once.

`python -m tests.bench.events_storm 10000` runs it with ten thousand and prints what it found.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from tests.bench.child import BenchFailed
from tests.bench.events_house import House, await_true, house, outcomes, settled
from tests.flows.outbound import message, notification

SENDERS = 4
PERSON = "005000000000002EAA"
FEW = 100
"""In one message at most."""


@dataclass(frozen=True)
class Storm:
    """What was sent, and what became of it."""

    events: int
    posts: int
    notifications: int
    """With all the repetitions."""
    outcomes: dict[str, int]
    worked: int
    """Events that runs say they worked on: more than there were means that some were worked on twice."""
    flow_runs: int
    ended: dict[str, int]
    most_tags: int
    """Records that a run names in its tags, at most."""
    artifact: str
    """The last run's."""
    seconds: float


def storm(home: Path, events: int, leads: int, seed: int = 7) -> Storm:
    """Each event is sent two to four times, in messages of up to a hundred, by several senders at once."""
    with house(home) as place:
        ids = place.make_leads(leads)
        messages = _messages(ids, events, random.Random(seed), place)  # noqa: S311 - a plan of a test
        begun = time.monotonic()
        half = len(messages) // 2
        _send(place, messages[:half])
        place.stop_prefect()
        _send(place, messages[half:])
        place.start_prefect()
        await_true(lambda: _is_done(place, events), "all events are handled", within=600)
        seconds = time.monotonic() - begun
        await_true(lambda: all(_is_over(run) for run in place.flow_runs()), "the runs have ended")
        return _found(place, events, messages, seconds)


def _is_done(place: House, events: int) -> bool:
    place.keep_runner()
    return settled(place, events)


def _messages(ids: Sequence[str], events: int, dice: random.Random, place: House) -> list[bytes]:
    told = [notification(n, ids[n % len(ids)], values={"LastModifiedById": PERSON}) for n in range(1, events + 1)]
    repeated = [one for one in told for _ in range(dice.randint(2, 4))]
    dice.shuffle(repeated)
    found, start = [], 0
    while start < len(repeated):
        size = dice.randint(1, FEW)
        found.append(message(repeated[start : start + size]))
        start += size
    return found


def _send(place: House, messages: Sequence[bytes]) -> None:
    """As Salesforce does: what is not acknowledged comes again."""
    with httpx.Client(timeout=60, trust_env=False) as client, ThreadPoolExecutor(SENDERS) as pool:

        def deliver(body: bytes) -> None:
            for _ in range(200):
                answer = client.post(place.hook, content=body)
                if answer.status_code == 200 and "<Ack>true</Ack>" in answer.text:
                    return
                time.sleep(float(answer.headers.get("retry-after", "0.1")))
            raise BenchFailed(f"never acknowledged: {answer.status_code} {answer.text}")

        list(pool.map(deliver, messages))


def _is_over(run: dict[str, str]) -> bool:
    return run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def _found(place: House, events: int, messages: Sequence[bytes], seconds: float) -> Storm:
    runs = place.flow_runs()
    ended: dict[str, int] = {}
    for run in runs:
        ended[run["state_type"]] = ended.get(run["state_type"], 0) + 1
    ledger = place.ledger()
    worked = sum(row.counts.get("refreshed", 0) for row in ledger.runs(1000) if row.stage == "on_event")
    ledger.close()
    sent = sum(body.count(b"<Notification>") for body in messages)
    tags = max(sum(tag.startswith("crm:00Q") for tag in run["tags"]) for run in runs)
    return Storm(
        events=events,
        posts=len(messages),
        notifications=sent,
        outcomes=outcomes(place),
        worked=worked,
        flow_runs=len(runs),
        ended=ended,
        most_tags=tags,
        artifact=place.artifact("closeloop-on-event"),
        seconds=round(seconds, 1),
    )


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when an event was lost or handled twice."""
    events = int(arguments[0]) if arguments else 10_000
    with tempfile.TemporaryDirectory(prefix="closeloop-storm-") as home:
        found = storm(Path(home), events, leads=max(1, events // 10))
    told = {name: value for name, value in asdict(found).items() if name != "artifact"}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if found.outcomes == {"refreshed": events} and found.worked == events else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
