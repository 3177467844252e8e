"""`closeloop preview`: any mail for any prospect, as it would be sent. Nothing is sent, planned or saved."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from closeloop.adapters.sendgrid.payload import headers
from closeloop.application.preview import Preview, named_mail, next_mail
from closeloop.application.services import Services
from closeloop.application.why import candidates, meant
from closeloop.bootstrap import services
from closeloop.cli.output import clean, complain, console, print_json
from closeloop.cli.reporting import nobody_here
from closeloop.cli.said import say
from closeloop.cli.views import print_candidates
from closeloop.domain.errors import CloseloopError, UsageError
from closeloop.domain.languages import language_name
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.prospect import Prospect

FAILED = 1
LABEL_WIDTH = 23


def preview(
    who: str,
    template: str | None,
    language: str | None,
    html: Path | None,
    *,
    step: int | None = None,
    everything: bool = False,
    as_json: bool = False,
) -> int:
    """Show the mail, or each of them; 1 when one cannot be written or nobody is meant for certain."""
    if everything and template:
        raise UsageError("give either --template or --all")
    work = services()
    prospect = _somebody(work, who, as_json=as_json)
    if prospect is None:
        return FAILED
    shown = _previews(prospect, work, template, language, step, everything=everything)
    if not shown:
        return FAILED
    if html is not None:
        _write(html, shown)
    if as_json:
        mails = [_as_json(one, work) for one in shown]
        print_json({"prospect": prospect.key} | ({"mails": mails} if everything else mails[0]))
    else:
        _print(shown, work, html)
    return FAILED if any(one.missing for one in shown) else 0


def _somebody(work: Services, who: str, *, as_json: bool) -> Prospect | None:
    found = meant(work.ledger, who)
    if len(found) == 1:
        return found[0]
    if found:
        if not as_json:
            print_candidates(console(), candidates(found))
        complain(f"{who!r} may be any of {len(found)}: ask again with the e-mail address of the one you mean")
    elif any(True for _ in work.ledger.all_prospects()):
        complain(f"nobody here is called {who!r}: try a CRM id, an e-mail address, a name or a company")
    else:
        complain(f"nobody here is called {who!r}: {nobody_here(work.home)}")
    return None


def _previews(
    prospect: Prospect,
    work: Services,
    template: str | None,
    language: str | None,
    step: int | None,
    *,
    everything: bool,
) -> list[Preview]:
    now = work.clock.now()
    if everything or template:
        names = sorted(TEMPLATES) if template is None else [template]
        return [named_mail(name, prospect, work, now, language=language, step=step) for name in names]
    found = next_mail(prospect, work, now, language)
    if isinstance(found, Preview):
        return [found]
    complain(f"{found}. Name a mail with --template, or see all with --all")
    return []


def _write(path: Path, shown: Sequence[Preview]) -> None:
    pages = [one.letter.mail.html for one in shown if one.letter]
    text = pages[0] if len(shown) == 1 and pages else _sheet(shown)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CloseloopError(f"cannot write {path} ({problem.strerror}): choose another file") from None


def _sheet(shown: Sequence[Preview]) -> str:
    """All mails on one page, each in a frame of its own in which nothing runs and nothing is fetched."""
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem;color:#1c2430;"
        "background:#efeee9}h2{font-size:1rem;margin:2rem 0 .2rem}p{margin:.2rem 0 .6rem}"
        "iframe{width:100%;height:44rem;border:1px solid #d5d2c8;background:#fff}"
    )
    parts = "".join(_framed(one) for one in shown)
    return f"<!doctype html><meta charset=utf-8><title>Mails</title><style>{style}</style>{parts}"


def _framed(one: Preview) -> str:
    head = f"<h2>{escape(one.template)}</h2>"
    if one.letter is None:
        return f"{head}<p>Cannot be written: {escape('; '.join(one.missing))}</p>"
    mail = one.letter.mail
    return f'{head}<p>{escape(mail.subject)}</p><iframe sandbox srcdoc="{escape(mail.html)}"></iframe>'


def _as_json(one: Preview, work: Services) -> dict[str, Any]:
    found: dict[str, Any] = {"template": one.template, "step": one.step, "why": one.why, "missing": one.missing}
    if one.letter is not None:
        choice = one.letter.choice
        found |= {"language": choice.language, "language_because": choice.because, "bytes": one.size}
        found |= {"headers": _headers(one, work), **one.letter.mail.model_dump()}
        found |= {"calendar": one.letter.calendar.text} if one.letter.calendar else {}
    return found


def _headers(one: Preview, work: Services) -> dict[str, str]:
    """In the order in which a mail program shows them."""
    mail = one.mail
    assert mail is not None  # noqa: S101 - a preview with a letter has its mail
    sender = work.playbook.sender
    name, address = mail.sender_name or sender.name, mail.sender_email or sender.email
    to = f"{clean(mail.to_name)} <{mail.to}>" if mail.to_name else mail.to
    first = {"From": f"{name} ({sender.company}) <{address}>", "To": to, "Reply-To": mail.reply_to}
    return first | {"Subject": mail.mail.subject} | headers(mail)


def _print(shown: Sequence[Preview], work: Services, html: Path | None) -> None:
    screen = console()
    for one in shown:
        say(screen, f"{one.template}, step {one.step}: {'; '.join(one.why)}", 0, "bold")
        if one.letter is None:
            say(screen, "Cannot be written, and would not be sent:", 2, "bold red")
            for gap in one.missing:
                say(screen, f"- {gap}", 4)
        else:
            _say_mail(screen, one, work)
        screen.print()
    if html is not None:
        screen.print(f"HTML: {html}", soft_wrap=True, markup=False)


def _say_mail(screen: Console, one: Preview, work: Services) -> None:
    assert one.letter is not None  # noqa: S101 - asked by the caller
    choice = one.letter.choice
    language = f"{language_name(choice.language)}: {choice.because}"
    for name, value in {"Language": language, **_headers(one, work), "Size": f"{one.size:,} bytes"}.items():
        say(screen, f"{name:<{LABEL_WIDTH}}{value}", 2, "bold" if name == "Subject" else "")
    screen.print()
    for line in one.letter.mail.text.splitlines():
        say(screen, line, 4)
    if one.letter.calendar is not None:
        screen.print()
        say(screen, f"Attached: a calendar file, {one.letter.calendar.method}", 2)
        for line in one.letter.calendar.text.splitlines():
            say(screen, line, 4, "dim")
