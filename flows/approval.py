"""Approval: one question, asked as a form in the Prefect UI. The run begins when the form was filled in.

Invariant: what people type is taken out of Prefect's database once it is in the ledger. The ledger decides; a
question that was answered elsewhere ends this run, an answer that cannot be taken opens the form again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import ValidationError

from closeloop.application import approving
from closeloop.bootstrap import services
from closeloop.domain.approvals import Approval, ApprovalKind, ApprovalState
from closeloop.domain.errors import UsageError
from flows.approval_forms import RESPONSE, Answer, forget_input, open_form, pictures_for
from flows.settings_block import use_settings_block


@flow(name="approval", persist_result=False)
def approval(approval: str) -> Any:
    """Do what the answer to this approval says. Started by hand, it opens the form."""
    use_settings_block()
    get_run_logger().info("Looking at the answer to %s", approval)
    with get_client(sync_client=True) as client:
        asked = services().ledger.approvals([approval]).get(approval)
        typed = _typed(client)
        if asked is None or asked.state is not ApprovalState.WAITING:
            _forget(client)
            return _ended(asked)
        try:
            if typed is None:
                raise UsageError("nothing was typed yet")
            decided = _decide(asked, Answer.model_validate(typed))
        except (UsageError, ValidationError) as wrong:
            return _again(client, asked, _words(wrong))
        _forget(client)
        if decided.state.is_yes:
            _go_on(client, decided)
        return _ended(decided)


def _typed(client: SyncPrefectClient) -> Any:
    """None where nobody has typed anything."""
    found = client.filter_flow_run_input(_run(), RESPONSE, limit=1, exclude_keys=set())
    return found[0].decoded_value if found else None


def _decide(asked: Approval, given: Answer) -> Approval:
    now = services().clock.now()
    if given.decision == "reject":
        return approving.reject(services(), asked.id, by=given.by, now=now, why=given.reason)
    words = _edited(asked, given) if given.decision == "edit" else None
    return approving.approve(services(), asked.id, by=given.by, now=now, why=given.reason, words=words)


def _edited(asked: Approval, given: Answer) -> str:
    if asked.kind is ApprovalKind.DECK:
        raise UsageError("change the file itself, then approve it as it is")
    found = approving.question(services(), asked)
    return f"Subject: {given.subject.strip() or found.subject}\n\n{given.text.strip() or found.text}"


def _again(client: SyncPrefectClient, asked: Approval, problem: str) -> State[None]:
    run = open_form(client, asked, problem, str(_run()), pictures_for(asked, services()))
    _forget(client)
    return Completed(name="NotTaken", message=f"{problem}; a new form is open: run {run}")


def _words(wrong: UsageError | ValidationError) -> str:
    """Never what was typed."""
    return "a field is missing or wrong" if isinstance(wrong, ValidationError) else str(wrong)


def _ended(asked: Approval | None) -> State[None]:
    """The final state says what was decided; by whom is in the ledger."""
    if asked is None:
        return Completed(name="Gone", message="The ledger has no such question any more.")
    return Completed(name=asked.state.value.capitalize(), message=f"{asked.kind.in_words}: {asked.state.value}")


def _forget(client: SyncPrefectClient) -> None:
    forget_input(client, _run())


def _run() -> UUID:
    return UUID(str(flow_run.id))


def _go_on(client: SyncPrefectClient, decided: Approval) -> None:
    """The next stage starts now; should it not, its schedule does."""
    stage = "preparation" if decided.kind is ApprovalKind.DECK else "deliver"
    try:
        found = client.read_deployment_by_name(f"{stage}/closeloop")
        client.create_flow_run_from_deployment(found.id, idempotency_key=f"approved:{decided.id}")
    except Exception as problem:  # noqa: BLE001 - the answer is in the ledger, and the stage runs by itself
        get_run_logger().warning("%s was not started (%s): its schedule does it", stage, type(problem).__name__)
