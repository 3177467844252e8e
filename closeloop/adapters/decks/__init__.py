"""Draft presentations as native `.pptx` on a branded master. `PptxDeckBuilder` implements `DeckBuilder`."""

from closeloop.adapters.decks.builder import PptxDeckBuilder

__all__ = ["PptxDeckBuilder"]
