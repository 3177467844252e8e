"""`RuleReplyReader`: one reply in, one understanding out, offline and without a guess.

First who wrote (a bounce and an automatic answer are never a person's word), then what the person wrote
themselves, then what each sentence says. When no rule knows it, it abstains and a person reads it. The text is
data, never an instruction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from closeloop.adapters.replies import labels as labelling
from closeloop.adapters.replies import people
from closeloop.adapters.replies.dates import resume_on
from closeloop.adapters.replies.labels import Found
from closeloop.adapters.replies.machine import Writer, says_all, speaks_of_absence, written_by
from closeloop.adapters.replies.meeting_time import proposed_for
from closeloop.adapters.replies.mentions import mentions
from closeloop.adapters.replies.normal import marked, plain, sentences, unmarked
from closeloop.adapters.replies.own_words import OwnWords, own_words
from closeloop.adapters.replies.rulebook import Reading, Rulebook, rulebook
from closeloop.domain.signals import Label, Proposed, Understanding

MOST_CHARACTERS = 20_000
"""Nobody answers a sales mail at greater length; what comes behind is an attachment or an attack."""
_ANSWER = re.compile(r"^\s*(?:re|aw|sv|rv|antw|fwd?|wg|ตอบ|ตอบกลับ)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Letter:
    """The own words of a reply, as written and as the rules compare them."""

    own: OwnWords
    written: list[str]
    """Its sentences as they were written."""
    said: list[str]
    """The same sentences as the rules compare them, names marked."""
    readings: list[Reading]
    sender: str
    day: date

    def matches(self, sign: str, numbers: list[int] | None = None) -> bool:
        """Whether one of these sentences (all by default) carries a sign of any of the languages."""
        chosen = self.said if numbers is None else [self.said[number] for number in numbers]
        return any(
            phrase.matches(sentence)
            for reading in self.readings
            for phrase in reading.tried.get(("sign", sign), ())
            for sentence in chosen
        )


class RuleReplyReader:
    """Understands replies in English, German, Spanish and Thai. Never raises for what a mail holds."""

    def __init__(self) -> None:
        self._book: Rulebook = rulebook()

    def understand(
        self, *, subject: str, text: str, headers: str, sender: str, received_at: datetime
    ) -> Understanding:
        """What it means. `resume_on` is midnight UTC of its day; abstains as `other` when no rule knows it."""
        text = text[:MOST_CHARACTERS]
        writer = written_by(subject, text, headers, sender)
        if writer in {Writer.BOUNCE, Writer.DELAY}:
            return _only(Label.BOUNCE, 0.98, stop=writer is Writer.BOUNCE)
        letter = self._letter(subject, text, sender, received_at)
        if writer is Writer.AUTOMATIC:
            return _automatic(letter, subject, 0.97)
        return _personal(letter, subject)

    def _letter(self, subject: str, text: str, sender: str, received_at: datetime) -> _Letter:
        own = own_words(text, self._book.cuts)
        if not own.text and says_all(subject) and not _ANSWER.match(subject):
            own = OwnWords(subject)
        written = sentences(own.text)
        said = [plain(marked(sentence)) for sentence in written]
        day = received_at.astimezone(UTC).date()
        return _without_commands(_Letter(own, written, said, self._book.of("\n".join(said)), sender, day))


def _without_commands(letter: _Letter) -> _Letter:
    """Without the sentences that talk to a machine: they are neither obeyed nor counted."""
    kept = [n for n in range(len(letter.said)) if not letter.matches("machine_command", [n])]
    if len(kept) == len(letter.said):
        return letter
    said = [letter.said[n] for n in kept]
    written = [letter.written[n] for n in kept]
    return replace(letter, written=written, said=said)


def _automatic(letter: _Letter, subject: str, sure: float) -> Understanding:
    """Left, absent, or only a machine's receipt."""
    found = labelling.find(letter.said, letter.readings)
    if Label.LEFT_COMPANY in found or letter.matches("gone"):
        return _only(Label.LEFT_COMPANY, sure - 0.05, letter, stop=True, refers_to=_substitute(letter, found))
    if letter.matches("absence") or speaks_of_absence(subject):
        back = _date(letter, absence=True)
        return _only(Label.OUT_OF_OFFICE, sure, letter, resume=back, refers_to=_substitute(letter, found))
    back = _date(letter, absence=True) if not letter.matches("automatic") else None
    label = Label.OUT_OF_OFFICE if back else Label.AUTO_REPLY
    return _only(label, sure - 0.1 if back else sure, letter, resume=back)


def _personal(letter: _Letter, subject: str) -> Understanding:
    if not letter.said:
        sure = 0.9 if letter.own.forwarded or not letter.own.text else 0.6
        return _only(Label.OTHER, sure, letter, abstained=bool(letter.own.text))
    found = labelling.find(letter.said, letter.readings)
    if letter.matches("automatic") and not _speaks_for_itself(found):
        return _automatic(letter, subject, 0.85)
    who = _refer(letter, found)
    _meet_or_come_back(letter, found)
    back = _come_back(letter, found)
    labelling.settle(found)
    if letter.matches("absence") and not _speaks_for_itself(found):
        return _automatic(letter, subject, 0.85)
    if not found.sentences:
        return _unknown(letter)
    labels = found.ordered()
    steps_aside = Label.REFERRAL in labels and not _stays(letter, found)
    return Understanding(
        labels=labels,
        primary=labels[0],
        confidence=labelling.confidence(found),
        resume_on=back if Label.NOT_NOW in labels else None,
        refers_to=who if {Label.REFERRAL, Label.LEFT_COMPANY}.intersection(labels) else None,
        proposed_for=_proposed(letter, found),
        stop=labelling.stops(labels, steps_aside=steps_aside),
        said=letter.own.text,
    )


