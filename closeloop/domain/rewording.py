"""Words that a language model proposed for a prospect's points, as far as the evidence bears them out.

Invariant: what is kept here was checked, and is checked again wherever it is used (`wording_check`), so a fact that
changes takes the words about it along.
"""

from __future__ import annotations

from closeloop.domain.record import Record

SENTENCES = ("pain", "so_what")
"""Which of a point's texts may be put in other words. Feature, proof and sources are quoted, never retold."""


class NewWords(Record):
    """One point in other words; an empty text stays as the playbook has it."""

    id: str
    """The playbook's id of the pain."""
    pain: str = ""
    so_what: str = ""

    def of(self, part: str) -> str:
        """The words for one of `SENTENCES`."""
        return self.pain if part == "pain" else self.so_what


class Rewording(Record):
    """What one model made of one prospect's points, in one language."""

    language: str
    model: str
    mark: str
    """Of what the model was told: while it is the same, nobody is asked, and nothing is paid, again."""
    points: tuple[NewWords, ...] = ()

    def of(self, pain: str, language: str) -> NewWords | None:
        """The words for this pain in this language."""
        if language != self.language:
            return None
        return next((one for one in self.points if one.id == pain), None)


def without_words(rewording: Rewording) -> Rewording:
    """Asked, paid, and not said: a deck could not hold the words."""
    return rewording.model_copy(update={"points": ()})
