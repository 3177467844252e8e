"""Who is behind a session: what OAuth's userinfo says, with every key that clients insist on.

Invariant: only what the org's own User record says is told.
"""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import seed
from sandbox.salesforce.models import Org

URLS = {
    "enterprise": "Soap/c/{version}/",
    "partner": "Soap/u/{version}/",
    "rest": "data/v{version}/",
    "sobjects": "data/v{version}/sobjects/",
    "query": "data/v{version}/query/",
}
"""Left with the word `{version}` in them, which clients fill in."""


def userinfo(org: Org, user_id: str, instance: str) -> dict[str, Any]:
    """The answer to a session of this user."""
    user = org.store.get(org.store.schema["User"], user_id) or {}
    name, email = str(user.get("Username") or ""), str(user.get("Email") or "")
    return {
        "sub": f"{instance}/id/{seed.ORG_ID}/{user_id}",
        "user_id": user_id,
        "organization_id": seed.ORG_ID,
        "preferred_username": name,
        "nickname": str(user.get("CommunityNickname") or ""),
        "name": str(user.get("Name") or ""),
        "email": email,
        "email_verified": True,
        "given_name": user.get("FirstName"),
        "family_name": user.get("LastName"),
        "zoneinfo": "America/Los_Angeles",
        "photos": {
            size: f"{instance}/profilephoto/005/{letter}" for size, letter in (("picture", "F"), ("thumbnail", "T"))
        },
        "profile": f"{instance}/{user_id}",
        "picture": f"{instance}/profilephoto/005/F",
        "address": {"country": "US"},
        "urls": {what: f"{instance}/services/{path}" for what, path in URLS.items()},
        "active": bool(user.get("IsActive")),
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -28800000,
        "updated_at": user.get("SystemModstamp"),
    }
