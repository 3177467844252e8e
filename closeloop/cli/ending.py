"""How a command ends: with one of the promised exit codes and, when it failed, one message. Never with a traceback.

What nobody foresaw is kept whole in a file that only the person can read, since it may hold people's data.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from cyclopts import CycloptsError

from closeloop.cli.output import complain
from closeloop.domain.errors import CloseloopError, UsageError

OK, FAILED, WRONG_USE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
CRASH_FILE = "crash.log"


def ended(command: Callable[[], object]) -> int:
    """Run the command; its exit code."""
    _speak_any_encoding()
    _unwind_when_terminated()
    try:
        found = command()
        sys.stdout.flush()
        return found if isinstance(found, int) else OK
    except CycloptsError as problem:
        return _failed(f"{problem} Try `closeloop --help`.", WRONG_USE)
    except UsageError as problem:
        return _failed(str(problem), WRONG_USE)
    except CloseloopError as problem:
        return _failed(str(problem), FAILED)
    except KeyboardInterrupt:
        return _failed("stopped", INTERRUPTED)
    except BrokenPipeError:
        return _unheard()
    except Exception as problem:  # noqa: BLE001 - whatever it is, people get a sentence
        return _failed(_unforeseen(problem), FAILED)


def _failed(text: str, code: int) -> int:
    complain(text)
    return code


def _speak_any_encoding() -> None:
    """A terminal that lacks a character shows a question mark, and the command goes on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _unwind_when_terminated() -> None:
    """Whoever ends this process ends the servers it started too."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)


def _unheard() -> int:
    """The reader of our output has gone; what is left must not be tried again when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _unforeseen(problem: Exception) -> str:
    what = type(problem).__name__
    try:
        place = _keep(problem)
    except OSError:
        return f"this failed in a way nobody foresaw ({what}), and the details could not be written down"
    return f"this failed in a way nobody foresaw ({what}); the details are in {place}, please send them to us"


def _keep(problem: Exception) -> Path:
    """Append the traceback to the crash file of the home folder, or of a temporary one when there is none."""
    home = Path(os.environ.get("CLOSELOOP_HOME") or ".closeloop")
    folder = home / "logs" if home.is_dir() else Path(tempfile.mkdtemp(prefix="closeloop-"))
    folder.mkdir(exist_ok=True)
    place = folder / CRASH_FILE
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        stream.writelines(traceback.format_exception(problem))
    return place.resolve()
