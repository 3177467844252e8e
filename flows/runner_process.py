"""The child process that deploys every flow and starts the runs that are due: `python -m flows.runner_process`.

Invariant: it prints one line once runs are started, and nothing else to standard output. It ends with its parent,
however that ended: it takes no further run, gives those at work `LAST_SECONDS` to end, then ends them. What was
cut short is taken up again by the next start; nothing is done twice, since the ledger knows what was done.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time

from prefect.client.orchestration import get_client
from prefect.runner import Runner

from closeloop.bootstrap import services, settings
from flows.automations.going_on import ship_going_on
from flows.automations.recovery import HEARTBEAT_SECONDS
from flows.deploying import deploy
from flows.deployments import DEPLOYED, NAME, deployments
from flows.provision import furnish, furnish_deployments
from flows.schedules import read_schedules
from flows.stranded import STRANDED, put_back

LAST_SECONDS = 8.0
POLL_SECONDS = 1.0
AT_ONCE = 4
"""Runs at the same time, each in a process of its own."""


async def serve() -> None:
    """Runs until the parent is gone."""
    runner = Runner(
        name=NAME,
        query_seconds=POLL_SECONDS,
        heartbeat_seconds=HEARTBEAT_SECONDS,
        limit=AT_ONCE,
        pause_on_shutdown=False,  # a later start finds its schedules as people left them
    )
    await _deploy(runner)
    threading.Thread(target=_leave_with_the_parent, args=(runner,), daemon=True).start()
    serving = asyncio.create_task(runner.start())
    while not runner.started:
        await asyncio.sleep(0.05)
        if serving.done():
            break
    else:
        _say_ready()
    await serving


async def _deploy(runner: Runner) -> None:
    schedules = read_schedules(settings().schedules, frozenset(DEPLOYED))
    zone = services().playbook.sending.time_zone
    async with get_client() as client:
        await furnish(client)
        await put_back(client, STRANDED)
        for deployment in deployments(schedules, zone):
            runner._deployment_registry.register_deployment(await deploy(client, deployment), NAME)
        await furnish_deployments(client)
        await ship_going_on(client)


def _say_ready() -> None:
    sys.stdout.write(json.dumps({"deployments": len(DEPLOYED)}) + "\n")
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what runs print goes to the log; nobody reads the pipe now


def _leave_with_the_parent(runner: Runner) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    deadline = time.monotonic() + LAST_SECONDS
    runner._scheduled_run_poller.stopping = True
    while runner._process_manager.flow_run_ids() and time.monotonic() < deadline:
        time.sleep(0.1)
    if os.getpgrp() == os.getpid():  # as `tied` starts it; by hand it shares its group with the shell's
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(serve())
