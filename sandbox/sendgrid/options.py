"""The rules for what a request asks of the account and switches on: groups, batches, mail and tracking settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.sendgrid.issues import Issue, strings_only, typed
from sandbox.sendgrid.known import Known

BYPASSES = ("bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management")
WORDS = {
    "mail_settings.bcc": ("bcc", ("enable",), ("email",)),
    "mail_settings.bypass_list_management": ("bypass list management", ("enable",), ()),
    "mail_settings.bypass_spam_management": ("bypass spam management", ("enable",), ()),
    "mail_settings.bypass_bounce_management": ("bypass bounce management", ("enable",), ()),
    "mail_settings.bypass_unsubscribe_management": ("bypass unsubscribe management", ("enable",), ()),
    "mail_settings.footer": ("footer", ("enable",), ("text", "html")),
    "mail_settings.sandbox_mode": ("sandbox mode", ("enable",), ()),
    "mail_settings.spam_check": ("spam check", ("enable",), ("post_to_url",)),
    "tracking_settings.click_tracking": ("click tracking", ("enable", "enable_text"), ()),
    "tracking_settings.open_tracking": ("open tracking", ("enable",), ("substitution_tag",)),
    "tracking_settings.subscription_tracking": (
        "subscription tracking",
        ("enable",),
        ("text", "html", "substitution_tag"),
    ),
    "tracking_settings.ganalytics": (
        "ganalytics",
        ("enable",),
        ("utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"),
    ),
}


def account(payload: dict[str, Any], known: Known) -> Iterator[Issue]:
    """Things that must exist on the account. This one has no templates and no pools of IP addresses."""
    if (template := payload.get("template_id")) is not None:
        yield Issue(f"The template_id must be a valid GUID, you provided '{template}'.", "template_id")
    yield from _asm(payload.get("asm"), known)
    batch_id = payload.get("batch_id")
    if batch_id is not None and not (isinstance(batch_id, str) and batch_id in known.batches):
        yield Issue("The batch_id must be a valid batch ID created by POST /v3/mail/batch.", "batch_id")
    yield from _pool(payload.get("ip_pool_name"))
    if payload.get("sections") is not None and not strings_only(payload["sections"]):
        yield Issue(
            "The sections must be an object of key/value pairs, where the values are all strings.", "sections"
        )


def _asm(asm: Any, known: Known) -> Iterator[Issue]:
    yield from typed(asm, dict)
    if not isinstance(asm, dict):
        return
    group = asm.get("group_id")
    if isinstance(group, bool) or not isinstance(group, int) or group not in known.groups:
        text = f"The ASM group ID must be a valid Group ID on your account. You provided {group}."
        yield Issue(text, "asm.group_id")
    shown = asm.get("groups_to_display")
    if shown is None:
        return
    if not isinstance(shown, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in shown):
        yield Issue("The groups to display must be an array of integers.", "asm.groups_to_display")
    elif len(shown) > 25:
        text = f"There is a limit of 25 groups to display. You provided {len(shown)} groups."
        yield Issue(text, "asm.groups_to_display")


def _pool(name: Any) -> Iterator[Issue]:
    if name is None:
        return
    if not isinstance(name, str) or not 2 <= len(name) <= 64:
        yield Issue("The ip pool name must be a string of 2 to 64 characters.", "ip_pool_name")
    else:
        yield Issue("The ip pool name must be the name of a pool on your account.", "ip_pool_name")


def settings(payload: dict[str, Any]) -> Iterator[Issue]:
    """Every switch of the mail and tracking settings is a boolean, every text of them a string."""
    for group in ("mail_settings", "tracking_settings"):
        yield from typed(payload.get(group), dict)
    for path, (words, switches, texts) in WORDS.items():
        group, name = path.split(".")
        options = payload.get(group)
        setting = options.get(name) if isinstance(options, dict) else None
        yield from typed(setting, dict)
        if isinstance(setting, dict):
            yield from _setting(setting, path, words, switches, texts)
    yield from _threshold(payload)
    yield from _exclusive(payload)


def _setting(
    setting: dict[str, Any], path: str, words: str, switches: tuple[str, ...], texts: tuple[str, ...]
) -> Iterator[Issue]:
    for switch in switches:
        if setting.get(switch) is not None and not isinstance(setting[switch], bool):
            param = switch.replace("_", " ")
            yield Issue(f"The {words} {param} param should be a boolean value.", f"{path}.{switch}")
    for text in texts:
        if setting.get(text) is not None and not isinstance(setting[text], str):
            yield Issue(f"The {words} {text} param should be a string.", f"{path}.{text}")


def _threshold(payload: dict[str, Any]) -> Iterator[Issue]:
    value = _switch(payload, "spam_check").get("threshold")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10):
        text = "The spam check threshold param should be an integer from 1 to 10."
        yield Issue(text, "mail_settings.spam_check.threshold")


def _exclusive(payload: dict[str, Any]) -> Iterator[Issue]:
    finer = [name for name in BYPASSES if _switch(payload, name).get("enable") is True]
    if finer and _switch(payload, "bypass_list_management").get("enable") is True:
        text = "The bypass list management setting cannot be combined with the finer bypass settings."
        yield Issue(text, f"mail_settings.{finer[0]}")


def _switch(payload: dict[str, Any], name: str) -> dict[str, Any]:
    options = payload.get("mail_settings")
    setting = options.get(name) if isinstance(options, dict) else None
    return setting if isinstance(setting, dict) else {}
