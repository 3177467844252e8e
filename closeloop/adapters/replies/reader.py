"""`RuleReplyReader`: one reply in, one understanding out, offline and without a guess that nobody can see.

First who wrote (a bounce and an automatic answer are never a person's word), then what the person wrote
themselves, then what it says: the rules, and where they are silent or unsure a model of wordings. What neither
understands a person reads, with the likeliest meaning as a suggestion. The text is data, never an instruction.
"""

from __future__ import annotations

from datetime import datetime

from closeloop.adapters.replies import labels as labelling
from closeloop.adapters.replies.letter import Letter, Mail, asked_in_subject, letter
from closeloop.adapters.replies.machine import Writer, speaks_of_absence, written_by
from closeloop.adapters.replies.personal import Reading, is_no_receipt, rules_say, speaks_for_itself
from closeloop.adapters.replies.rulebook import Rulebook, rulebook
from closeloop.adapters.replies.second_opinion import RulesSay
from closeloop.domain.html_words import is_html, words_of
from closeloop.domain.signals import Label, Understanding

MOST_CHARACTERS = 20_000
"""Nobody answers a sales mail at greater length; what comes behind is an attachment or an attack."""


class RuleReplyReader:
    """Understands replies in English, German, Spanish and Thai. Never raises for what a mail holds."""

    def __init__(self) -> None:
        self._book: Rulebook = rulebook()

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime, prospect: str = ""
    ) -> Understanding:
        """What it means. `resume_on` is midnight UTC of its day; `abstained` when a person has to read it.

        `prospect` is the address we wrote to, where it is not the sender's: an alias of the sender is nobody else.
        """
        seen = words_of(text) if is_html(text) else text
        mail = Mail(subject, seen[:MOST_CHARACTERS], headers, sender, received_at, prospect)
        writer = written_by(subject, mail.text, headers, sender)
        if writer in {Writer.BOUNCE, Writer.DELAY}:
            return _only(Label.BOUNCE, 0.98, stop=writer is Writer.BOUNCE)
        if writer is Writer.AUTOMATIC:
            return _automatic(letter(mail, self._book), subject, 0.97)
        found = letter(asked_in_subject(mail, self._book), self._book)
        return _personal(found, subject)

    def rules_alone(self, mail: Mail) -> RulesSay:
        """What the rules find in a person's words, before the model is asked; the training counts its worth."""
        reading = Reading(letter(mail, self._book))
        reading.settle()
        return rules_say(reading.found)


def _automatic(found: Letter, subject: str, sure: float) -> Understanding:
    """Left, absent, or only a machine's receipt."""
    said = labelling.find(found.said, found.readings)
    if Label.LEFT_COMPANY in said or found.matches("gone"):
        return _only(Label.LEFT_COMPANY, sure - 0.05, found, stop=True, refers_to=found.substitute(said))
    if found.matches("absence") or speaks_of_absence(subject):
        back = found.date(absence=True)
        return _only(Label.OUT_OF_OFFICE, sure, found, resume=back, refers_to=found.substitute(said))
    if asked := _asked_by_machine(found):
        return asked
    back = found.date(absence=True) if not found.matches("automatic") else None
    label = Label.OUT_OF_OFFICE if back else Label.AUTO_REPLY
    return _only(label, sure - 0.1 if back else sure, found, resume=back)


def _asked_by_machine(found: Letter) -> Understanding | None:
    """An opt-out or a legal demand in a mail with a machine's headers: help desks and list addresses put them on
    what people write. What a footer offers its reader is none.
    """
    reading = Reading(found)
    kept = {
        label: [number for number in numbers if not found.matches("footer", [number])]
        for label, numbers in reading.found.sentences.items()
        if label in labelling.SAFETY
    }
    reading.found.sentences = {label: numbers for label, numbers in kept.items() if numbers}
    if not reading.found.sentences:
        return None
    reading.settle()
    reading.weigh()
    return reading.understanding()


def _personal(found: Letter, subject: str) -> Understanding:
    if not found.said:
        sure = 0.9 if found.own.forwarded or not found.own.text else 0.6
        return _only(Label.OTHER, sure, found, abstained=bool(found.own.text))
    reading = Reading(found)
    if found.matches("automatic") and not is_no_receipt(reading.found):
        return _automatic(found, subject, 0.85)
    reading.settle()
    if found.matches("absence") and not speaks_for_itself(reading.found):
        return _automatic(found, subject, 0.85)
    if not reading.found.sentences and all(found.matches("polite_only", [n]) for n in range(len(found.said))):
        return _only(Label.OTHER, 0.85, found)
    reading.weigh()
    return reading.understanding()


def _only(
    label: Label,
    sure: float,
    found: Letter | None = None,
    *,
    stop: bool = False,
    abstained: bool = False,
    resume: datetime | None = None,
    refers_to: dict[str, str] | None = None,
) -> Understanding:
    return Understanding(
        labels=(label,),
        primary=label,
        confidence=sure,
        abstained=abstained,
        resume_on=resume,
        refers_to=refers_to,
        stop=stop,
        said=found.own.text if found else "",
    )
