"""Which channel a step takes for this prospect: what they prefer, and what they asked us not to use.

Invariant: nobody who is not to be called is given a call, whatever the playbook says.
"""

from __future__ import annotations

from closeloop.domain.decisions import Channel
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.sending_rules import ChannelPreference
from closeloop.domain.steps import Step

_HOW = {Channel.CALL: "Call", Channel.SOCIAL: "Write on a business network", Channel.MEETING: "Meet"}
_WORDS = {"phone": Channel.CALL, "mail": Channel.EMAIL, "linkedin": Channel.SOCIAL}
"""What orgs write for a channel beside our own words."""


class Carried(Record):
    """A step as this prospect gets it."""

    channel: Channel
    template: str
    reasons: tuple[str, ...] = ()


def preferred(prospect: Prospect) -> Channel | None:
    """The channel the prospect asked for, as the CRM or a reply has it."""
    said = str(prospect.fact("preferred_channel") or "").strip().casefold().replace("-", "")
    found = _WORDS.get(said) or next((channel for channel in Channel if channel.value == said), None)
    return None if found is Channel.CALL and not may_be_called(prospect) else found


def may_be_called(prospect: Prospect) -> bool:
    """False where the CRM says do-not-call."""
    return str(prospect.fact("do_not_call")).casefold() not in {"true", "1", "yes"}


def carried(step: Step, prospect: Prospect, rule: ChannelPreference, *, first: bool) -> Carried | None:
    """The step in its own channel or in the preferred one; None: it is left out for this prospect.

    The first mail stays a mail: it says who we are and how to stop us.
    """
    wanted = preferred(prospect)
    as_written = Carried(channel=step.channel, template=step.template)
    if step.channel is Channel.CALL and not may_be_called(prospect):
        if wanted is None or wanted is Channel.EMAIL or rule is not ChannelPreference.REPLACE:
            return None
        return _instead(step, wanted, "they are not to be called")
    if first or wanted in {None, step.channel} or rule is ChannelPreference.IGNORE:
        return as_written
    if rule is ChannelPreference.SKIP or wanted is Channel.EMAIL:
        return None
    assert wanted is not None  # noqa: S101 - None is in the set above
    return _instead(step, wanted, f"they prefer {wanted}")


def _instead(step: Step, channel: Channel, reason: str) -> Carried:
    """A Task for the owner in the other channel; what a mail would have said is named, not invented."""
    what = step.template.replace("_", " ") if step.channel is Channel.EMAIL else step.template.rpartition(": ")[2]
    return Carried(
        channel=channel,
        template=f"{_HOW[channel]}: {what}"[:255],
        reasons=(f"in place of a {step.channel}: {reason}",),
    )
