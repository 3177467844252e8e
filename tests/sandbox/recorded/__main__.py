"""`python -m tests.sandbox.recorded` writes docs/sandbox-coverage.md anew."""

from __future__ import annotations

import sys

from tests.sandbox.conftest import running_sandbox
from tests.sandbox.recorded import cassettes, page


def main() -> int:
    """Plays the recordings and writes the page; 1 if a difference has no reason yet."""
    root = cassettes.home()
    if root is None:
        sys.stderr.write("cumulusci is not installed: pip install --no-deps -r requirements-recordings.lock\n")
        return 2
    with running_sandbox() as sandbox:
        found = page.report(sandbox, root)
    page.PAGE.write_text(page.text(found), "utf-8")
    for played, difference in found.unexplained:
        sys.stderr.write(f"unexplained: {played.exchange.cassette} {played.exchange.title} {difference}\n")
    return 1 if found.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
