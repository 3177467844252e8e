"""Lead files on disk: CSV as CRMs and spreadsheets write it, with the delimiters they use.

A damaged row costs that row only. What makes a whole file unusable is one `UsageError` that says what to do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from closeloop.adapters.leads.encodings import SAVE_AS, decode
from closeloop.domain.errors import UsageError
from closeloop.domain.lead_columns import known_columns
from closeloop.domain.lead_rows import NumberedRow, is_too_long, read_rows
from closeloop.domain.leads import LeadFile

_SIGNATURES = {
    b"PK\x03\x04": "a spreadsheet or archive (.xlsx, .ods, .zip)",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file (.gz)",
}
_DELIMITERS = ",;\t|"
csv.field_size_limit(2**31 - 1)  # Python's own limit would take a long cell for a broken row


def read_lead_file(path: Path) -> LeadFile:
    """Read a lead file; line numbers are those of a text editor. `UsageError` when nothing can be read."""
    text, encoding = _decode(_read(path), path)
    lines = list(io.StringIO(text, newline=""))
    start = next((n for n, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise UsageError(f"{path} is empty: export the leads again")
    delimiter, start = _delimiter(lines, start)
    header, after = _record(lines, start, delimiter)
    rows = list(_rows(lines, after, delimiter, len(header)))
    found = read_rows(header, rows, encoding)
    if not rows:
        raise UsageError(f"{path} has a first line but no rows: export the leads again")
    return found


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise UsageError(f"{path} is a folder: give the CSV file inside it")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}: check the name and the folder") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be read ({reason}): check its name and permissions") from None


def _decode(data: bytes, path: Path) -> tuple[str, str]:
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise UsageError(f"{path} is {what}, not a CSV file: {SAVE_AS}")
    return decode(data, path)


def _delimiter(lines: list[str], start: int) -> tuple[str, int]:
    """The sign between cells, and the header's place: Excel may say it in a line `sep=;` of its own."""
    first = lines[start].strip().strip('"')
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4], start + 1 if start + 1 < len(lines) else start
    headers = {sign: _record(lines, start, sign)[0] for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: (known_columns(headers[sign]), len(headers[sign])))
    return best, start


_LONGEST_RECORD = 2_000
"""Lines. A quotation mark that nobody closed must not swallow the file."""


def _record(lines: list[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The cells that begin on line `at` (from 0), and where the next record begins.

    Where quotation marks do not pair up, the record is that one line.
    """
    ahead = (lines[n] for n in range(at, min(at + _LONGEST_RECORD, len(lines))))
    reader = csv.reader(ahead, delimiter=delimiter, strict=True)
    try:
        return next(reader, []), at + max(reader.line_num, 1)
    except csv.Error:
        return _one_line(lines[at], delimiter), at + 1


def _one_line(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _rows(lines: list[str], at: int, delimiter: str, width: int) -> Iterator[NumberedRow]:
    while at < len(lines):
        cells, after = _record(lines, at, delimiter)
        if after > at + 1 and (len(cells) != width or is_too_long(cells)):
            cells, after = _one_line(lines[at], delimiter), at + 1
        if cells:
            yield at + 1, cells
        at = after
