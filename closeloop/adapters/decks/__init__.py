"""Draft presentations as native `.pptx` on a branded master: `builder` implements the port `DeckBuilder`."""