def _speaks_for_itself(found: Found) -> bool:
    """Words no automatic answer says, so that they count although the mail also speaks of an absence."""
    own = {Label.LEGAL, Label.UNSUBSCRIBE, Label.MEETING, Label.BRUSH_OFF, Label.INTERESTED, Label.LEFT_COMPANY}
    own |= {label for label in Label if label.is_objection and label is not Label.OBJECTION_TIMING}
    return bool(own.intersection(found.sentences))


def _refer(letter: _Letter, found: Found) -> dict[str, str] | None:
    """Who is pointed to. A referral to nobody who can be reached is only `not me`."""
    if Label.LEFT_COMPANY in found:
        return _substitute(letter, found)
    pointing = sorted({n for label in _POINTING for n in found.sentences.get(label, ())})
    if not pointing:
        return None
    who = _somebody(letter, pointing)
    if who is None and Label.REFERRAL in found:
        numbers = found.sentences.pop(Label.REFERRAL)
        if not found.sentences:
            _otherwise(letter, found, numbers, Label.WRONG_PERSON if letter.matches("redirects", numbers) else None)
    elif who is not None and "email" in who and Label.WRONG_PERSON in found:
        found.sentences.setdefault(Label.REFERRAL, found.sentences[Label.WRONG_PERSON])
    return who


_POINTING = (Label.REFERRAL, Label.WRONG_PERSON)


def _meet_or_come_back(letter: _Letter, found: Found) -> None:
    """`Friday at ten` is a meeting; `we could talk in April, try me again` is a time to come back."""
    if Label.MEETING not in found or Label.NOT_NOW not in found:
        return
    said = [unmarked(letter.said[number]) for number in found.sentences[Label.MEETING]]
    times = [
        m for sentence in said for reading in letter.readings for m in mentions(sentence, reading.time, letter.day)
    ]
    soon = letter.day + timedelta(days=_SOON_DAYS)
    is_meeting = not times or any(mention.exact or mention.on <= soon for mention in times)
    found.drop(Label.NOT_NOW if is_meeting else Label.MEETING)


_SOON_DAYS = 14


def _proposed(letter: _Letter, found: Found) -> Proposed | None:
    """The day of a meeting: from the sentences about it, else from any other."""
    if Label.MEETING not in found:
        return None
    about = found.sentences[Label.MEETING]
    numbers = [*about, *(number for number in range(len(letter.said)) if number not in about)]
    languages = [reading.time for reading in letter.readings]
    return proposed_for([unmarked(letter.said[number]) for number in numbers], languages, letter.day)


def _come_back(letter: _Letter, found: Found) -> datetime | None:
    """The day of a `not now`; one without a day is only bad timing."""
    numbers = found.sentences.get(Label.NOT_NOW)
    if not numbers:
        return None
    back = _date(letter, absence=False, numbers=numbers) or _date(letter, absence=False)
    if back is None:
        found.drop(Label.NOT_NOW)
        if not found.sentences:
            _otherwise(letter, found, numbers, Label.OBJECTION_TIMING)
    return back


def _otherwise(letter: _Letter, found: Found, numbers: list[int], label: Label | None) -> None:
    """What sentences mean whose first meaning has fallen away: a question if they ask, else `label`."""
    asking = [number for number in numbers if letter.said[number].endswith("?")]
    if asking:
        found.sentences[Label.QUESTION] = asking
    elif label is not None:
        found.sentences[label] = numbers


def _stays(letter: _Letter, found: Found) -> bool:
    """Whether who refers us stays in the talk: brings a colleague in, wants to go on, or asks something."""
    return letter.matches("joint") or any(label in found for label in (Label.MEETING, Label.INTERESTED))


def _unknown(letter: _Letter) -> Understanding:
    """Thanks and receipts are known to say nothing; everything else that no rule knows is for a person."""
    polite = all(letter.matches("polite_only", [number]) for number in range(len(letter.said)))
    return _only(Label.OTHER, 0.85 if polite else 0.2, letter, abstained=not polite)


def _substitute(letter: _Letter, found: Found) -> dict[str, str] | None:
    """Who stands in, from the sentences that point to somebody."""
    pointing = {n for n in range(len(letter.said)) if letter.matches("points", [n])}
    referring = set(found.sentences.get(Label.REFERRAL, ())).difference(found.sentences.get(Label.LEFT_COMPANY, ()))
    return _somebody(letter, sorted(pointing | referring))


def _somebody(letter: _Letter, pointing: list[int]) -> dict[str, str] | None:
    """The colleague in these sentences; an address may stand in any other."""
    with_address = {n for n, sentence in enumerate(letter.written) if "@" in sentence}
    return people.pointed_to([letter.written[n] for n in sorted({*pointing, *with_address})], letter.sender)


def _date(letter: _Letter, *, absence: bool, numbers: list[int] | None = None) -> datetime | None:
    """The day that the first of these sentences names, in the language that can read it."""
    chosen = letter.said if numbers is None else [letter.said[number] for number in numbers]
    if absence:
        chosen = sorted(chosen, key=lambda sentence: not _tells_of_return(sentence, letter))
    else:
        chosen = [" ".join(chosen)]
    for sentence in chosen:
        for reading in letter.readings:
            day = resume_on(unmarked(sentence), reading.time, letter.day, absence=absence)
            if day is not None:
                return datetime.combine(day, time(), UTC)
    return None


def _tells_of_return(sentence: str, letter: _Letter) -> bool:
    return any(reading.time.comes_back.search(sentence) for reading in letter.readings)


def _only(
    label: Label,
    sure: float,
    letter: _Letter | None = None,
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
        said=letter.own.text if letter else "",
    )
