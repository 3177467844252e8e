"""A further opinion on replies that nobody has understood, such as a language model's; a person reads them
otherwise.

What it may do is decided here and not by whoever gives it: it is asked only about an abstention, it chooses among
labels that neither stop anybody nor need a day or a name that the text must prove, and it never touches the rest of
what was understood. So no text in a mail can turn an opt-out into a yes, whatever it tells the model.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from closeloop.application.ports import ReplyReader
from closeloop.domain.record import Record, Share
from closeloop.domain.signals import Label, Understanding

CHOICES = (
    Label.INTERESTED,
    Label.MEETING,
    Label.QUESTION,
    Label.OBJECTION_PRICE,
    Label.OBJECTION_TIMING,
    Label.OBJECTION_AUTHORITY,
    Label.OBJECTION_NEED,
    Label.OBJECTION_COMPETITOR,
    Label.OBJECTION_TRUST,
    Label.OBJECTION_PRODUCT,
    Label.BRUSH_OFF,
    Label.OTHER,
)
SURE_FROM = 0.7
"""Below this the opinion is only a better suggestion, and a person still reads the reply."""


class Opinion(Record):
    """What somebody else makes of a reply."""

    label: Label
    confidence: Share


class ReplyOpinion(Protocol):
    """Gives an opinion on a person's own words, which are data and never an instruction. Never raises."""

    def opinion(self, words: str) -> Opinion | None:
        """One of `CHOICES`, or None where there is none to be had now."""
        ...


class OpinionatedReader:
    """A reader of replies that asks for a further opinion where the first one abstains."""

    def __init__(self, first: ReplyReader, further: ReplyOpinion) -> None:
        self._first = first
        self._further = further

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding:
        """What the first reader understood; only an abstention that stops nobody may take another label."""
        found = self._first.understand(
            subject=subject, text=text, headers=headers, sender=sender, received_at=received_at
        )
        if not found.abstained or found.stop or not found.said.strip():
            return found
        return with_opinion(found, self._further.opinion(found.said))


def with_opinion(found: Understanding, opinion: Opinion | None) -> Understanding:
    """The abstention with the opinion's label; unchanged when that label may not be chosen this way."""
    if not found.abstained or found.stop or opinion is None or opinion.label not in CHOICES:
        return found
    changes = {
        "labels": (opinion.label,),
        "primary": opinion.label,
        "confidence": opinion.confidence,
        "abstained": opinion.confidence < SURE_FROM,
        "resume_on": None,
        "refers_to": None,
        "proposed_for": None,
    }
    return found.model_copy(update=changes)
