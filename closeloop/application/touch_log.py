"""Every accepted mail becomes a completed Task in the CRM: planned in the transaction that records the mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from closeloop.domain.actions import Action, ActionKind


def touch_logs(mails: Iterable[Action], now: datetime) -> list[Action]:
    """One Task per accepted mail, under a key made of the mail's."""
    return [_log(mail, now) for mail in mails if mail.kind is ActionKind.EMAIL]


def _log(mail: Action, now: datetime) -> Action:
    return Action(
        key=f"{ActionKind.TASK}:log:{mail.key}",
        kind=ActionKind.TASK,
        prospect_key=mail.prospect_key,
        stage=mail.stage,
        due_at=now,
        payload={
            "subject": f"Email: {mail.payload['subject']}"[:255],
            "channel": "email",
            "completed": True,
            "on": now.date().isoformat(),  # the day of the mail, however late the CRM hears of it
            "description": mail.payload["text"],
        },
    )
