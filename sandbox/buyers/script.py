"""The pure rules of a story: which beat a mail belongs to and whether its moment has come.

Nothing here draws twice: every choice is named by the beat, so the story of a person is fixed by the mails
alone.
"""

from __future__ import annotations

from sandbox.buyers.chance import Chance
from sandbox.buyers.models import Standing
from sandbox.buyers.personas import STAGES, Beat, Outcome, Persona
from sandbox.sendgrid.models import Content

DEFAULT_STAGE = "approach"


def stage_of(content: Content) -> str:
    """The stage a mail says it belongs to: in its own argument `stage`, else in a category, else approach."""
    told = [str(content.custom_args.get("stage", "")), *content.categories]
    return next((name for name in told if name in STAGES), DEFAULT_STAGE)


def next_outcome(chance: Chance, persona: Persona, standing: Standing, stage: str, now: int) -> Outcome | None:
    """What this mail makes the person do, or None; moves `standing` on through the script.

    A person who is busy with an earlier mail, away, or through with the story only lets the mail lie.
    """
    if standing.busy or now < standing.away_until or standing.ends in ("lost", "stop", "silent"):
        return None
    standing.beat = _beat_for(persona.beats, standing.beat, stage, standing)
    if standing.beat >= len(persona.beats):
        return None
    beat = persona.beats[standing.beat]
    if beat.unprompted or stage not in beat.stages:
        return None
    standing.waited += 1
    if standing.waited < chance.between(*beat.after, "after", standing.beat):
        return None
    return finish_beat(chance, beat, standing)


def finish_beat(chance: Chance, beat: Beat, standing: Standing) -> Outcome:
    """Draw the beat's outcome and go on to the next beat."""
    outcome = chance.weighted(beat.outcomes, "outcome", standing.beat)
    standing.beat, standing.waited = standing.beat + 1, 0
    return outcome


def unprompted_next(persona: Persona, standing: Standing) -> Beat | None:
    """The next beat when it comes by itself, else None."""
    if standing.beat < len(persona.beats) and persona.beats[standing.beat].unprompted:
        return persona.beats[standing.beat]
    return None


def _beat_for(beats: tuple[Beat, ...], current: int, stage: str, standing: Standing) -> int:
    """The present beat, or the first later one when the mail is of a stage the story should have reached."""
    if current >= len(beats) or stage in beats[current].stages or beats[current].unprompted:
        return current
    for index in range(current + 1, len(beats)):
        if stage in beats[index].stages and _comes_later(stage, beats[current]):
            standing.waited = 0
            return index
    return current


def _comes_later(stage: str, beat: Beat) -> bool:
    return STAGES.index(stage) > max(STAGES.index(name) for name in beat.stages)
