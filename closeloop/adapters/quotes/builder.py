"""`QuoteFiles`: a quote as HTML, and as PDF beside it where that is wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from closeloop.domain.quotes import Quote

PDF = "pdf"


class QuoteFiles:
    """Writes each form whole or not at all, the page last: where it is, the others are too."""

    def __init__(self, also: Collection[str] = ()) -> None:
        self._also = frozenset(also)

    def build(self, quote: Quote, path: Path) -> None:
        """See `closeloop.application.ports.QuoteBuilder`; OSError when a file cannot be written."""
        # What draws is imported when it draws, so that every other command starts sooner.
        from closeloop.adapters.quotes.page import page
        from closeloop.adapters.quotes.view import shown

        seen = shown(quote)
        forms: dict[Path, bytes] = {}
        if PDF in self._also:
            from closeloop.adapters.quotes.sheet import sheet

            forms[path.with_suffix(".pdf")] = sheet(seen, quote.issued_on)
        path.parent.mkdir(parents=True, exist_ok=True)
        for file, content in {**forms, path: page(seen)}.items():
            _put(file, content)


def _put(file: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=file.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
