"""How often the read-back APIs may be asked, when the control plane sets a limit.

Counted in simulated minutes, apart from everything else, and forgotten with the minute.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox import agenda
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.answers import RATE_HEADERS, errors
from sandbox.sendgrid.issues import Issue
from sandbox.world import World

_PART = "sendgrid read-back calls"


def too_fast(world: World) -> Response | None:
    """The 429 of a call beyond the limit, which says when the next minute begins; None when it may pass."""
    limit = account_of(world).readback_per_minute
    if limit is None:
        return None
    minute = agenda.now(world) // 60
    last, used = world.parts.get(_PART, (minute, 0))
    used = used + 1 if last == minute else 1
    world.parts[_PART] = (minute, used)
    if used <= limit:
        return None
    response = errors(429, Issue("too many requests"))
    for header, value in zip(RATE_HEADERS, (limit, 0, (minute + 1) * 60), strict=True):
        response.headers[header] = str(value)
    return response
