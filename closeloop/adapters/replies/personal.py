"""What a person's own words mean: the rules' labels, the model's second opinion, and what follows from both."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from closeloop.adapters.replies import labels as labelling
from closeloop.adapters.replies import safety_nets
from closeloop.adapters.replies.labels import Found
from closeloop.adapters.replies.letter import Letter
from closeloop.adapters.replies.mentions import mentions
from closeloop.adapters.replies.normal import unmarked
from closeloop.adapters.replies.second_opinion import RulesSay, best, is_enough, is_safety, likely
from closeloop.adapters.replies.wording_model import wording_model
from closeloop.domain.signals import STOPPING_LABELS, Label, Understanding

_SOON_DAYS = 14
_FOREIGN = 0.2
_POINTING = (Label.REFERRAL, Label.WRONG_PERSON)
KEPT_BESIDE = 0.25
"""So likely must a rule's label be to stand beside one that the model found instead."""


CHANCE_HIT = 0.03
"""Share of the likeliest label's below which a rule's label is taken for a hit by chance."""


OVERRULES = 0.6
"""So likely must a label be to replace what a rule is sure of."""
OVERRULES_A_STOP = 0.8


def _overrules(said: RulesSay) -> float:
    return OVERRULES_A_STOP if said.sure & {*STOPPING_LABELS, Label.REFERRAL} else OVERRULES


class Reading:
    """The steps of reading one letter; the rules' findings change as the steps rule things out."""

    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.found = labelling.find(letter.said, letter.readings)
        safety_nets.cast(self.found, letter.said, letter.readings, letter.others)
        safety_nets.look_again(self.found, letter.lines, [*letter.readings, *letter.others])
        self.who: dict[str, str] | None = None
        self.back: datetime | None = None
        self.confidence = 0.0
        self.abstained = False

    def settle(self) -> None:
        """Apply what the labels found by the rules rule out among each other."""
        self.who = _refer(self.letter, self.found)
        _meet_or_come_back(self.letter, self.found)
        self.back = _come_back(self.letter, self.found)
        labelling.settle(self.found)

    def weigh(self) -> None:
        """Let the model confirm, replace or add to what the rules found."""
        said = rules_say(self.found)
        self.confidence = labelling.confidence(self.found) if self.found.sentences else 0.0
        if labelling.SAFETY.intersection(said.sure):
            return
        model, words = wording_model(), self.letter.words
        if model.is_foreign(words):
            self.abstained, self.confidence = True, _FOREIGN
            return
        chances = likely(model, words, said)
        chosen = self._possible(chances)
        if chosen in labelling.SAFETY and self._only_sounds_like_it(said):
            chances = {label: 0.0 if label in STOPPING_LABELS else share for label, share in chances.items()}
            chosen = self._possible(chances)
        self.confidence = round(chances[chosen], 3)
        if chosen in self.found or (said.sure and chances[chosen] < _overrules(said)):
            self._drop_chance_hits(chances)
            primary = self.found.ordered()[0]
            self.confidence = round(sum(chances[label] for label in self.found.sentences if label in chances), 3)
            self.abstained = not is_enough(primary, self.confidence)
            return
        self.abstained = not is_enough(chosen, chances[chosen])
        kept = [label for label in self.found.sentences if chances.get(label, 0) >= KEPT_BESIDE]
        self.found.drop(*(label for label in list(self.found.sentences) if label not in kept))
        self.found.sentences[chosen] = list(range(len(self.letter.said)))
        self.found.hinted.discard(chosen)
        labelling.settle(self.found)

    def _only_sounds_like_it(self, said: RulesSay) -> bool:
        """Whether the model alone hears an opt-out, and only in sentences that the rules know as something else."""
        rest = self.letter.without_idioms
        if rest == self.letter.words:
            return False
        return not rest or not is_safety(likely(wording_model(), rest, said))

    def _drop_chance_hits(self, chances: dict[Label, float]) -> None:
        """A phrase may stand in a sentence that means something else; next to a likely label such a hit goes."""
        top = max(chances.get(label, 0) for label in self.found.sentences)
        self.found.drop(
            *(label for label in list(self.found.sentences) if chances.get(label, 0) < CHANCE_HIT * top)
        )

    def _possible(self, chances: dict[Label, float]) -> Label:
        """The likeliest label whose evidence is there: no time to come back without a day, nobody named, no
        referral.
        """
        impossible: set[Label] = set()
        back = self.back or self.letter.date(absence=False)
        if back is None:
            impossible.add(Label.NOT_NOW)
        who = self.who or self.letter.somebody(range(len(self.letter.said)))
        if who is None:
            impossible.add(Label.REFERRAL)
        found = best(chances, without=impossible, doubted=bool(self.found.sentences.keys() - self.found.hinted))
        self.back = back if found is Label.NOT_NOW else self.back
        self.who = who if found is Label.REFERRAL else self.who
        return found

    def understanding(self) -> Understanding:
        """The outcome. An abstention names the likeliest label as a suggestion; in doubt we stop."""
        labels = self.found.ordered() or (Label.OTHER,)
        stays = self.letter.matches("joint") or any(x in self.found for x in (Label.MEETING, Label.INTERESTED))
        stop = labelling.stops(labels, steps_aside=Label.REFERRAL in labels and not stays)
        return Understanding(
            labels=labels,
            primary=labels[0],
            confidence=min(1.0, self.confidence),
            abstained=self.abstained,
            resume_on=self.back if Label.NOT_NOW in labels else None,
            refers_to=self.who if {Label.REFERRAL, Label.LEFT_COMPANY}.intersection(labels) else None,
            proposed_for=self.letter.proposed(self.found.sentences[Label.MEETING])
            if Label.MEETING in labels
            else None,
            stop=stop,
            said=self.letter.own.text,
        )


