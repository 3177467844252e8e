"""The switches of the account that the control plane turns: what was bought, how late the logs are, mail weather.

A switch decides what happens from now on; what has happened stays. The defaults are what a small paid account has.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.sendgrid.tables import ACCOUNT_PART
from sandbox.world import World

SHARES = ("machine_opens", "flagged_machine_opens", "scanners", "deferred", "blocked")
LIMITS = {"readback_delay_seconds": 86_400, "readback_per_minute": 10_000, "events_give_up_hours": 720}


class SwitchError(ValueError):
    """A switch that does not exist or cannot be turned that way; the text says what to send."""


@dataclass(frozen=True)
class Account:
    """How this SendGrid account and the mail world around it behave."""

    activity: bool = True
    """Whether the paid Activity add-on was bought; without it `/v3/messages` answers 403."""
    logs: bool = True
    """Whether the key may read the Logs API; otherwise 403."""
    readback_delay_seconds: int = 60
    """Simulated seconds until Activity and Logs show an event."""
    readback_per_minute: int | None = None
    """Read-back calls per simulated minute before a 429; None for no limit."""
    machine_opens: float = 0.15
    """Share of people whose mail program fetches pictures by itself (Apple Mail Privacy Protection)."""
    flagged_machine_opens: float = 0.68
    """Share of those opens that SendGrid recognises and flags."""
    scanners: float = 0.08
    """Share of companies whose mail filter follows every link seconds after delivery."""
    deferred: float = 0.0
    """Share of mails that the recipient's server takes only at a later attempt."""
    blocked: float = 0.0
    """Share of mails that the recipient's server refuses without being for ever."""
    events_give_up_hours: int = 24
    """After that long of refusals an event is no longer posted."""


def account_of(world: World) -> Account:
    """The switches as they stand."""
    found = world.parts.get(ACCOUNT_PART)
    if isinstance(found, Account):
        return found
    row = world.db.execute("SELECT settings FROM sendgrid_account WHERE id = 1").fetchone()
    account = Account(**json.loads(row["settings"])) if row else Account()
    world.parts[ACCOUNT_PART] = account
    return account


def turn(world: World, given: dict[str, Any]) -> Account:
    """Turn the named switches; SwitchError, and nothing is turned, when one is wrong."""
    known = {each.name for each in fields(Account)}
    if unknown := sorted(set(given) - known):
        raise SwitchError(f"there is no switch {unknown[0]!r}; known are {', '.join(sorted(known))}")
    for name, value in given.items():
        _check(name, value)
    account = replace(account_of(world), **given)
    world.db.execute("INSERT OR REPLACE INTO sendgrid_account VALUES (1, ?)", (json.dumps(asdict(account)),))
    world.parts[ACCOUNT_PART] = account
    return account


def _check(name: str, value: object) -> None:
    if name in ("activity", "logs"):
        if not isinstance(value, bool):
            raise SwitchError(f"{name} must be true or false")
    elif name in SHARES:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise SwitchError(f"{name} is a share from 0 to 1")
    elif value is not None or name != "readback_per_minute":
        most = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise SwitchError(f"{name} must be a whole number from 0 to {most}")
