"""The yes-or-no options of commands. Invariant: each has one spelling and no opposite, so that help stays short."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative="")]
"""Spelled as its parameter."""
Json = Annotated[bool, Parameter(name="--json", negative="")]
All = Annotated[bool, Parameter(name="--all", negative="")]
