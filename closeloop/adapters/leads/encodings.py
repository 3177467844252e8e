"""The text of a lead file: UTF-8, UTF-16 with its mark, or Windows-1252 where that makes sense.

Invariant: no line is read in an encoding that it was not written in. One that fits nowhere keeps its bytes as
surrogates, by which its row is kept out; where that is most of the file, the file is refused.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from closeloop.adapters.leads.western import is_western
from closeloop.domain.errors import UsageError

SAVE_AS = "open it in the program it comes from and save it as CSV UTF-8"
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
_BEGINNING = 64
"""Bytes that belong to the header; a zero byte there means no text, one further down spoils its row only."""
_FEW = 0.05
"""The share of lines that may fit nowhere; a single one always may, if it is not the header."""
_MOST = 0.8
"""The share of the lines that are not UTF-8 which must make sense as Windows-1252."""
_SHOWN = 8


def decode(data: bytes, path: Path) -> tuple[str, str]:
    """The text and the name of its encoding; `UsageError` says which bytes of which line fit nowhere."""
    if data.startswith(_UTF_32):
        raise UsageError(f"{path} is UTF-32 text, which spreadsheets do not write: {SAVE_AS}")
    if data.startswith(_UTF_16):
        return _utf_16(data, path), "utf-16"
    if b"\0" in data[:_BEGINNING]:
        raise UsageError(f"{path} is a binary file or UTF-16 without its byte order mark: {SAVE_AS}")
    name = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return data.decode(name), name
    except UnicodeDecodeError:
        return _mixed(data, name, path)


def _utf_16(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].decode("utf-16", "ignore").count("\n") + 1
        found = data[problem.start : problem.end].hex(" ").upper()
        raise UsageError(f"{path} is damaged UTF-16: line {line} has the bytes {found}: {SAVE_AS}") from None


def _mixed(data: bytes, name: str, path: Path) -> tuple[str, str]:
    """Not all of it is UTF-8: a few lines are damaged, or the file is Windows-1252, or it is refused."""
    lines = [line for line in _LINE.findall(data) if line]
    odd = [n for n, line in enumerate(lines) if not _is_utf_8(line)]
    whole = sum(not line.isascii() for line in lines) - len(odd)
    lost = [n for n in odd if name != "utf-8" or not is_western(lines[n])]
    if len(odd) - len(lost) >= _MOST * len(odd) and 0 not in lost and whole < len(odd):
        return "".join(_read(line) for line in lines), "cp1252"
    if odd[0] > 0 and (whole >= len(odd) or _are_few(odd, lines)):
        return data.decode(name, "surrogateescape"), name
    first = (lost or odd)[0]
    found = _odd_bytes(lines[first])
    raise UsageError(
        f"{path} is neither UTF-8 nor Windows-1252 text: line {first + 1} has the bytes {found}: {SAVE_AS}"
    )


def _are_few(odd: list[int], lines: list[bytes]) -> bool:
    return len(lines) > 2 and len(odd) <= max(1, _FEW * len(lines))


def _read(line: bytes) -> str:
    if _is_utf_8(line) or not is_western(line):
        return line.decode("utf-8", "surrogateescape")
    return line.decode("cp1252")


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _odd_bytes(line: bytes) -> str:
    """The first bytes that are no ASCII, as hexadecimal numbers."""
    run = re.search(rb"[\x80-\xff]+", line)
    return run.group()[:_SHOWN].hex(" ").upper() if run else ""
