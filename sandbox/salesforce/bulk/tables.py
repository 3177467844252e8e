"""CSV as the bulk API reads and writes it: six delimiters, two line endings, everything quoted on the way out.

Invariant: a text that does not keep to the job's line ending or has rows of another width than its header is
refused as a whole, with the message Salesforce gives the job.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
_LONGEST_FIELD = 131_072
_QUOTED = re.compile(r'"[^"]*"')


class TableError(ValueError):
    """The CSV cannot be read; the text is the job's error message."""


def read(content: bytes, delimiter: str, line_ending: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of an upload; both empty for an empty one."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError("InvalidBatch : The data is not valid UTF-8") from None
    _check_line_ends(text, line_ending)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise TableError(f"InvalidBatch : Failed to parse CSV: {error}") from None
    header, *rows = lines or [[]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            message = f"InvalidBatch : Failed to parse CSV. Found {len(row)} columns in line {number}"
            raise TableError(f"{message}, expected {len(header)}")
    return [name.strip() for name in header], rows


def _check_line_ends(text: str, line_ending: str) -> None:
    bare = _QUOTED.sub("", text)
    wrong = "\r" in bare if line_ending == "LF" else re.search(r"(?<!\r)\n|\r(?!\n)", bare) is not None
    if wrong:
        message = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is "
        raise TableError(message + line_ending)


def write(header: list[str], rows: Iterable[list[str]], delimiter: str, line_ending: str) -> bytes:
    """A result as CSV with every cell quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=DELIMITERS[delimiter],
        lineterminator=LINE_ENDINGS[line_ending],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
