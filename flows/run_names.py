"""Names of flow runs: what runs, and the moment it works for."""

from __future__ import annotations

from prefect.runtime import flow_run


def as_of_name() -> str:
    """`approach as of 2026-01-12 08:00`; `approach, now` when no moment was asked for."""
    as_of = (flow_run.parameters or {}).get("as_of")
    return f"{flow_run.flow_name} as of {as_of:%Y-%m-%d %H:%M}" if as_of else f"{flow_run.flow_name}, now"
