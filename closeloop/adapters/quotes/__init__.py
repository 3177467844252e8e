"""Quotes as documents: one HTML page and the same as PDF. `QuoteFiles` implements `QuoteBuilder`."""

from closeloop.adapters.quotes.builder import QuoteFiles

__all__ = ["QuoteFiles"]
