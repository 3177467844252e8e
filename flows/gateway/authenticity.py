"""Whether an event post is SendGrid's own: by the key that a setting names, else the one kept at registration.

Freshness is judged by the wall clock, also where the process lives in simulated time: a post is made at a real
moment. Without a key every post to the secret address is taken, and `closeloop doctor` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.sendgrid.signature import SignedPosts
from closeloop.application.ports import Clock

KEY_FILE = "sendgrid_webhook_key"


class Authenticity:
    """Checks posts; a key that is registered while the gateway runs counts from the next post on."""

    def __init__(self, home: Path, key: str | None, clock: Clock | None = None) -> None:
        self._file, self._clock = home / KEY_FILE, clock or SystemClock()
        self._given = SignedPosts(key) if key else None
        self._kept: tuple[str, SignedPosts] | None = None

    def problem(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Why the post is refused, or None."""
        posts = self._given or self._registered()
        return posts.problem(body, headers, self._clock.now()) if posts else None

    def _registered(self) -> SignedPosts | None:
        try:
            key = self._file.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        if self._kept is None or self._kept[0] != key:
            self._kept = key, SignedPosts(key)
        return self._kept[1]


def keep_key(home: Path, key: str | None) -> None:
    """What registration answered; None takes an old key away, since posts will not be signed any more."""
    file = home / KEY_FILE
    if key is None:
        file.unlink(missing_ok=True)
    else:
        file.write_text(key, encoding="ascii")
