"""Failures by what may be done about them. An expected outcome is a value, never one of these."""

from __future__ import annotations


class CloseloopError(Exception):
    """Something failed; the text says what to do."""


class UsageError(CloseloopError):
    """The person can put it right: wrong settings, file or argument. The command exits with 2."""


class LedgerUnavailable(CloseloopError):
    """The ledger cannot be read or written now."""


class IllegalMove(CloseloopError):
    """An action was asked to move where the table of moves has no way."""


class CrmUnavailable(CloseloopError):
    """The CRM cannot be reached or asks us to wait; nothing was done."""


class CrmRefused(CloseloopError):
    """The CRM refuses us: credentials, permission or its daily limit."""


class RenderError(CloseloopError):
    """A template could not be rendered from what is known."""
