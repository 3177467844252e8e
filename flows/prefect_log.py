"""Owns where Prefect's words go while a command shows its own progress: to a file, never to the terminal.

Invariant: the loggers are as before when the context ends.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Importing the flow engine configures Prefect's console handlers; done later, they would be missed below.
import prefect.main as _prefect_console  # noqa: F401


@contextmanager
def prefect_lines_in(file: Path) -> Iterator[None]:
    """Sends to `file` whatever Prefect, and through the root logger any library, would print to the
    terminal.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    to_file = logging.FileHandler(file, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
    moved = [(logger, handler) for logger in _loggers() for handler in logger.handlers if _is_terminal(handler)]
    for logger, handler in moved:
        logger.removeHandler(handler)
        if to_file not in logger.handlers:
            logger.addHandler(to_file)
    try:
        yield
    finally:
        for logger, handler in moved:
            logger.removeHandler(to_file)
            logger.addHandler(handler)
        to_file.close()


def _loggers() -> list[logging.Logger]:
    named = logging.root.manager.loggerDict.values()
    return [logging.root, *(logger for logger in named if isinstance(logger, logging.Logger))]


def _is_terminal(handler: logging.Handler) -> bool:
    """Prefect's console handlers and plain stream handlers; pytest's capture and files stay."""
    from prefect.logging.handlers import PrefectConsoleHandler

    return isinstance(handler, PrefectConsoleHandler) or type(handler).__name__ in {
        "StreamHandler",
        "_SafeStreamHandler",
    }
