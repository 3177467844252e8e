"""`closeloop demo`: the whole process over the sandbox, day by simulated day, judged by what really arrived."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from closeloop.adapters.clock import SimulatedClock
from closeloop.adapters.home import prepare_home
from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.adapters.sendgrid.webhooks import register_webhooks
from closeloop.application.import_leads import ImportResult, import_leads
from closeloop.application.passes import run_to_the_end
from closeloop.application.report import figures
from closeloop.application.services import Services
from closeloop.application.workload import has_work
from closeloop.bootstrap import DEMO_MARKER, build, settings, using
from closeloop.cli.demo_leads import write_leads
from closeloop.cli.demo_result import DemoResult, collect, print_result
from closeloop.cli.output import print_json
from closeloop.cli.prefect_home import prefect_at
from closeloop.cli.progress import Progress, progress
from closeloop.cli.reporting import DEFAULT_HOME, INBOX_FILE, save_report
from closeloop.cli.sandbox_control import SandboxControl
from closeloop.cli.sandbox_process import SandboxAddress, running_sandbox
from closeloop.domain.business_days import is_business_day
from closeloop.domain.errors import UsageError
from config.settings import Settings

CRM_FILE = "crm.json"
LEADS_FILE = "leads.csv"
MOST_DAYS = 730
PUBLIC_URL = "https://mail.tallyard.example"
"""Stands in every mail: the gateway's own port would make two demos of one seed differ."""
LATER_PASSES = (timedelta(hours=8), timedelta(hours=14))
"""After the cycle of the morning in Europe: the Americas' morning, and the one in Australia and New Zealand."""


@dataclass(frozen=True)
class DemoOptions:
    """What a person may choose."""

    leads: int = 300
    leads_file: Path | None = None
    seed: int = 7
    days: int = 60
    home: Path | None = None
    as_json: bool = False


def run_demo(options: DemoOptions) -> int:
    """Run it, show it. 1 when a mail went out twice or after a no."""
    started = time.monotonic()
    _check(options)
    home = fresh_home(options.home or DEFAULT_HOME)
    leads = _leads_file(options, home)
    with ExitStack() as stack:
        bar = stack.enter_context(progress(options.days))
        sandbox = stack.enter_context(running_sandbox(options.seed, home / "logs" / "sandbox.log"))
        work = stack.enter_context(_process(sandbox, options.seed, home))
        control = stack.enter_context(SandboxControl.at(sandbox.control))
        found = read_lead_file(leads)
        imported = import_leads(work, found, leads.name, work.clock.now())
        bar.say("Starting Prefect …")
        with prefect_at(home):  # its server is gone before the report is written: it holds a quarter of the memory
            _live_through(options.days, work, control, bar)
        bar.say("Writing the report …")
        result = _harvest(work, sandbox, control, imported)
    result = result.model_copy(update={"seconds": round(time.monotonic() - started, 1)})
    if options.as_json:
        print_json(result.as_json())
    else:
        print_result(result)
    return 0 if result.is_clean else 1


def _check(options: DemoOptions) -> None:
    if options.leads < 1:
        raise UsageError("--leads must be at least 1")
    if not 1 <= options.days <= MOST_DAYS:
        raise UsageError(f"--days must be between 1 and {MOST_DAYS}")
    if options.leads_file is not None:
        _check_file(options.leads_file, options.home or DEFAULT_HOME)


def _check_file(leads: Path, home: Path) -> None:
    """Before the last demo's folder is emptied, for nothing or with the file in it."""
    read_lead_file(leads)
    if leads.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{leads} lies in {home}, which a new demo empties: copy it elsewhere or choose --home")


def fresh_home(home: Path) -> Path:
    """An empty folder for this demo; an earlier demo's folder is emptied, any other is left alone."""
    if home.exists() and any(home.iterdir() if home.is_dir() else [home]):
        if not (home / DEMO_MARKER).is_file():
            raise UsageError(f"{home} is not empty and not a demo's folder: choose another --home")
        shutil.rmtree(home)
    found = prepare_home(home)
    (found / DEMO_MARKER).touch()
    return found


