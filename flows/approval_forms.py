"""Forms for the questions that wait: flow runs of `approval` that are born suspended, so that no process waits.

Invariant: at most `MOST_FORMS` are open, whatever the number of questions; no form outlives its question for longer
than until the next run of a stage. A form holds no word of a mail and nobody's name; of a deck it shows pages that
name a company and no person, for as long as it is open.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.input import RunInput
from prefect.input.run_input import keyset_from_paused_state
from prefect.runtime import deployment
from prefect.states import Completed, Suspended
from pydantic import Field

from closeloop.adapters.decks.gallery import form_pictures
from closeloop.application.services import Services
from closeloop.bootstrap import crm_record_url
from closeloop.domain.approvals import Approval, ApprovalState

DEPLOYMENT = "approval/closeloop"
TAG = "approval"
MOST_FORMS = 20
RESPONSE = "suspended-1-response"
"""Under which Prefect keeps what was typed into the first form of a run."""
_OPEN = [StateType.PAUSED, StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]


class Answer(RunInput):
    """The form."""

    decision: Literal["approve", "edit", "reject"] = Field(title="Decision")
    by: str = Field(title="Your name", description="It stays in the ledger with your answer")
    reason: str = Field(default="", title="Reason", description="Needed to reject")
    subject: str = Field(default="", title="New subject", description="Edit only; empty: as it is")
    text: str = Field(
        default="", title="New text", description="Edit only: the whole mail above the footer, which stays"
    )


def tend_forms(services: Services) -> int:
    """Open and end what is due; how many were opened. Trouble with Prefect is told in the log and no more."""
    if not deployment.id:
        return 0
    try:
        with get_client(sync_client=True) as client:
            return tend(client, services)
    except Exception as problem:  # noqa: BLE001 - the questions wait in the ledger; `closeloop approve` answers them
        get_run_logger().warning("approval forms were not seen to (%s)", type(problem).__name__)
        return 0


def tend(client: SyncPrefectClient, services: Services) -> int:
    """The same, over this client; raises what goes wrong."""
    chosen = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]), state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN))
    )
    runs = {str(run.parameters.get("approval")): run for run in client.read_flow_runs(flow_run_filter=chosen)}
    known = services.ledger.approvals(runs)
    for name, run in runs.items():
        _end(client, run, known.get(name))
    still_open = {name for name in runs if name in known and known[name].state is ApprovalState.WAITING}
    waiting = services.ledger.waiting_approvals(MOST_FORMS + len(runs))
    missing = [asked for asked in waiting if asked.id not in still_open][: max(0, MOST_FORMS - len(still_open))]
    for asked in missing:
        open_form(client, asked, pictures=pictures_for(asked, services))
    return len(missing)


def pictures_for(asked: Approval, services: Services) -> tuple[str, ...]:
    """Of the deck that is asked about; none for a mail, and none where nothing can be drawn."""
    return form_pictures(services.home / asked.deck) if asked.deck else ()


def open_form(
    client: SyncPrefectClient,
    asked: Approval,
    problem: str = "",
    after: str = "",
    pictures: Sequence[str] = (),
) -> UUID:
    """A form for this question.

    `problem`: why the last answer was not taken, in the run `after`. `pictures`: of the deck, as data addresses.
    """
    waits: State[None] = Suspended(pause_key="1", message=f"Waits for your answer: {asked.kind.in_words}")
    keys = keyset_from_paused_state(waits)
    waits.state_details.run_input_keyset = {str(part): key for part, key in keys.items()}
    run = client.create_flow_run_from_deployment(
        client.read_deployment_by_name(DEPLOYMENT).id,
        parameters={"approval": asked.id},
        state=waits,
        idempotency_key=f"approval:{asked.id}:{after}",
        name=f"approval {asked.id}: {asked.kind.in_words} ({asked.prospect_key})",
        tags=[TAG, f"crm:{asked.prospect_key}"],
    )
    there = {one.key for one in client.filter_flow_run_input(run.id, "suspended-1", limit=9, exclude_keys=set())}
    said = {keys["schema"]: Answer.model_json_schema(), keys["description"]: _description(asked, problem, pictures)}
    for key, value in said.items():
        if key not in there:
            client.create_flow_run_input(run.id, key, json.dumps(value))
    return run.id


def _end(client: SyncPrefectClient, run: FlowRun, asked: Approval | None) -> None:
    """A run that works on an answer right now ends by itself."""
    waits = run.state is not None and run.state.type is StateType.PAUSED
    if waits and (asked is None or asked.state is not ApprovalState.WAITING):
        name = asked.state.value.capitalize() if asked else "Gone"
        done: State[None] = Completed(name=name, message="It was answered elsewhere; the ledger knows by whom.")
        client.set_flow_run_state(run.id, done, force=True)
        forget_input(client, run.id)


def forget_input(client: SyncPrefectClient, run: UUID) -> None:
    """Take what a form showed, and what was typed into it, out of Prefect's database."""
    for one in client.filter_flow_run_input(run, "", limit=200, exclude_keys=set()):
        client.delete_flow_run_input(run, one.key)


def _description(asked: Approval, problem: str, pictures: Sequence[str]) -> str:
    link = crm_record_url(asked.prospect_key)
    rows = [
        ("what", asked.kind.in_words),
        ("record", f"[{asked.prospect_key}]({link})" if link else f"`{asked.prospect_key}`"),
        ("worth", f"{asked.amount:,}" if asked.amount is not None else "not known"),
        ("answer by", f"{asked.deadline:%Y-%m-%d %H:%M} UTC, then: {asked.on_deadline}" if asked.deadline else "–"),
        ("mark of what is asked", f"`{asked.asked_mark[:16]}`"),
    ]
    table = "\n".join(["| asked | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    said = f"**Your last answer was not taken: {problem}.**\n\n" if problem else ""
    read = f"Read it in full in the Task on the record, or with `closeloop approve {asked.id} --show`."
    # First of all: the form shows a few lines, the rest is scrolled to.
    shown = "".join(f"![A page of the draft]({picture})\n\n" for picture in pictures)
    return f"{said}{shown}{read} Exactly what you approve is sent.\n\n{table}"
