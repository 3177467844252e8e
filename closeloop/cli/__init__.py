"""The `closeloop` command, the outermost layer: it reads arguments, calls, and prints for people or as JSON."""

from closeloop.cli.main import main

__all__ = ["main"]
