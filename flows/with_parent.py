"""`python -m flows.with_parent MODULE ARGUMENTS`: runs a module that leaves when its parent does.

Invariant: the parent holds the other end of standard input; when that closes, however the parent ended, this
process interrupts itself as Ctrl-C would, and a shutdown that hangs is cut short.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

LEFT_WITHIN_SECONDS = 8.0


def watch_parent() -> None:
    """From now on this process ends with its parent."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job may have it ignored
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(LEFT_WITHIN_SECONDS)
    os._exit(1)


def main() -> None:
    """Becomes the module, with its arguments."""
    watch_parent()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
