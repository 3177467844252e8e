"""`closeloop settle`: the mails of which nobody knows whether they went out, and a person's word on one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from closeloop.application.settle_by_hand import InDoubt, in_doubt, settle_by_hand
from closeloop.bootstrap import services
from closeloop.cli.output import console, print_json
from closeloop.cli.program import as_called
from closeloop.cli.this_person import this_person
from closeloop.domain.errors import UsageError


def settle(key: str | None, *, sent: bool, not_sent: bool, why: str, by: str | None, as_json: bool) -> int:
    """Without a key the list; with one, exactly one of `sent` and `not_sent`, and a reason."""
    if key is None:
        if sent or not_sent:
            raise UsageError("say which mail: `closeloop settle` alone lists those in doubt, by key")
        return _list(as_json)
    if sent == not_sent:
        raise UsageError("say what happened: either --sent or --not-sent")
    work = services()
    mail = settle_by_hand(work, key, sent=sent, by=by or this_person(), why=why, now=work.clock.now())
    if as_json:
        print_json({"settled": mail.model_dump(mode="json"), "sent": sent})
        return 0
    then = (
        "its log goes to the CRM with the next run" if sent else "it is planned again, and looked at before it goes"
    )
    verb = "went out" if sent else "did not go out"
    console().print(escape(f"Noted that “{mail.subject}” to {mail.person} {verb}; {then}."), soft_wrap=True)
    return 0


def _list(as_json: bool) -> int:
    mails = in_doubt(services())
    if as_json:
        print_json({"in_doubt": [mail.model_dump(mode="json") for mail in mails]})
    else:
        _show(console(), mails)
    return 0


def _show(screen: Console, mails: Sequence[InDoubt]) -> None:
    if not mails:
        screen.print("No mail is in doubt.")
        return
    some = "1 mail" if len(mails) == 1 else f"{len(mails):,} mails"
    screen.print(f"{some} may or may not have gone out\n", style="bold")
    for mail in mails:
        who = f"{mail.person} <{mail.email}>, {mail.company}"
        screen.print(escape(f"  {mail.tried_at:%Y-%m-%d %H:%M} UTC  “{mail.subject}” to {who}"), soft_wrap=True)
        screen.print(f"    {mail.key}", style="dim", soft_wrap=True)
    hint = 'settle one: closeloop settle KEY --sent --why "..."   or   closeloop settle KEY --not-sent --why "..."'
    screen.print(f"\n{escape(as_called(hint))}", soft_wrap=True)
