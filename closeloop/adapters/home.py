"""The home folder: where all local state lies, and the secrets that are made there once.

Invariant: a secret that was made stays what it is, and is readable for its owner only.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from closeloop.domain.errors import UsageError

SECRET_FILE = "secret"  # noqa: S105 - a file name
WEBHOOK_TOKEN_FILE = "webhook_token"  # noqa: S105 - a file name
HOME_SECRETS = (SECRET_FILE, WEBHOOK_TOKEN_FILE)


def prepare_home(home: Path) -> Path:
    """The home folder, made if need be; raises `UsageError` when it cannot be."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"cannot use {home} as home folder: {problem.strerror}. Set CLOSELOOP_HOME to a writable folder."
        ) from None
    return home.resolve()


def lasting_secret(file: Path) -> str:
    """The secret of this file, made now should there be none yet."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
    return file.read_text(encoding="ascii").strip()


def home_secrets(home: Path) -> dict[str, bytes]:
    """The secrets that were made under this home folder, by file name."""
    return {name: (home / name).read_bytes() for name in HOME_SECRETS if (home / name).is_file()}
