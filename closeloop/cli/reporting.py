"""`closeloop report` and `closeloop why`: what the ledger knows, for people or as JSON."""

from __future__ import annotations

from pathlib import Path

from closeloop.adapters.decks.gallery import gallery
from closeloop.adapters.report.html import render_report
from closeloop.application.brief_story import brief
from closeloop.application.report import as_json as report_json
from closeloop.application.report import figures
from closeloop.application.services import Services
from closeloop.application.why import Story, why
from closeloop.bootstrap import DEMO_MARKER, services, settings
from closeloop.cli.output import complain, console, print_json, side_console
from closeloop.cli.program import as_called
from closeloop.cli.views import print_candidates, print_funnel, print_story, print_summary
from closeloop.domain.errors import CloseloopError
from closeloop.domain.figures import Figures

DEFAULT_HOME = Path(".closeloop/demo")
"""Where a demo leaves everything, unless it is told otherwise."""
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
    screen.print(f"report: {path}", soft_wrap=True)
    if found.leads == 0:
        side_console().print(as_called(nobody_here(work.home)), soft_wrap=True)
    return 0


def nobody_here(home: Path) -> str:
    """Why a ledger may be empty, and where the person may have meant to look."""
    demo = DEFAULT_HOME.resolve()
    text = f"no prospect is in the ledger of {home} yet: a dry run leaves none there, `closeloop run all` does"
    if demo != home and (demo / DEMO_MARKER).is_file():
        text += f"; to look into the last demo, set CLOSELOOP_HOME={DEFAULT_HOME}"
    return text


def save_report(work: Services, found: Figures, crm_base: str | None) -> Path:
    """Write the page, with links into the CRM and to the inbox of a demo where there are such; where it lies."""
    path = work.home / REPORT_FILE
    links = {"crm_base": crm_base} if crm_base else {}
    if (work.home / INBOX_FILE).is_file():
        links["inbox"] = INBOX_FILE
    try:
        pictures = gallery(work.home, (row.deck for row in found.best))
        path.write_text(render_report(found, links, pictures), encoding="utf-8")
    except OSError as problem:
        raise CloseloopError(f"cannot write {path} ({problem.strerror}): mend that, then ask again") from None
    return path


def tell_why(who: str, *, everything: bool, as_json: bool) -> int:
    """The story of the one that is meant, or the list of those that may be."""
    work = services()
    found = why(work.ledger, who, work.clock.now())
    if isinstance(found, Story):
        if as_json:
            print_json(found.model_dump(mode="json"))
        else:
            told = found if everything else brief(found)
            print_story(console(), told, work.playbook.product.currency)
        return 0
    if as_json:
        print_json({"candidates": [candidate.model_dump(mode="json") for candidate in found]})
    elif found:
        print_candidates(console(), found)
    if found:
        complain(f"{who!r} may be any of {len(found)}: ask again with the e-mail address of the one you mean")
    else:
        hint = "try a CRM id, an e-mail address, a name or a company"
        if not any(True for _ in work.ledger.all_prospects()):
            hint = nobody_here(work.home)
        complain(f"nobody here is called {who!r}: {hint}")
    return FAILED
