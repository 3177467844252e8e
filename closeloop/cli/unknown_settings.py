"""Settings that nobody reads: a misspelt name in the environment or in `.env` is told instead of ignored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches

from dotenv import dotenv_values

from closeloop.cli.program import VARIABLE
from config.settings import ENV_NAMES

PREFIX = "CLOSELOOP_"
_ENV_FILE = ".env"


def unknown_settings() -> Iterator[tuple[str, str]]:
    """Name and what to do about it, for each name with our prefix that is no setting; values are never told."""
    known = {*ENV_NAMES.values(), VARIABLE}
    places = dict.fromkeys(dotenv_values(_ENV_FILE), _ENV_FILE) | dict.fromkeys(os.environ, "the environment")
    for name in sorted(places):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            meant = get_close_matches(name.upper(), sorted(ENV_NAMES.values()), 1, 0.8)
            fix = f"did you mean {meant[0]}?" if meant else "the README lists all settings; remove this one"
            yield name, f"{fix} It is in {places[name]}"
