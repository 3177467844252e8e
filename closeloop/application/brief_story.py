"""A prospect's story in short: one line for each mail, one for what was learned or written at once.

Invariant: nothing is told that the whole story does not hold, and nothing that went wrong is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from closeloop.application.why import Episode, Story
from closeloop.domain.last_look import told
from closeloop.domain.sources import spoken_source

QUIET = frozenset({(None, "planned"), ("planned", "claimed"), ("claimed", "accepted")})
"""Moves of an action that went as planned."""
NEWS = {"delivered": "arrived", "opened": "opened", "clicked": "a link was clicked"}
"""What became of a mail, as its line adds it."""


def brief(story: Story) -> Story:
    """The same story with fewer lines."""
    episodes = list(story.episodes)
    episodes = _one_line_a_mail(episodes)
    episodes = _joined(episodes, "fact", _source, _facts)
    episodes = _joined(episodes, "crm", _record, _writes)
    return story.model_copy(update={"episodes": tuple(episodes)})


def _one_line_a_mail(episodes: list[Episode]) -> list[Episode]:
    """The line that says an action was done stands for it; a mail's line also says what became of the mail."""
    ended = {_action(one): one for one in episodes if one.detail.get("to") == "accepted"}
    told: list[Episode] = []
    for one in episodes:
        key = _action(one)
        if (key in ended and one is not ended[key] and _is_quiet(one)) or _is_record_of(one, ended):
            continue
        if one is ended.get(key):
            if key.startswith("task:log:"):
                continue
            told.append(_with_news(one, episodes))
        elif not (one.kind == "signal" and _is_news(one, ended)):
            told.append(one)
    return told


def _action(one: Episode) -> str:
    return str(one.detail.get("action_key") or "")


def _is_record_of(one: Episode, ended: dict[str, Episode]) -> bool:
    """The record that an action made in the CRM: the action's own line says so already."""
    made = one.kind == "crm" and not one.detail.get("field") and one.detail.get("state") == "written"
    return made and any(key and str(one.detail.get("reason", "")).endswith(key) for key in ended)


def _is_quiet(one: Episode) -> bool:
    if one.kind == "receipt":
        return one.detail.get("verdict") == "send" or "batch_id" in one.detail.get("values", {})
    return one.kind == "action" and (one.detail.get("from"), one.detail.get("to")) in QUIET


def _is_news(one: Episode, ended: dict[str, Episode]) -> bool:
    kind = one.detail.get("kind")
    return kind == "processed" or (kind in NEWS and _action(one) in ended)


def _with_news(sent: Episode, episodes: Iterable[Episode]) -> Episode:
    """`The e-mail “…” was sent; arrived 06 Jan 09:02; opened 06 Jan 11:20.`"""
    key, first = _action(sent), dict[str, Episode]()
    checked = [_checked(one) for one in episodes if one.kind == "receipt" and _action(one) == key]
    for one in episodes:
        if one.kind == "signal" and _action(one) == key and one.detail.get("kind") in NEWS:
            first.setdefault(str(one.detail["kind"]), one)
    news = [f"{NEWS[kind]} {one.at:%d %b %H:%M}" for kind, one in first.items()]
    parts = [sent.text.removesuffix("."), *[seen for seen in checked if seen][-1:], *news]
    return sent.model_copy(update={"text": "; ".join(parts) + "."}) if len(parts) > 1 else sent


def _checked(receipt: Episode) -> str:
    """`checked at 09:02:11: no reply waiting, not opted out, …`; empty for a receipt that holds no values."""
    values = receipt.detail.get("values", {})
    read_at, seen = values.get("read_at"), told(values)
    at = f" at {datetime.fromisoformat(read_at).astimezone(UTC):%H:%M:%S} UTC" if read_at else ""
    return f"checked{at}: {seen}" if seen else ""


def _joined(
    episodes: Iterable[Episode],
    kind: str,
    about: Callable[[Episode], object],
    words: Callable[[list[Episode]], str],
) -> list[Episode]:
    """Lines of one moment and one thing, told as the first of them with the words of all."""
    groups: dict[object, list[Episode]] = {}
    for one in episodes:
        is_one = one.kind == kind and about(one) is not None
        groups.setdefault((one.at, about(one)) if is_one else id(one), []).append(one)
    return [
        group[0] if len(group) == 1 else group[0].model_copy(update={"text": words(group)})
        for group in groups.values()
    ]


def _source(one: Episode) -> str:
    return spoken_source(str(one.detail.get("source", "")))


def _facts(group: list[Episode]) -> str:
    """`Learned from our records: employees is 250, industry is Retail.`"""
    learned = [one.text.partition(": ")[2].rpartition(" (")[0] for one in group]
    return f"Learned from {_source(group[0])}: {', '.join(learned)}."


def _record(one: Episode) -> object:
    """The record of a field write; a record that was made has a line of its own."""
    return one.detail.get("record_id") if one.detail.get("field") and one.detail.get("state") == "written" else None


def _writes(group: list[Episode]) -> str:
    fields = ", ".join(str(one.detail["field"]) for one in group)
    return f"Set {len(group)} fields of the {group[0].detail['object']} in the CRM: {fields}."
