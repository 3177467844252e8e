"""All commands. Each exits with 0 on success, 1 when the work failed, 2 on wrong use.

What a command needs is imported when it runs, so that `--help` stays fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from closeloop.cli.ending import ended

Stage = Literal[
    "all", "prospecting", "preparation", "approach", "presentation", "objections", "closing", "follow_up",
    "deliver", "receive", "reconcile",
]  # fmt: skip
Json = Annotated[bool, Parameter(name="--json", negative="")]

app = App(
    name="closeloop",
    help="Runs a B2B sales process as code, on Prefect, over the Salesforce org you already have.",
    version_flags=["--version"],
)
playbook_app = App(name="playbook", help="Check the playbook, or print its JSON Schema for editors.")
app.command(playbook_app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = None if arguments is None else list(arguments)
    return ended(lambda: app(given, exit_on_error=False, print_error=False, result_action="return_value"))


@app.command
def demo(
    *,
    leads: int = 300,
    leads_file: Path | None = None,
    seed: int = 7,
    days: int = 60,
    home: Path | None = None,
    json: Json = False,
) -> int:
    """Run the whole process over the local sandbox in simulated days, and show what came of it.

    Parameters
    ----------
    leads: how many sample leads to work with
    leads_file: work with your own CSV export instead
    seed: decides how the simulated buyers behave; the same seed gives the same result
    days: simulated days
    home: folder for the results (default: .closeloop/demo)
    json: print one JSON object instead of the pictures
    """
    from closeloop.cli.demo import DemoOptions, run_demo

    return run_demo(DemoOptions(leads=leads, leads_file=leads_file, seed=seed, days=days, home=home, as_json=json))


@app.command
def run(
    stage: Stage,
    /,
    *,
    as_of: datetime | None = None,
    limit: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
) -> int:
    """One pass of a stage, or of the whole cycle, against the configured CRM and mailer.

    Parameters
    ----------
    stage: a stage, `deliver`, `receive`, `reconcile`, or `all` for the whole cycle
    as_of: the moment to work for (ISO 8601; default: now)
    limit: look at no more than so many records in each pass
    dry_run: read the real CRM, write nothing anywhere, and show what would be done
    json: print one JSON object
    """
    from closeloop.cli.run import run_stage

    return run_stage(stage, as_of, limit, dry=dry_run, as_json=json)


@app.command(name="import")
def import_(file: Path, /, *, json: Json = False) -> int:
    """Upsert the leads of a CSV file into the CRM; bad rows are reported by line and reason.

    Parameters
    ----------
    file: a CSV export with at least a last name, a company and an e-mail column
    json: print one JSON object
    """
    from closeloop.cli.importing import import_file

    return import_file(file, as_json=json)


@app.command
def why(who: str, /, *, json: Json = False) -> int:
    """The story of one prospect: facts, decisions with their rules, sends with receipts, replies, CRM writes.

    Parameters
    ----------
    who: a CRM id, an e-mail address, a name or a company
    json: print one JSON object
    """
    from closeloop.cli.reporting import tell_why

    return tell_why(who, as_json=json)


@app.command
def report(*, json: Json = False) -> int:
    """Write the report as one HTML file: funnel, forecast, stalled deals, persistence.

    Parameters
    ----------
    json: print one JSON object
    """
    from closeloop.cli.reporting import write_report

    return write_report(as_json=json)


@app.command
def doctor(*, json: Json = False) -> int:
    """Check settings and credentials; each finding comes with its fix.

    Parameters
    ----------
    json: print one JSON object
    """
    from closeloop.cli.doctor import examine

    return examine(as_json=json)


@app.command
def gateway(*, host: str = "127.0.0.1", port: int = 8080) -> int:
    """Serve the webhooks through which replies, events and opt-outs come in, until Ctrl-C.

    Parameters
    ----------
    host: address to listen on; put a TLS proxy in front before you open it to the outside
    port: port to listen on
    """
    from closeloop.cli.gateway import serve

    return serve(host, port)


@app.command
def sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    leads: Path | None = None,
    state: Path | None = None,
    seed: int = 7,
) -> int:
    """Serve the local Salesforce, SendGrid and simulated buyers; the first line of output says where.

    Parameters
    ----------
    host: address to listen on
    port: port to listen on; 0 takes a free one
    leads: CSV file of leads that the CRM holds from the start
    state: SQLite file that keeps the CRM between runs
    seed: decides how the simulated buyers behave
    """
    from closeloop.cli.sandbox_process import become_sandbox

    return become_sandbox(host=host, port=port, leads=leads, state=state, seed=seed)


@playbook_app.command(name="check")
def check_playbook(file: Path | None = None, /, *, json: Json = False) -> int:
    """Validate a playbook and say what is in it; every mistake is named with its place.

    Parameters
    ----------
    file: the playbook to check (default: the configured one)
    json: print one JSON object
    """
    from closeloop.cli.playbook import check

    return check(file, as_json=json)


@playbook_app.command(name="schema")
def playbook_schema() -> int:
    """Print the JSON Schema of the playbook, for completion in editors."""
    from closeloop.cli.playbook import print_schema

    return print_schema()


if __name__ == "__main__":
    sys.exit(main())
