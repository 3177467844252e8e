"""`closeloop report` and `closeloop why`: what the ledger knows, for people or as JSON."""

from __future__ import annotations

from pathlib import Path

from closeloop.adapters.report.html import render_report
from closeloop.application.report import as_json as report_json
from closeloop.application.report import figures
from closeloop.application.services import Services
from closeloop.application.why import Story, why
from closeloop.bootstrap import services, settings
from closeloop.cli.output import complain, console, print_json
from closeloop.cli.views import print_candidates, print_funnel, print_story, print_summary
from closeloop.domain.errors import CloseloopError
from closeloop.domain.figures import Figures

REPORT_FILE = "report.html"
INBOX_FILE = "inbox.html"
FAILED = 1


def write_report(*, as_json: bool) -> int:
    """The report as one HTML file in the home folder."""
    work = services()
    found = figures(work.ledger, work.playbook, work.clock.now())
    path = save_report(work, found, settings().salesforce_instance_url)
    if as_json:
        print_json(report_json(found, str(path)))
        return 0
    screen = console()
    print_funnel(screen, found)
    print_summary(screen, found)
    screen.print(f"report: {path}")
    return 0


def save_report(work: Services, found: Figures, crm_base: str | None) -> Path:
    """Write the page, with links into the CRM and to the inbox of a demo where there are such; where it lies."""
    path = work.home / REPORT_FILE
    links = {"crm_base": crm_base} if crm_base else {}
    if (work.home / INBOX_FILE).is_file():
        links["inbox"] = INBOX_FILE
    try:
        path.write_text(render_report(found, links), encoding="utf-8")
    except OSError as problem:
        raise CloseloopError(f"cannot write {path} ({problem.strerror}): mend that, then ask again") from None
    return path


def tell_why(who: str, *, as_json: bool) -> int:
    """The story of the one that is meant, or the list of those that may be."""
    found = why(services().ledger, who)
    if isinstance(found, Story):
        if as_json:
            print_json(found.model_dump(mode="json"))
        else:
            print_story(console(), found)
        return 0
    if as_json:
        print_json({"candidates": [candidate.model_dump(mode="json") for candidate in found]})
    elif found:
        print_candidates(console(), found)
    if found:
        complain(f"{who!r} may be any of {len(found)}: ask again with the e-mail address of the one you mean")
    else:
        complain(f"nobody here is called {who!r}: try a CRM id, an e-mail address, a name or a company")
    return FAILED
