"""From what single sentences say to what the reply means: which labels stay, which one decides, whether we stop."""

from __future__ import annotations

from dataclasses import dataclass, field

from closeloop.adapters.replies.patterns import Phrase
from closeloop.adapters.replies.phrase_index import Tried
from closeloop.adapters.replies.rulebook import Reading
from closeloop.domain.signals import STOPPING_LABELS, Label

PRECEDENCE = (
    Label.LEGAL,
    Label.UNSUBSCRIBE,
    Label.LEFT_COMPANY,
    Label.REFERRAL,
    Label.WRONG_PERSON,
    Label.MEETING,
    Label.NOT_NOW,
    Label.OBJECTION_COMPETITOR,
    Label.OBJECTION_PRICE,
    Label.OBJECTION_AUTHORITY,
    Label.OBJECTION_PRODUCT,
    Label.OBJECTION_TRUST,
    Label.OBJECTION_NEED,
    Label.OBJECTION_TIMING,
    Label.INTERESTED,
    Label.QUESTION,
    Label.BRUSH_OFF,
    Label.OTHER,
)
"""The first of these decides what happens next: what ends everything, then who, then when, then why not."""

SAFETY = frozenset({Label.LEGAL, Label.UNSUBSCRIBE})
_FRIENDLY = frozenset({Label.INTERESTED, Label.MEETING, Label.QUESTION})
_EXCLUDED_BY: dict[Label, frozenset[Label]] = {
    Label.LEGAL: _FRIENDLY | {Label.BRUSH_OFF, Label.REFERRAL, Label.OBJECTION_TRUST, Label.OTHER},
    Label.UNSUBSCRIBE: _FRIENDLY | {Label.BRUSH_OFF, Label.NOT_NOW, Label.OBJECTION_TIMING, Label.OTHER},
    Label.LEFT_COMPANY: frozenset({Label.REFERRAL, Label.WRONG_PERSON, Label.BRUSH_OFF, Label.OBJECTION_NEED}),
    Label.REFERRAL: frozenset(
        {Label.WRONG_PERSON, Label.BRUSH_OFF, Label.OBJECTION_AUTHORITY, Label.OBJECTION_NEED, Label.QUESTION}
    ),
    Label.WRONG_PERSON: frozenset(
        {Label.BRUSH_OFF, Label.OBJECTION_NEED, Label.OBJECTION_AUTHORITY, Label.OBJECTION_TIMING}
    ),
    Label.NOT_NOW: frozenset({Label.OBJECTION_TIMING, Label.BRUSH_OFF}),
    Label.MEETING: frozenset({Label.OBJECTION_TIMING, Label.BRUSH_OFF}),
    Label.OTHER: _FRIENDLY | {Label.BRUSH_OFF, Label.OBJECTION_TRUST, Label.OBJECTION_PRODUCT},
}
_ASKED_ABOUT = frozenset(PRECEDENCE) - {Label.INTERESTED, Label.BRUSH_OFF, Label.OTHER, Label.QUESTION}


@dataclass(slots=True)
class Found:
    """Labels to the sentences that say them, and those that were only hinted at."""

    sentences: dict[Label, list[int]] = field(default_factory=dict)
    hinted: set[Label] = field(default_factory=set)

    def __contains__(self, label: Label) -> bool:
        return label in self.sentences

    def drop(self, *labels: Label) -> None:
        for label in labels:
            self.sentences.pop(label, None)

    def ordered(self) -> tuple[Label, ...]:
        return tuple(sorted(self.sentences, key=PRECEDENCE.index))


def find(said: list[str], readings: list[Reading]) -> Found:
    """Every label that a sentence of `said` carries."""
    found, weak = Found(), Found()
    for reading in readings:
        for label in PRECEDENCE:
            _collect(label, "say", reading.tried, said, found)
            _collect(label, "weak", reading.tried, said, weak)
    _ask_only_what_is_asked(found)
    _add_other_questions(found, said, readings)
    if not found.sentences:
        found.sentences, found.hinted = weak.sentences, set(weak.sentences)
    return found


def _collect(label: Label, part: str, tried: Tried, said: list[str], found: Found) -> None:
    phrases = tried.get((label.value, part))
    if not phrases:
        return
    unless = tried.get((label.value, "unless"), [])
    for number, sentence in enumerate(said):
        if _matches(phrases, sentence) and not _matches(unless, sentence):
            numbers = found.sentences.setdefault(label, [])
            if number not in numbers:
                numbers.append(number)


def _matches(phrases: list[Phrase], sentence: str) -> bool:
    return any(phrase.matches(sentence) for phrase in phrases)


def _ask_only_what_is_asked(found: Found) -> None:
    """A sentence that asks for a discount or a date is an objection or a meeting, and no neutral question."""
    taken = {number for label in _ASKED_ABOUT for number in found.sentences.get(label, ())}
    left = [number for number in found.sentences.get(Label.QUESTION, ()) if number not in taken]
    if left:
        found.sentences[Label.QUESTION] = left
    else:
        found.drop(Label.QUESTION)


def _add_other_questions(found: Found, said: list[str], readings: list[Reading]) -> None:
    """A sentence with a question mark that nothing else explains asks something."""
    explained = {number for numbers in found.sentences.values() for number in numbers}
    unless = [phrase for reading in readings for phrase in reading.tried.get((Label.QUESTION.value, "unless"), [])]
    for number, sentence in enumerate(said):
        if number not in explained and sentence.endswith("?") and not _matches(unless, sentence):
            if Label.QUESTION not in found:
                found.hinted.add(Label.QUESTION)
            found.sentences.setdefault(Label.QUESTION, []).append(number)


def settle(found: Found) -> None:
    """Remove what another label rules out, and a refusal without a reason once there is a reason."""
    for label in PRECEDENCE[:-1]:
        if label in found:
            found.drop(*_EXCLUDED_BY.get(label, ()))
    if Label.OTHER in found:
        found.drop(*_EXCLUDED_BY[Label.OTHER])
    if any(label.is_objection and label is not Label.BRUSH_OFF for label in found.sentences):
        found.drop(Label.BRUSH_OFF)
    if Label.BRUSH_OFF in found and Label.INTERESTED in found:
        found.drop(Label.INTERESTED)
    if len(found.sentences) > 1:
        found.drop(Label.OTHER)


def stops(labels: tuple[Label, ...], *, steps_aside: bool) -> bool:
    """Whether every further automated mail to this person must end."""
    return bool(STOPPING_LABELS.intersection(labels)) or (Label.REFERRAL in labels and steps_aside)


def confidence(found: Found) -> float:
    """How sure: less when only hinted at or when labels compete, more when several sentences agree."""
    labels = found.ordered()
    if SAFETY.intersection(labels):
        return 0.95
    if found.hinted:
        return 0.55
    repeated = len(found.sentences[labels[0]]) > 1
    return max(0.5, 0.85 + 0.05 * repeated - 0.1 * (len(labels) - 1))
