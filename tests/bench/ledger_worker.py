"""A worker of the ledger's bench: a process that claims and records until nothing is left.

Started as `python -m tests.bench.ledger_worker PLACE NAME`; it says "ready", waits for a line, tells what it did.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.domain.actions import ActionKind, ActionState, ClaimedAction, Settlement

BATCH = 1000
"""As deliver sends them."""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=10)


def claim_and_record(ledger: SqlLedger, name: str) -> int:
    """Every action that is due: claimed, and recorded as accepted; how many that were."""
    done = 0
    while held := ledger.claim(ActionKind.EMAIL, NOW, name, BATCH, LEASE):
        late = ledger.settle([_accepted(action) for action in held], NOW)
        done += len(held) - len(late)
    return done


def _accepted(action: ClaimedAction) -> Settlement:
    return Settlement(
        key=action.key,
        attempt=action.attempt,
        state=ActionState.ACCEPTED,
        detail="accepted",
        provider_id=f"14c5d75ce93.dfd.64b469.{action.prospect_key}",
    )


def main(place: str, name: str) -> None:
    """Open, wait for the start, work, tell."""
    ledger = open_ledger(place)
    ledger.state_counts()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    cpu = time.process_time()
    done = claim_and_record(ledger, name)
    told = {"actions": done, "ended": time.monotonic(), "cpu_seconds": time.process_time() - cpu}
    sys.stdout.write(json.dumps(told) + "\n")
    ledger.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
