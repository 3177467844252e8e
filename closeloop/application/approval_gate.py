"""The gate at delivery: a mail that needs an approval leaves only with one, and only in the words it approves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from closeloop.application.approval_asking import GATED
from closeloop.application.services import Services
from closeloop.domain.actions import ClaimedAction
from closeloop.domain.approvals import Approval, ApprovalState, approval_id, mail_mark
from closeloop.domain.last_look import World


def gated(claimed: Iterable[ClaimedAction], worlds: Mapping[str, World], services: Services) -> dict[str, World]:
    """Action key to the world, with what is known of the approval of those that need one."""
    asked = {action.key: action for action in claimed if action.payload.get(GATED)}
    known = services.ledger.approvals(approval_id(key) for key in asked) if asked else {}
    found = {key: _seen(action, known.get(approval_id(key))) for key, action in asked.items()}
    return {key: world.model_copy(update=found.get(key, {})) for key, world in worlds.items()}


def _seen(action: ClaimedAction, approval: Approval | None) -> dict[str, str]:
    if approval is None:
        return {"unapproved": "it needs an approval that nobody was asked for"}
    if approval.state is ApprovalState.WAITING:
        return {"unapproved": f"it waits for an approval ({approval.id})"}
    if not approval.state.is_yes:
        return {"refused": f"not approved: {approval.said}"}
    if approval.mark != mail_mark(action.payload):
        return {"unapproved": f"its words are not those that were approved ({approval.id})"}
    return {"approved": f"{approval.id}, {approval.said}"}
