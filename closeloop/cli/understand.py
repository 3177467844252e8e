"""`closeloop understand`: replies in, one line each; what they mean out, one line each.

Answers stand alone on stdout, in the order of the replies. A line that cannot be read is named on stderr and the
others go on; then the exit code is 1.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from closeloop.adapters.clock import SystemClock
from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.adapters.replies.reply_lines import BadLine, ReplyLine, read_line, written_line
from closeloop.cli.ending import FAILED, OK
from closeloop.cli.output import complain
from closeloop.domain.errors import UsageError

STDIN = Path("-")


def understand_file(path: Path) -> int:
    """Work every line; a broken one costs only itself. `-` reads stdin."""
    with _opened(path) as lines:
        return _work(lines, "stdin" if path == STDIN else path.name)


def _work(lines: Iterable[bytes], source: str) -> int:
    reader, now, broken = RuleReplyReader(), SystemClock().now(), 0
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    for number, raw in enumerate(lines, 1):
        line = raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip()
        if not line:
            continue
        try:
            answer = _answer(read_line(line, number, now), reader)
        except BadLine as problem:
            complain(f"{source}, line {number}: {problem}")
            broken += 1
        except Exception as problem:  # noqa: BLE001 - whatever one reply does to a rule, the others are answered
            complain(
                f"{source}, line {number}: could not be worked on ({type(problem).__name__}); a person reads it"
            )
            broken += 1
        else:
            sys.stdout.write(answer + "\n")
    if broken:
        complain(f"{broken:,} {'line' if broken == 1 else 'lines'} could not be read; all others are answered")
    return FAILED if broken else OK


def _answer(reply: ReplyLine, reader: RuleReplyReader) -> str:
    found = reader.understand(
        subject=reply.subject,
        text=reply.body,
        headers=reply.headers,
        sender=reply.sender,
        received_at=reply.received_at,
        prospect=reply.prospect,
    )
    return written_line(reply.id, found)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise UsageError(
            f"{path}: {reason}. Give a file with one JSON reply per line, or - to read them from stdin"
        ) from None
    with file:
        yield file