def _leads_file(options: DemoOptions, home: Path) -> Path:
    """The person's own file, else the sample, written out so that it can be looked at."""
    if options.leads_file is not None:
        return options.leads_file
    path = home / LEADS_FILE
    write_leads(path, options.leads)
    return path


@contextmanager
def _process(sandbox: SandboxAddress, seed: int, home: Path) -> Iterator[Services]:
    """Closeloop as it would be installed: its services and its gateway."""
    from flows.gateway.app import create_app
    from flows.gateway.authenticity import keep_key
    from flows.gateway.serving import serve_in_thread

    with ExitStack() as stack:
        control = stack.enter_context(SandboxControl.at(sandbox.control))
        clock = SimulatedClock(control.now())
        work = build(_settings(sandbox, seed, home), clock)
        token = f"demo-{seed}"
        gateway = stack.enter_context(serve_in_thread(create_app(work, token)))
        domain = work.playbook.sender.reply_domain
        keep_key(home, register_webhooks(sandbox.sendgrid_key, sandbox.sendgrid_host, gateway, token, domain))
        control.name_host(PUBLIC_URL, gateway)
        yield stack.enter_context(using(work))


def _settings(sandbox: SandboxAddress, seed: int, home: Path) -> Settings:
    return settings(
        home=home,
        ledger_url=None,  # simulated days do not belong into anybody's real ledger
        secret=SecretStr(f"demo-{seed}"),
        salesforce_instance_url=sandbox.instance_url,
        salesforce_client_id=sandbox.client_id,
        salesforce_client_secret=SecretStr(sandbox.client_secret),
        salesforce_session_id=None,
        salesforce_private_key_file=None,
        salesforce_domain=None,
        sendgrid_api_key=SecretStr(sandbox.sendgrid_key),
        sendgrid_host=sandbox.sendgrid_host,
        public_url=PUBLIC_URL,
    )


def _live_through(days: int, work: Services, control: SandboxControl, bar: Progress) -> None:
    """Each business day one cycle; between them time passes, buyers read and answer."""
    from flows.catalogue import start as run_flow

    start = work.clock.now()
    bar.say("Selling …")
    for day in range(days):
        morning = start + timedelta(days=day)
        _move_to(morning, work, control)
        if is_business_day(morning):
            run_flow("all", morning)
            _send_round_the_world(morning, work, control)
        bar.day(day + 1, morning)
    _move_to(start + timedelta(days=days), work, control)
    run_flow("all", work.clock.now())


def _send_round_the_world(morning: datetime, work: Services, control: SandboxControl) -> None:
    """The morning here is night elsewhere: mails that wait for their window leave in it."""
    for hours in LATER_PASSES:
        if has_work("deliver", work.ledger, morning + hours):
            _move_to(morning + hours, work, control)
            run_to_the_end("deliver", work, f"deliver-{work.clock.now():%Y%m%dT%H%M}", work.clock.now())


def _move_to(moment: datetime, work: Services, control: SandboxControl) -> None:
    if moment > work.clock.now():
        control.advance(moment)
        assert isinstance(work.clock, SimulatedClock)  # noqa: S101 - the demo made it
        work.clock.move_to(moment)


def _harvest(
    work: Services, sandbox: SandboxAddress, control: SandboxControl, imported: ImportResult
) -> DemoResult:
    inbox = work.home / INBOX_FILE
    inbox.write_text(control.inbox(sandbox.url), encoding="utf-8")
    crm = json.dumps(control.snapshot(), ensure_ascii=False, indent=1, sort_keys=True)
    (work.home / CRM_FILE).write_text(crm + "\n", encoding="utf-8")
    found = figures(work.ledger, work.playbook, work.clock.now())
    report = save_report(work, found, None)
    return collect(work, found, control, imported, report=report, inbox=inbox)
