"""Who owns what we make: a queue may own a Lead, but nothing that comes of it.

Invariant: what a person owns keeps its owner, and the Lead itself stays where it is; only the activities, files and
deals of a queue's Lead belong to the user we are, until somebody takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from closeloop.application.ports import Conversion, CrmFile, CrmMeeting, CrmTask
from closeloop.domain.errors import CrmUnavailable
from closeloop.domain.routing import QUEUE_PREFIX

Made = TypeVar("Made", Conversion, CrmFile, CrmMeeting, CrmTask)


def owned_by_users(wishes: Sequence[Made], our_user: Callable[[], str | None]) -> list[Made]:
    """The wishes, with our user where they name a queue; who we are is asked only then.

    Raises `CrmUnavailable` when that is not known: a later attempt may know it.
    """
    if not any(_is_queue(wish.owner_id) for wish in wishes):
        return list(wishes)
    ours = our_user()
    if ours is None:
        raise CrmUnavailable("a queue owns the Lead, and Salesforce does not say which user we are")
    return [wish.model_copy(update={"owner_id": ours}) if _is_queue(wish.owner_id) else wish for wish in wishes]


def _is_queue(owner_id: str) -> bool:
    return owner_id.startswith(QUEUE_PREFIX)
