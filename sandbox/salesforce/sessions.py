"""Who may call the org, and as which user: issued session ids, and the public keys of JWT clients.

Invariant: a session id is valid only if this org issued it, or it is the one printed on the sandbox's first
line.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from sandbox.world import Credentials


@dataclass(frozen=True)
class Caller:
    """The user behind a session."""

    user_id: str
    username: str


class Sessions:
    """The org's sessions and registered keys."""

    def __init__(self, db: sqlite3.Connection, credentials: Credentials, integration: Caller) -> None:
        self._db = db
        self._credentials = credentials
        self.integration = integration
        self._issued: dict[str, Caller] = {}
        self._count = 0
        db.execute(
            "CREATE TABLE IF NOT EXISTS salesforce_jwt_keys (client_id TEXT PRIMARY KEY, public_key_pem TEXT)"
        )

    def issue(self, caller: Caller | None = None) -> str:
        """A new session id of the integration user or another, in the shape that clients check: `00D…!…`."""
        self._count += 1
        digest = hashlib.sha256(f"{self._credentials.client_secret}/{self._count}".encode()).hexdigest()
        token = f"00D000000000001!AQ.{self._count}.{digest[:32]}"
        self._issued[token] = caller or self.integration
        return token

    def valid(self, token: str) -> bool:
        return token == self._credentials.access_token or token in self._issued

    def caller(self, token: str) -> Caller:
        """The user of a session; the integration user where the session is not known."""
        return self._issued.get(token, self.integration)

    def revoke(self, token: str) -> bool:
        """Ends an issued session; False if there was none."""
        return self._issued.pop(token, None) is not None

    def register_key(self, client_id: str, public_key_pem: str) -> None:
        """Keeps the public key that a client's JWTs are checked with."""
        sql = "INSERT OR REPLACE INTO salesforce_jwt_keys VALUES (?, ?)"
        self._db.execute(sql, (client_id, public_key_pem))

    def public_key(self, client_id: str) -> str | None:
        sql = "SELECT public_key_pem FROM salesforce_jwt_keys WHERE client_id = ?"
        found = self._db.execute(sql, (client_id,)).fetchone()
        return None if found is None else str(found[0])
