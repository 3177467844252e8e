"""The control plane of the org: its call limits, its setup, sessions of other users, and the change log.

Invariant: a refused request changes nothing.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox.control_requests import ControlError, Handler, endpoint, fields
from sandbox.salesforce import outbound, schema, seed
from sandbox.salesforce.admin import changes, settings
from sandbox.salesforce.admin.reading import SetupError
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.sessions import Caller
from sandbox.world import World

_MOST_CALLS = 10**9
_MOST_EVENTS = 1000
_LONGEST_NAME = 80


class OrgControl:
    """The handlers over one org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    async def limits(self, request: Request) -> object:
        """Shows the ledger of API calls; POST sets the daily allocation and what is used of it."""
        if request.method == "POST":
            given = await fields(request, {"daily", "used"})
            if not given:
                raise ControlError('send {"daily": 1000, "used": 990}, or one of them')
            daily, used = (_calls(given.get(name), name) for name in ("daily", "used"))
            self.org.limits.put(daily, used)
        return self.org.limits.ledger()

    async def setup(self, request: Request) -> object:
        """Shows the org's setup; POST replaces the given sections, DELETE all of them."""
        if request.method == "POST":
            given = await fields(request, set(settings.SECTIONS))
            self._arrange({**self.org.setup.given}, given)
        elif request.method == "DELETE":
            self._arrange({}, {})
        return self.org.setup.given

    def _arrange(self, before: dict[str, Any], given: dict[str, Any]) -> None:
        try:
            self.org.arrange(settings.read(schema.load(), before, given))
        except SetupError as problem:
            raise ControlError(str(problem)) from None

    async def sessions(self, request: Request) -> object:
        """Opens a session of any user; one that does not exist yet is hired for it."""
        given = await fields(request, {"username", "name"})
        username = given.get("username")
        if not isinstance(username, str) or not 0 < len(username.strip()) <= _LONGEST_NAME:
            raise ControlError('send {"username": "anna.brandt@sandbox.example"}; a new user may get a "name" too')
        caller = self._user(username.strip(), given.get("name"))
        token = self.org.sessions.issue(caller)
        return {"access_token": token, "user_id": caller.user_id, "username": caller.username}

    def _user(self, username: str, name: object) -> Caller:
        kind = self.org.store.schema["User"]
        found = self.org.store.matching(kind, "Username", username)
        if found:
            return Caller(found[0], str((self.org.store.get(kind, found[0]) or {})["Username"]))
        if name is not None and (not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME):
            raise ControlError(f"name must be a text of at most {_LONGEST_NAME} characters")
        first, _, last = (name or username.partition("@")[0]).strip().rpartition(" ")
        with self.org.store.transaction():
            user_id = seed.hire(self.org.call(), first, last, username, username)
        return Caller(user_id, username)

    async def users(self, request: Request) -> object:
        """Switches a user off or on, as an administrator does when somebody leaves; their records stay theirs."""
        given = await fields(request, {"id", "active"})
        kind, user_id, active = self.org.store.schema["User"], given.get("id"), given.get("active")
        row = self.org.store.get(kind, user_id) if isinstance(user_id, str) else None
        if row is None or not isinstance(active, bool):
            raise ControlError('send {"id": "005…", "active": false}, with the id of a user of this org')
        with self.org.store.transaction():
            self.org.store.update(kind, row["Id"], {"IsActive": int(active)})
        return {"id": row["Id"], "active": active}

    async def outbound(self, _request: Request) -> object:
        """The outbound messages that no receiver has acknowledged yet."""
        return outbound.waiting(self.org.store)

    async def changes(self, request: Request) -> object:
        """The change log behind a replay id."""
        query = request.query_params
        after, most = (_number(query.get(name, text), name) for name, text in (("after", "0"), ("most", "1000")))
        entity = query.get("object")
        kind = self.org.store.schema.find(entity) if entity else None
        if entity and kind is None:
            raise ControlError(f"there is no object {entity!r}")
        name = kind.name if kind else None
        try:
            return changes.after(self.org.world, self.org.store, after, name, min(most, _MOST_EVENTS))
        except changes.ReplayError as problem:
            raise ControlError(str(problem)) from None


def routes(world: World) -> list[Route]:
    """The control routes of this world's org."""
    control = OrgControl(org_of(world))
    table: list[tuple[str, list[str], Handler]] = [
        ("limits", ["GET", "POST"], control.limits),
        ("org", ["GET", "POST", "DELETE"], control.setup),
        ("sessions", ["POST"], control.sessions),
        ("users", ["POST"], control.users),
        ("changes", ["GET"], control.changes),
        ("outbound", ["GET"], control.outbound),
    ]
    return [Route(f"/_control/{name}", endpoint(handler), methods=methods) for name, methods, handler in table]


def _calls(value: object, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_CALLS:
        raise ControlError(f"{name} must be a whole number of calls from 0 to {_MOST_CALLS}")
    return value


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ControlError(f"{name} must be a whole number from 0")
    return int(text)
