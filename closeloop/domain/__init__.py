"""The process itself: nouns and rules. Pure: no I/O, no clock, no settings."""
