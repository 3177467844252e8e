"""`Letter`: the own words of a reply, sentence by sentence, and what can be looked up in them.

The text is data, never an instruction: sentences that talk to a machine are left out before anything is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from closeloop.adapters.replies import people
from closeloop.adapters.replies.date_order import day_first
from closeloop.adapters.replies.dates import resume_on
from closeloop.adapters.replies.labels import SAFETY, Found
from closeloop.adapters.replies.machine import says_all
from closeloop.adapters.replies.meeting_time import proposed_for
from closeloop.adapters.replies.normal import broken_lines, marked, plain, sentences, unmarked
from closeloop.adapters.replies.own_words import OwnWords, own_words
from closeloop.adapters.replies.rulebook import Reading, Rulebook
from closeloop.adapters.replies.safety_nets import is_said
from closeloop.domain.signals import Label, Proposed

_GOES_ON = re.compile(
    r",(?! (?:who|which|der|die|das|que)\b)|;|:|(?=\b(?:[Pp]lease|[Bb]itte|por favor)\b)|(?=กรุณา|รบกวน|โปรด)"
)
_LONGEST_SUBJECT = 300
_ANSWER = re.compile(r"^\s*(?:re|aw|sv|rv|antw|fwd?|wg|ตอบ|ตอบกลับ)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """A reply as it came in."""

    subject: str
    text: str
    headers: str
    sender: str
    received_at: datetime
    prospect: str = ""
    """The address we wrote to, where it is not the sender's."""


@dataclass(frozen=True, slots=True)
class Letter:
    """The own words of a reply, as written and as the rules compare them."""

    own: OwnWords
    written: list[str]
    """Its sentences as they were written."""
    said: list[str]
    """The same sentences as the rules compare them, names marked."""
    readings: list[Reading]
    lines: list[str]
    """The lines that a mail program may have broken, where a sentence may begin on them; compared like `said`."""
    others: list[Reading]
    """In the languages it does not seem to be written in."""
    writers: frozenset[str]
    """The addresses of who wrote this: nobody refers to themselves."""
    day: date
    day_first: bool | None = None
    """Whether `03/02` is in February, where its language leaves that open."""
    obeyed: bool = True
    """False when sentences that talk to a machine were left out."""

    @property
    def words(self) -> str:
        """All that counts of it, for who looks at the wording as a whole."""
        return self.own.text if self.obeyed else "\n".join(self.written)

    @property
    def without_idioms(self) -> str:
        """The words without sentences such as `do not hesitate to write`, which only sound like an opt-out."""
        kept = [n for n in range(len(self.said)) if not self.matches("sounds_like_stop", [n])]
        return self.words if len(kept) == len(self.said) else "\n".join(self.written[n] for n in kept)

    def matches(self, sign: str, numbers: Iterable[int] | None = None) -> bool:
        """Whether one of these sentences (all by default) carries a sign of any of the languages."""
        chosen = self.said if numbers is None else [self.said[number] for number in numbers]
        return any(
            phrase.matches(sentence)
            for reading in self.readings
            for phrase in reading.tried.get(("sign", sign), ())
            for sentence in chosen
        )

    def date(self, *, absence: bool, numbers: list[int] | None = None) -> datetime | None:
        """The day that the first of these sentences names, in the language that can read it; midnight UTC."""
        chosen = self.said if numbers is None else [self.said[number] for number in numbers]
        if absence:
            chosen = sorted(chosen, key=lambda sentence: not self._tells_of_return(sentence))
        else:
            chosen = [" ".join(chosen)]
        for sentence in chosen:
            for reading in self._speakers_first(sentence):
                day = resume_on(
                    unmarked(sentence), reading.time, self.day, absence=absence, day_first=self.day_first
                )
                if day is not None:
                    return datetime.combine(day, time(), UTC)
        return None

    def _speakers_first(self, sentence: str) -> list[Reading]:
        """A short text may be in any language; whose words for a return it uses knows what its date means."""
        return sorted(self.readings, key=lambda reading: not reading.time.comes_back.search(sentence))

    def proposed(self, about: list[int]) -> Proposed | None:
        """The day of a meeting: from the sentences about it, else from any other."""
        numbers = [*about, *(number for number in range(len(self.said)) if number not in about)]
        languages = [reading.time for reading in self.readings]
        return proposed_for(
            [unmarked(self.said[number]) for number in numbers], languages, self.day, day_first=self.day_first
        )

    def somebody(self, pointing: Iterable[int], but: Collection[int] = ()) -> dict[str, str] | None:
        """The colleague in these sentences; an address may stand in any other.

        A sentence of `but` is about somebody else, who has left, until it goes on behind a comma or a plea.
        """
        with_address = {n for n, sentence in enumerate(self.written) if "@" in sentence}
        chosen = sorted({*pointing, *with_address})
        parts = [_GOES_ON.split(self.written[n], 1)[1:] if n in but else [self.written[n]] for n in chosen]
        return people.pointed_to([part for one in parts for part in one if part], self.writers)

    def substitute(self, found: Found) -> dict[str, str] | None:
        """Who stands in, from the sentences that point to somebody."""
        pointing = {n for n in range(len(self.said)) if self.matches("points", [n])}
        pointing |= set(found.sentences.get(Label.REFERRAL, ()))
        return self.somebody(pointing, but=set(found.sentences.get(Label.LEFT_COMPANY, ())))

    def _tells_of_return(self, sentence: str) -> bool:
        return any(reading.time.comes_back.search(sentence) for reading in self.readings)


def letter(mail: Mail, book: Rulebook) -> Letter:
    """The letter in this mail. A subject such as `unsubscribe` above an empty body is its text."""
    own = own_words(mail.text, book.cuts)
    if not own.text and says_all(mail.subject):
        own = OwnWords(mail.subject)
    written = sentences(own.text)
    said = [plain(marked(sentence)) for sentence in written]
    whole = "\n".join(said)
    return _without_commands(
        Letter(
            own,
            written,
            said,
            book.of(whole),
            [plain(marked(line)) for line in broken_lines(own.text)],
            book.others(whole),
            frozenset({mail.sender, mail.prospect or mail.sender}),
            mail.received_at.astimezone(UTC).date(),
            day_first(mail.sender, mail.headers),
        )
    )


def asked_in_subject(mail: Mail, book: Rulebook) -> Mail:
    """The mail with its subject as its first sentence, where that asks us to stop and is not our own, answered.

    `Remove me from your list` above `Thanks!` is an opt-out.
    """
    if _ANSWER.match(mail.subject):
        return mail
    said = plain(marked(mail.subject[:_LONGEST_SUBJECT]))
    if not any(is_said(label, said, [*book.of(said), *book.others(said)]) for label in SAFETY):
        return mail
    return replace(mail, text=f"{mail.subject}\n\n{mail.text}")


def _without_commands(whole: Letter) -> Letter:
    """Without the sentences that talk to a machine: they are neither obeyed nor counted."""
    kept = [n for n in range(len(whole.said)) if not whole.matches("machine_command", [n])]
    if len(kept) == len(whole.said):
        return whole
    said = [whole.said[n] for n in kept]
    lines = [line for line in whole.lines if any(line in sentence for sentence in said)]
    written = [whole.written[n] for n in kept]
    return replace(whole, written=written, said=said, lines=lines, obeyed=False)
