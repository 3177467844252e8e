"""One side of the mail bench in a process of its own: `python -m tests.bench.mails_child JOB.json RESULT.json`.

Without bodies it is the product: everybody is qualified and prepared before the clock runs; then the approach and
deliver passes are measured. With the folder of a product's run it is the bare client and posts what it posted, in
the same requests or, as most scripts do, each mail in one of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sendgrid import SendGridAPIClient

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.sendgrid import mailer
from closeloop.application.passes import run_to_the_end
from closeloop.application.services import Services
from closeloop.bootstrap import build
from config.settings import Settings
from tests.bench.meter import Meter
from tests.bench.product import NoDrawing
from tests.unhurried import unhurried_playbook

BEFORE, MEASURED = ("pull", "prospecting", "preparation"), ("approach", "deliver")
BODIES = "bodies.jsonl"


def main(job: dict[str, Any]) -> dict[str, float]:
    """Seconds of one side."""
    meter = Meter()
    if job["bodies"]:
        post(requests_of(Path(job["bodies"]) / BODIES, job["alone"]), job, meter)
    else:
        sell(services_of(job), Path(job["home"]) / BODIES, meter)
    return {"wall_seconds": meter.wall_seconds["mails"], "cpu_seconds": meter.cpu_seconds["mails"]}


def sell(work: Services, bodies: Path, meter: Meter) -> None:
    """The passes of a first mail; what is posted is kept, so that the other side can post it too."""
    posted: list[Any] = []
    real = mailer.body  # type: ignore[attr-defined]

    def kept(*given: Any, **named: Any) -> dict[str, Any]:
        posted.append(real(*given, **named))
        return dict(posted[-1])

    mailer.body = kept  # type: ignore[attr-defined]
    now = work.clock.now()
    for name in BEFORE:
        run_to_the_end(name, work, "bench", now)
    with meter.lap("mails"):
        for name in MEASURED:
            run_to_the_end(name, work, "bench", now)
    bodies.write_text("".join(json.dumps(body) + "\n" for body in posted))


def requests_of(bodies: Path, alone: bool) -> list[dict[str, Any]]:
    """What the product posted; `alone`: the same mails, each in a request of its own."""
    whole: list[dict[str, Any]] = [json.loads(line) for line in bodies.read_text().splitlines()]
    if not alone:
        return whole
    return [body | {"personalizations": [one]} for body in whole for one in body["personalizations"]]


def post(requests: Sequence[dict[str, Any]], job: dict[str, Any], meter: Meter) -> None:
    """As a script does it: one client, one request after the other."""
    client = SendGridAPIClient(api_key=job["sendgrid_key"], host=job["url"])
    with meter.lap("mails"):
        for request in requests:
            client.send(request)


def services_of(job: dict[str, Any]) -> Services:
    """The product as it is installed, under a playbook that lets everybody be written to now."""
    settings = Settings(
        _env_file=None,
        home=Path(job["home"]),
        playbook=unhurried_playbook(Path(job["home"]) / "playbook.yaml"),
        secret=SecretStr("bench"),
        public_url=job["public_url"],
        salesforce_instance_url=job["url"],
        salesforce_client_id=job["client_id"],
        salesforce_client_secret=SecretStr(job["client_secret"]),
        sendgrid_api_key=SecretStr(job["sendgrid_key"]),
        sendgrid_host=job["url"],
    )
    return replace(build(settings, SimulatedClock(datetime.fromisoformat(job["now"]))), decks=NoDrawing())


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
