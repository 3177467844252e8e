"""Who sits at this machine: the name under which an answer counts unless another is given."""

from __future__ import annotations

import getpass


def this_person() -> str:
    """The user name, or `somebody` where the machine knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
