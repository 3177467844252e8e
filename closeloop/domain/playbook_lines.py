"""The line of a playbook: its sequences and approaches as they stood when somebody entered a sequence.

Invariant: two playbooks have the same hash exactly when they lead everybody through the same steps. An enrolment
is walked on its own line to its end, whatever the file says meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from closeloop.domain.playbook import Approach, Playbook
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.stage import Stage
from closeloop.domain.steps import Step
from closeloop.domain.texts import Remembered, speaking

_SEQUENCES = TypeAdapter(dict[str, tuple[Step, ...]])
_APPROACHES = TypeAdapter(tuple[Approach, ...])
_REMEMBERED = Remembered()
IN_SEQUENCES = frozenset({Stage.APPROACH, Stage.PRESENTATION})
"""Stages that walk a sequence of the playbook; the others follow today's rules."""


class PlaybookLine(Record):
    """What the ledger keeps once for each line."""

    hash: str
    version: str
    """The playbook's own name for itself when the line was first used."""
    content: str
    """JSON of the sequences and approaches, and the language of their plain texts."""


def line_of(playbook: Playbook) -> PlaybookLine:
    """The line that somebody who enters a sequence now is on."""
    return _REMEMBERED.of(playbook, "line", lambda: _drawn(playbook))


def _drawn(playbook: Playbook) -> PlaybookLine:
    steps = _SEQUENCES.dump_python(playbook.sequences, mode="json", exclude_defaults=True)
    openings = _APPROACHES.dump_python(playbook.approaches, mode="json", exclude_defaults=True)
    held = {"locale": playbook.locale, "sequences": steps, "approaches": openings}
    content = json.dumps(held, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    mark = hashlib.sha256(content.encode()).hexdigest()[:16]
    return PlaybookLine(hash=mark, version=playbook.version, content=content)


def foreign_line(prospect: Prospect, playbook: Playbook) -> str | None:
    """The hash of the line that the prospect is on, where it is not the playbook's own."""
    enrolled = prospect.enrollment
    if enrolled is None or enrolled.line is None or prospect.stage not in IN_SEQUENCES:
        return None
    return enrolled.line if enrolled.line != line_of(playbook).hash else None


def on_line(playbook: Playbook, line: PlaybookLine) -> Playbook:
    """The playbook with the sequences and approaches of another line; everything else is as it is today."""
    return _REMEMBERED.of(playbook, f"on {line.hash}", lambda: _joined(playbook, line))


def _joined(playbook: Playbook, line: PlaybookLine) -> Playbook:
    return playbook.model_copy(update={"version": line.version, **_read(line.content)})


@lru_cache(maxsize=64)
def _read(content: str) -> dict[str, Any]:
    held = json.loads(content)
    with speaking(held["locale"]):
        return {
            "sequences": _SEQUENCES.validate_python(held["sequences"]),
            "approaches": _APPROACHES.validate_python(held["approaches"]),
        }
