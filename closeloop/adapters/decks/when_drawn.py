"""The builder of presentations, made when the first one is drawn: most commands draw none and need not wait.

Invariant: a master of the house's own is read at once all the same, so that a wrong one stops a run at its start.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from closeloop.domain.presentation_content import DeckContent, Finding

if TYPE_CHECKING:
    from closeloop.adapters.decks.builder import PptxDeckBuilder


class DecksWhenDrawn:
    """Implements `closeloop.application.ports.DeckBuilder`; takes and raises what `PptxDeckBuilder` does."""

    def __init__(self, master: Path | None = None, also: Collection[str] = ()) -> None:
        self._master, self._also, self._making = master, frozenset(also), Lock()
        self._builder: PptxDeckBuilder | None = None
        if master is not None:
            self._made()

    def build_all(self, drafts: Sequence[tuple[DeckContent, Path]]) -> list[tuple[Finding, ...]]:
        return self._made().build_all(drafts) if drafts else []

    def _made(self) -> PptxDeckBuilder:
        with self._making:
            if self._builder is None:
                from closeloop.adapters.decks.builder import PptxDeckBuilder

                self._builder = PptxDeckBuilder(self._master, also=self._also)
            return self._builder
