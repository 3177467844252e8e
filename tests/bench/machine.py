"""Where the figures come from, so that nobody compares them with another machine's."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from typing import Any


def machine() -> dict[str, Any]:
    """Cores, versions, and how busy the machine is right now."""
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "prefect": version("prefect"),
        "sqlite": sqlite3.sqlite_version,
        "httpx": version("httpx"),
        "load_before": round(os.getloadavg()[0], 2),
    }
