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

from closeloop.cli import data_commands, desk_commands, rule_commands
from closeloop.cli.ending import ended
from closeloop.cli.flags import All, Flag, Json
from closeloop.cli.program import OWN_NAME, program

Stage = Literal[
    "all", "prospecting", "preparation", "approach", "presentation", "objections", "closing", "follow_up",
    "deliver", "receive", "reconcile",
]  # fmt: skip

WHAT_IT_DOES = "Runs a B2B sales process as code, on Prefect, over the Salesforce org you already have."
FOR_DEVELOPERS = (
    "`start.py` also knows `test` (the test suite), `bench` (the benchmarks) and `check` (linters and types)."
)

app = App(
    name=program(),
    help=WHAT_IT_DOES if program() == OWN_NAME else f"{WHAT_IT_DOES}\n\n{FOR_DEVELOPERS}",
    version_flags=["--version"],
)
data_commands.register(app)
desk_commands.register(app)
rule_commands.register(app)


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

    :param leads: how many sample leads to work with
    :param leads_file: work with your own CSV export instead
    :param seed: decides how the simulated buyers behave; the same seed gives the same result
    :param days: simulated days
    :param home: folder for the results (default: .closeloop/demo)
    :param json: print one JSON object instead of the pictures
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
    dry_run: Flag = False,
    json: Json = False,
) -> int:
    """One pass of a stage, or of the whole cycle, against the configured CRM and mailer.

    :param stage: a stage, `deliver`, `receive`, `reconcile`, or `all` for the whole cycle
    :param as_of: the moment to work for, such as 2026-01-06T09:00Z (default: now); what is due by then is done at
        once, so only a dry run may look into the future
    :param limit: look at no more than so many records in each pass
    :param dry_run: read the real CRM, write nothing anywhere, and show every mail and every change in full
    :param json: print one JSON object
    """
    from closeloop.cli.run import run_stage

    return run_stage(stage, as_of, limit, dry=dry_run, as_json=json)


@app.command
def plan(
    stage: Stage = "all",
    /,
    *,
    out: Path | None = None,
    as_of: datetime | None = None,
    limit: int | None = None,
    all_: All = False,
    json: Json = False,
) -> int:
    """What a run would do: every mail, every field from what to what, every Task, deal and file, and what it costs.

    :param stage: a stage, `deliver`, `receive`, `reconcile`, or `all` for the whole cycle
    :param out: write the plan to this file, to be applied within a day
    :param as_of: the moment to work for, such as 2026-01-06T09:00Z (default: now)
    :param limit: look at no more than so many records in each pass
    :param all_: show every word; without it the totals and the first of each kind
    :param json: print the plan as one JSON object
    """
    from closeloop.cli.plan import make

    return make(stage, out, as_of, limit, everything=all_, as_json=json)


@app.command
def apply(file: Path, /, *, all_: All = False, json: Json = False) -> int:
    """Do exactly what a plan says, and refuse, with the reason, whatever the world has outdated since.

    :param file: the file that `closeloop plan --out` wrote
    :param all_: name every refused prospect; without it the first ones
    :param json: print one JSON object with every item and what became of it
    """
    from closeloop.cli.plan import carry_out

    return carry_out(file, everything=all_, as_json=json)


@app.command(name="import")
def import_(file: Path, /, *, json: Json = False) -> int:
    """Upsert the leads of a CSV file into the CRM; bad rows are reported by line and reason.

    :param file: a CSV export with at least a last name, a company and an e-mail column
    :param json: print one JSON object
    """
    from closeloop.cli.importing import import_file

    return import_file(file, as_json=json)


@app.command
def why(who: str, /, *, all_: All = False, json: Json = False) -> int:
    """The story of one prospect: facts, decisions with their rules, sends with receipts, replies, CRM writes.

    :param who: a CRM id, an e-mail address, a name or a company
    :param all_: every stored line; without it a mail with its plan, last look and arrival is one line
    :param json: print one JSON object with every stored line
    """
    from closeloop.cli.reporting import tell_why

    return tell_why(who, everything=all_, as_json=json)


@app.command
def settle(
    key: str | None = None,
    /,
    *,
    sent: Flag = False,
    not_sent: Flag = False,
    why: str = "",
    by: str | None = None,
    json: Json = False,
) -> int:
    """List the mails that may or may not have gone out, or say what became of one of them.

    :param key: the mail's key, as the list and its Task in the CRM show it; without one, the list
    :param sent: it went out
    :param not_sent: it did not go out, and may be sent again
    :param why: how you know; it stays in the history of the mail
    :param by: who says so (default: your user name on this machine)
    :param json: print one JSON object
    """
    from closeloop.cli.settling import settle as settle_mail

    return settle_mail(key, sent=sent, not_sent=not_sent, why=why, by=by, as_json=json)


