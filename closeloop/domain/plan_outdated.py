"""Why a part of a plan may not be carried out any more, in words for whoever approved it.

Invariant: a part is compared with all it rested on; only what is the same, and would be decided the same, is good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from closeloop.domain.plan import Decided, Item, Part, RestsOn, fingerprint
from closeloop.domain.signals import STOPPING_KINDS, SignalKind

NEWS = frozenset({SignalKind.REPLY.value, *(kind.value for kind in STOPPING_KINDS)})
"""Signals that change what may be said to somebody; an arrival or an opening outdates nothing."""
Values = Mapping[str, Mapping[str, Any]]
PULLED, LOOKED = "pull:", "look:"
"""Before the id of a record that the CRM told as new or changed, and of one read at the last look."""
CHANGED_SINCE = "its record in the CRM was changed since"
_came_in = {
    SignalKind.REPLY.value: "a reply arrived since",
    SignalKind.BOUNCED.value: "a mail to this address bounced since",
    SignalKind.SPAM_REPORT.value: "our mail was reported as spam since",
    SignalKind.UNSUBSCRIBED.value: "opted out since",
}
OWNER, OPTED_OUT, NOT_CALLED = ("owner_id", "OwnerId"), ("opted_out", "HasOptedOutOfEmail"), ("do_not_contact",)


def outdated(planned: Part, now: RestsOn, fresh: Part | None) -> list[str]:
    """Why this part may not be carried out any more; empty when the world is as it was.

    `now` is what it rests on today, `fresh` the part that a plan made today would hold.
    """
    then = planned.rests_on
    reasons = [
        *_new_signals(then, now),
        *_suppressions(then, now),
        *_changed_records(then.crm, now.crm),
        *([] if then.version == now.version else [_moved_on(then)]),
    ]
    if not reasons and then.halted != now.halted:
        reasons.append("a colleague's reply waits to be read" if now.halted else "a reply has been read meanwhile")
    return reasons or _other_outcome(planned, fresh)


def _moved_on(then: RestsOn) -> str:
    if then.version is None:
        return "it has been taken in since"
    return "a run has worked on this prospect since"


def _new_signals(then: RestsOn, now: RestsOn) -> list[str]:
    kinds = [kind for signal, kind in now.signals.items() if signal not in then.signals and kind in NEWS]
    gone = any(kind in NEWS and signal not in now.signals for signal, kind in then.signals.items())
    words = [_came_in[kind] for kind in dict.fromkeys(kinds)]
    return words + (["what had come in has been worked on since"] if gone else [])


def _suppressions(then: RestsOn, now: RestsOn) -> list[str]:
    return [
        f"{'the account' if address.startswith('@') else 'the address'} may not be written to any more: {reason}"
        for address, reason in now.suppressed.items()
        if address not in then.suppressed
    ]


def _changed_records(then: Values, now: Values) -> list[str]:
    """Of records that were read both times, and of those that only now come up as changed."""
    changed = [words for record in then if record in now for words in _differences(then[record], now[record])]
    for place in now.keys() - then.keys():
        if place.startswith(PULLED):
            before = then.get(LOOKED + place.removeprefix(PULLED), {})
            changed += _differences(before, now[place]) or [CHANGED_SINCE]
    return list(dict.fromkeys(changed))


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    both = (field for field in then if field in now)
    return [_changed_field(field, then[field], now[field]) for field in both if then[field] != now[field]]


def _changed_field(field: str, old: Any, new: Any) -> str:
    if field in OWNER:
        return "the owner changed in the CRM"
    if field in OPTED_OUT and new:
        return "opted out in the CRM"
    if field in NOT_CALLED and new:
        return "do-not-contact was set in the CRM"
    if field == "closed" and new:
        return "closed in the CRM"
    if field == "exists" and not new:
        return "the record is gone from the CRM"
    return f"{field} changed in the CRM from {_said(old)} to {_said(new)}"


def _said(value: Any) -> str:
    return "(empty)" if value in (None, "") else f"“{value}”" if isinstance(value, str) else str(value)


def _other_outcome(planned: Part, fresh: Part | None) -> list[str]:
    """The inputs are the same, and yet the rules decide otherwise: something else it hangs on has changed."""
    if fresh is None:
        return ["a run would do nothing about this prospect now"]
    if _contents(planned.items) == _contents(fresh.items) and planned.decided == fresh.decided:
        return []
    before = set(map(_told, planned.decided))
    other = [decided for decided in fresh.decided if _told(decided) not in before]
    if other:
        return [f"the rules now decide otherwise: {one.what}, because {'; '.join(one.reasons)}" for one in other]
    return ["a run would now do it in other words or with other values"]


def _told(decided: Decided) -> tuple[str, str, tuple[str, ...]]:
    return decided.stage, decided.rule, decided.reasons


def _contents(items: Iterable[Item]) -> dict[tuple[str, str], str]:
    return {(item.kind.value, item.key): fingerprint(item.content, item.before) for item in items}
