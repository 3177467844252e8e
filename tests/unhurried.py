"""The shipped playbook without what holds mails back: for tests about something else than hours and pace."""

from __future__ import annotations

from pathlib import Path

import yaml

from config.settings import CONFIG

ALWAYS = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "holidays": True,
    "opens": "00:00",
    "closes": "24:00",
}


def unhurried_playbook(place: Path) -> Path:
    """Written to this file: mails leave at any hour, and colleagues do not wait for one another."""
    shipped = yaml.safe_load((CONFIG / "playbook.yaml").read_text(encoding="utf-8"))
    shipped["sending"] |= {"window": ALWAYS, "answers": ALWAYS}
    del shipped["account"]
    place.write_text(yaml.safe_dump(shipped, allow_unicode=True), encoding="utf-8")
    return place