@app.command
def understand(file: Annotated[Path, Parameter(allow_leading_hyphen=True)], /) -> int:
    """Say what replies mean: one JSON reply per line in, one JSON answer per line out, in the same order.

    A reply has `id, from, to_prospect, subject, headers, body, received_at`; an answer has `id, labels, primary,
    confidence, abstained, resume_on, refers_to, stop`. Works offline and writes nothing. Lines that cannot be read
    are named on stderr, the others go on, and the command exits with 1.

    :param file: the file of replies, or - for stdin
    """
    from closeloop.cli.understand import understand_file

    return understand_file(file)


@app.command
def preview(
    who: str,
    /,
    *,
    template: str | None = None,
    step: int | None = None,
    language: str | None = None,
    all_: All = False,
    html: Path | None = None,
    json: Json = False,
) -> int:
    """Show a mail for one prospect as it would be sent: headers, text, HTML. Nothing is sent or saved.

    :param who: a CRM id, an e-mail address, a name or a company
    :param template: the mail, such as approach_premium (default: the one that the rules would send next)
    :param step: its step in the sequence, where its words depend on it
    :param language: write it in this language instead of the prospect's, such as th
    :param all_: every mail there is
    :param html: write the HTML to this file; with --all every mail on one page
    :param json: print one JSON object
    """
    from closeloop.cli.preview import preview as show

    return show(who, template, language, html, step=step, everything=all_, as_json=json)


@app.command
def undo(run: str, /, *, dry_run: Flag = False, json: Json = False) -> int:
    """Take a run's field changes in the CRM back, except where a person wrote since.

    :param run: id of the run, as `closeloop run` shows it
    :param dry_run: only say what would be taken back
    :param json: print one JSON object
    """
    from closeloop.cli.undo import undo_run

    return undo_run(run, dry=dry_run, as_json=json)


@app.command
def report(*, json: Json = False) -> int:
    """Write the report as one HTML file: funnel, forecast, stalled deals, persistence.

    :param json: print one JSON object
    """
    from closeloop.cli.reporting import write_report

    return write_report(as_json=json)


@app.command
def doctor(*, json: Json = False) -> int:
    """Check settings and credentials; each finding comes with its fix.

    :param json: print one JSON object
    """
    from closeloop.cli.doctor import examine

    return examine(as_json=json)


@app.command
def up(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    gateway_port: int | None = None,
    json: Json = False,
) -> int:
    """Start Prefect with its UI, every stage on its schedule, the gateway and, without a Salesforce, the sandbox.

    Everything stays up until Ctrl-C, and the next start goes on where this one was.

    :param host: address to listen on; beyond this machine Prefect asks for a password, kept in the home folder
    :param port: port of Prefect and its UI (default: 4200, or the next that is free)
    :param gateway_port: port of the gateway (default: 8080, or the next that is free)
    :param json: once all is ready, print one line of JSON with the addresses
    """
    from closeloop.cli.up import UpOptions
    from closeloop.cli.up import up as start_all

    return start_all(UpOptions(host=host, port=port, gateway_port=gateway_port, as_json=json))


@app.command
def gateway(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    register: Flag = False,
    stream: Flag = False,
    warm: Flag = False,
) -> int:
    """Serve the webhooks through which replies, events and opt-outs come in, until Ctrl-C.

    :param host: address to listen on; put a TLS proxy in front before you open it to the outside
    :param port: port to listen on
    :param register: tell SendGrid the addresses of both webhooks, in place of those it has
    :param stream: follow Salesforce's change stream too (Pub/Sub API), which needs no way in from outside
    :param warm: work on CRM events in this process, at once; without it a runner or worker starts for them
    """
    from closeloop.cli.gateway import serve

    return serve(host, port, register=register, stream=stream, warm=warm)


@app.command
def sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    leads: Path | None = None,
    state: Path | None = None,
    seed: int = 7,
    now: Flag = False,
) -> int:
    """Serve the local Salesforce, SendGrid and simulated buyers; the first line of output says where.

    :param host: address to listen on
    :param port: port to listen on; 0 takes a free one
    :param leads: CSV file of leads that the CRM holds from the start
    :param state: SQLite file that keeps the CRM with its setup and the mails between runs
    :param seed: decides how the simulated buyers behave
    :param now: its time begins now, and not on 5 January 2026; for a trial by hand
    """
    from closeloop.cli.sandbox_process import become_sandbox

    return become_sandbox(host=host, port=port, leads=leads, state=state, seed=seed, now=now)


if __name__ == "__main__":
    sys.exit(main())
