"""The child process that is the Prefect server: what `prefect server start` runs, tied to its parent.

Invariant: it never outlives the process that started it. The parent holds the other end of standard input;
when that closes, however the parent ended, this process interrupts itself and Prefect shuts down in its
ordinary way.
"""

import gc
import os
import signal
import sys
import threading
import time

LEFT_WITHIN_SECONDS = 15.0


def main(port: int, host: str) -> None:
    """Serves the API, the UI and the enabled services until interrupted or left alone."""
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    gc.set_threshold(
        100_000, 50, 50
    )  # the import makes a million lasting objects; looking them over takes half a second
    import uvicorn
    from prefect.server.api.server import create_app

    from flows.sqlite_writers import take_turns

    take_turns()
    gc.freeze()
    gc.set_threshold(700, 10, 10)
    uvicorn.run(
        create_app(final=True),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


def _leave_with_the_parent() -> None:
    """A shutdown that hangs is cut short: nobody is left to do it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(LEFT_WITHIN_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1")
