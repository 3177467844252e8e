"""The commands about the two files of rules: the playbook, and the mapping of the CRM's fields."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from closeloop.cli.flags import Json

playbook_app = App(
    name="playbook", help="Check the playbook, compare two versions, or print its JSON Schema for editors."
)
mapping_app = App(
    name="mapping", help="Check which CRM field holds what and whose it is, or print the JSON Schema."
)


def register(app: App) -> None:
    """Add them to the program."""
    app.command(playbook_app)
    app.command(mapping_app)


@playbook_app.command(name="check")
def check_playbook(file: Path | None = None, /, *, json: Json = False) -> int:
    """Validate a playbook and say what is in it; every mistake is named with its place.

    :param file: the playbook to check (default: the configured one)
    :param json: print one JSON object
    """
    from closeloop.cli.playbook import check

    return check(file, as_json=json)


@playbook_app.command(name="schema")
def playbook_schema() -> int:
    """Print the JSON Schema of the playbook, for completion in editors."""
    from closeloop.cli.playbook import print_schema

    return print_schema()


@playbook_app.command(name="diff")
def playbook_diff(old: Path, new: Path | None = None, /, *, json: Json = False) -> int:
    """Compare two playbooks: every place that differs, and whether it counts for people already in a sequence.

    :param old: the playbook as it was
    :param new: the playbook as it is to be (default: the configured one)
    :param json: print one JSON object
    """
    from closeloop.cli.playbook_diff import compare

    return compare(old, new, as_json=json)


@mapping_app.command(name="check")
def check_mapping(file: Path | None = None, /, *, json: Json = False) -> int:
    """Validate a CRM mapping and say whose the fields are; every mistake is named with its place.

    :param file: the mapping to check (default: the configured one)
    :param json: print one JSON object
    """
    from closeloop.cli.mapping import check

    return check(file, as_json=json)


@mapping_app.command(name="schema")
def mapping_schema() -> int:
    """Print the JSON Schema of the CRM mapping, for completion in editors."""
    from closeloop.cli.mapping import print_schema

    return print_schema()