def rules_say(found: Found) -> RulesSay:
    """The findings of the rules as the second opinion weighs them."""
    hinted = found.hinted.intersection(found.sentences)
    return RulesSay(frozenset(found.sentences) - hinted, frozenset(hinted))


def is_no_receipt(found: Found) -> bool:
    """Words no receipt of a machine says; it does promise to be in touch, and it gives a reference."""
    return _speaks(found, but={Label.BRUSH_OFF, Label.OBJECTION_TRUST})


def speaks_for_itself(found: Found) -> bool:
    """Words no automatic answer says, so that they count although the mail also speaks of an absence."""
    return _speaks(found)


def _speaks(found: Found, but: Collection[Label] = ()) -> bool:
    own = {Label.LEGAL, Label.UNSUBSCRIBE, Label.MEETING, Label.BRUSH_OFF, Label.INTERESTED, Label.LEFT_COMPANY}
    own |= {label for label in Label if label.is_objection and label is not Label.OBJECTION_TIMING}
    return bool(own.difference(but).intersection(found.sentences))


def _refer(letter: Letter, found: Found) -> dict[str, str] | None:
    """Who is pointed to. A referral to nobody who can be reached is only `not me`."""
    if Label.LEFT_COMPANY in found:
        return letter.substitute(found)
    pointing = sorted({n for label in _POINTING for n in found.sentences.get(label, ())})
    if not pointing:
        return None
    who = letter.somebody(pointing)
    if who is None and Label.REFERRAL in found:
        numbers = found.sentences.pop(Label.REFERRAL)
        if not found.sentences:
            _otherwise(letter, found, numbers, Label.WRONG_PERSON if letter.matches("redirects", numbers) else None)
    elif who is not None and "email" in who and Label.WRONG_PERSON in found:
        found.sentences.setdefault(Label.REFERRAL, found.sentences[Label.WRONG_PERSON])
    return who


def _meet_or_come_back(letter: Letter, found: Found) -> None:
    """`Friday at ten` is a meeting; `we could talk in April, try me again` is a time to come back."""
    if Label.MEETING not in found or Label.NOT_NOW not in found:
        return
    said = [unmarked(letter.said[number]) for number in found.sentences[Label.MEETING]]
    times = [
        m for sentence in said for reading in letter.readings for m in mentions(sentence, reading.time, letter.day)
    ]
    soon = letter.day + timedelta(days=_SOON_DAYS)
    is_meeting = not times or any(
        (mention.exact and mention.last is None) or mention.on <= soon for mention in times
    )
    found.drop(Label.NOT_NOW if is_meeting else Label.MEETING)


def _come_back(letter: Letter, found: Found) -> datetime | None:
    """The day of a `not now`; one without a day is only bad timing."""
    numbers = found.sentences.get(Label.NOT_NOW)
    if not numbers:
        return None
    back = letter.date(absence=False, numbers=numbers) or letter.date(absence=False)
    if back is None:
        found.drop(Label.NOT_NOW)
        if not found.sentences:
            _otherwise(letter, found, numbers, Label.OBJECTION_TIMING)
    return back


def _otherwise(letter: Letter, found: Found, numbers: list[int], label: Label | None) -> None:
    """What sentences mean whose first meaning has fallen away: a question if they ask, else `label`."""
    asking = [number for number in numbers if letter.said[number].endswith("?")]
    if asking:
        found.sentences[Label.QUESTION] = asking
        found.hinted.add(Label.QUESTION)
    elif label is not None:
        found.sentences[label] = numbers
