"""Makes every test start from the same world: no settings, no network but the loopback, fast tests first.

Invariant: nothing of the person's environment (their org, their keys, their Prefect) can reach a test, or a
process that a test starts. It is scrubbed when this file is read, before the project is imported.
"""

import os
import signal
import tempfile
from pathlib import Path

import pytest

# Read before the environment is scrubbed.
from tests.real_org_settings import REAL_ORG as REAL_ORG

FOLDERS_FAST_FIRST = ("unit", "contract", "sandbox", "flows", "e2e", "architecture")
SCRUBBED_PREFIXES = ("CLOSELOOP_", "PREFECT_", "SENDGRID_", "SALESFORCE_", "PG")
PROXY_VARIABLES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"}

# Prefect reads its profiles when it is imported; the person's own may name their server. Removed at exit.
_PREFECT_HOME = tempfile.TemporaryDirectory(prefix="closeloop-tests-")


def _scrub_environment() -> None:
    for name in list(os.environ):
        if name.startswith(SCRUBBED_PREFIXES) or name.upper() in PROXY_VARIABLES:
            del os.environ[name]
    os.environ.update({"DO_NOT_TRACK": "1", "NO_PROXY": "*", "TZ": "UTC", "NO_COLOR": "1", "COLUMNS": "120"})
    os.environ["PREFECT_HOME"] = _PREFECT_HOME.name


_scrub_environment()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell: every process that a test starts would be deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _private_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever writes to a default place writes below the test's temporary folder."""
    os.environ["CLOSELOOP_HOME"] = str(tmp_path_factory.mktemp("closeloop-home"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast folders first, so that a mistake shows in seconds; the order inside a file stays."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    relative = path.relative_to(Path(__file__).parent)
    folder = relative.parts[0]
    return FOLDERS_FAST_FIRST.index(folder) if folder in FOLDERS_FAST_FIRST else len(FOLDERS_FAST_FIRST)
