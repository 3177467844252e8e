"""What the tests hold unit/domain to: walking a sequence with branches, preferences and variants."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.decisions import Channel, Hold, Touch
from closeloop.domain.playbook import Playbook
from closeloop.domain.playbook_lines import foreign_line, line_of, on_line
from closeloop.domain.prospect import Prospect
from closeloop.domain.sending_rules import ChannelPreference
from closeloop.domain.sequences import next_touch
from closeloop.domain.stage import Stage
from closeloop.domain.steps import END, Seen, Step, Variant, problems
from closeloop.domain.texts import Text
from closeloop.domain.transitions import apply
from tests.unit.domain.people import NOW, playbook, prospect

LINE = "approach_question"


def mail(**fields: Any) -> Step:
    return Step(**({"channel": Channel.EMAIL, "template": "approach_bump", "wait_days": 3} | fields))


def call(**fields: Any) -> Step:
    return mail(**({"channel": Channel.CALL, "template": "Call: ask"} | fields))


def walking(*steps: Step, preference: ChannelPreference = ChannelPreference.REPLACE) -> Playbook:
    update = {"sequences": playbook().sequences | {LINE: steps}, "channel_preference": preference}
    return playbook().model_copy(update=update)


def walk(
    rules: Playbook, person: Prospect, seen: dict[int, Seen] | None = None
) -> list[tuple[int, Channel, datetime]]:
    """Step number, channel and moment of each touch; `seen` are signals that come right after a step."""
    now = NOW
    found: list[tuple[int, Channel, datetime]] = []
    for _ in range(50):
        decision = next_touch(person, rules, LINE, now)
        if decision is None:
            return found
        if isinstance(decision, Hold):
            assert decision.until is not None
            assert decision.until > now
            now = decision.until
            continue
        found.append((decision.step, decision.channel, now))
        person = apply(decision, person, rules, now).prospect
        if one := (seen or {}).get(decision.step):
            person = person.model_copy(update={"seen": person.seen | {one.value: now}})
        assert person.due_at is not None
        now = person.due_at
    raise AssertionError("a sequence ends")


def steps_of(found: list[tuple[int, Channel, datetime]]) -> list[int]:
    return [step for step, _, _ in found]


PERSON = prospect({}, stage=Stage.APPROACH)
BRANCHING = (
    mail(),
    mail(unless=[Seen.CLICKED], otherwise="ring"),
    mail(then=END),
    call(id="ring", wait_days=1),
    mail(when=[Seen.OUT_OF_OFFICE]),
)


def test_a_signal_leads_onto_its_branch_and_its_absence_onto_the_other() -> None:
    rules = walking(*BRANCHING)
    assert steps_of(walk(rules, PERSON)) == [1, 2, 3]
    assert steps_of(walk(rules, PERSON, {1: Seen.CLICKED})) == [1, 4]
    both = {1: Seen.CLICKED, 4: Seen.OUT_OF_OFFICE}
    assert steps_of(walk(rules, PERSON, both)) == [1, 4, 5]


def test_a_signal_from_before_the_sequence_began_leads_nowhere() -> None:
    old = PERSON.model_copy(update={"seen": {"clicked": NOW.replace(year=2025)}})
    assert steps_of(walk(walking(*BRANCHING), old)) == [1, 2, 3]


def test_a_step_reached_by_leaving_others_out_waits_its_own_days() -> None:
    rules = walking(mail(), mail(wait_days=1, unless=[Seen.CLICKED]), call(wait_days=6))
    (_, _, first), (step, _, second) = walk(rules, PERSON, {1: Seen.CLICKED})
    assert step == 3
    assert (second - first).days == 8, "six business days and a weekend"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((call(),), "must start with an e-mail step"),
        ((mail(unless=[Seen.CLICKED]),), "must start with an e-mail step that has no condition"),
        ((mail(), mail(then="nowhere")), "which is not there; there are end"),
        ((mail(id="one"), mail(then="one")), "leads back to 'one'"),
        ((mail(), mail(id="one", then="one")), "leads back to 'one'"),
        ((mail(then=END), mail()), "step 2 can never be reached"),
        ((mail(then="three"), call(id="two"), mail(id="three")), r"step 2 \(two\) can never be reached"),
        ((mail(id="a"), mail(id="a")), "'a' is used twice"),
        ((mail(id="end"),), "'end' is reserved"),
    ],
)
def test_a_sequence_that_never_ends_or_leads_nowhere_is_refused_in_words(
    steps: tuple[Step, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Playbook.model_validate(walking(*steps).model_dump())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when": ["clicked"], "unless": ["clicked"]}, "could never be carried out"),
        ({"otherwise": "end"}, "never left out"),
        ({"channel": "call", "variants": [{"name": "a"}, {"name": "b"}]}, "only e-mail steps"),
        ({"variants": [{"name": "a"}]}, "no comparison"),
        ({"variants": [{"name": "a"}, {"name": "a"}]}, "same name"),
        ({"when": ["opened"]}, "Input should be"),
    ],
)
def test_a_step_that_contradicts_itself_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mail(**fields)


TARGETS = st.sampled_from([None, END, *(f"s{n}" for n in range(6))])
SIGNS = st.lists(st.sampled_from(list(Seen)), max_size=2, unique=True)


@st.composite
def any_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    found = [mail(id="s0", then=draw(TARGETS))]
    for n in range(1, draw(st.integers(1, 6))):
        when = draw(SIGNS)
        unless = [sign for sign in draw(SIGNS) if sign not in when]
        otherwise = draw(TARGETS) if when or unless else None
        channel = draw(st.sampled_from(Channel))
        fields = {"when": when, "unless": unless, "then": draw(TARGETS), "otherwise": otherwise, "channel": channel}
        found.append(mail(id=f"s{n}", wait_days=draw(st.integers(0, 9)), **fields))
    return tuple(found)


@given(steps=any_steps(), seen=st.dictionaries(st.integers(1, 6), st.sampled_from(Seen)), facts=st.booleans())
def test_a_sequence_that_validates_ends_and_carries_no_step_out_twice(
    steps: tuple[Step, ...], seen: dict[int, Seen], facts: bool
) -> None:
    if next(problems(steps), None) is not None:
        return
    person = prospect({"preferred_channel": "social", "do_not_call": True} if facts else {}, stage=Stage.APPROACH)
    found = walk(walking(*steps), person, seen)
    assert steps_of(found) == sorted(set(steps_of(found)))
    assert found[0][:2] == (1, Channel.EMAIL)
    assert not (facts and any(channel is Channel.CALL for _, channel, _ in found))


ALL_CHANNELS = (mail(), mail(), call(), call(channel=Channel.SOCIAL), call(channel=Channel.MEETING), mail())


@pytest.mark.parametrize(
    ("facts", "rule", "expected"),
    [
        ({}, "replace", "email email call social meeting email"),
        ({"do_not_call": True}, "replace", "email email social meeting email"),
        ({"do_not_call": "false"}, "replace", "email email call social meeting email"),
        ({"preferred_channel": "Phone"}, "replace", "email call call call call call"),
        ({"preferred_channel": "E-Mail"}, "replace", "email email email"),
        ({"preferred_channel": "call"}, "skip", "email call"),
        ({"preferred_channel": "call"}, "ignore", "email email call social meeting email"),
        ({"preferred_channel": "call", "do_not_call": True}, "replace", "email email social meeting email"),
        (
            {"preferred_channel": "social", "do_not_call": True},
            "replace",
            "email social social social social social",
        ),
        ({"preferred_channel": "pigeon"}, "replace", "email email call social meeting email"),
    ],
)
def test_the_preferred_channel_takes_the_place_of_others_and_nobody_is_called_who_must_not_be(
    facts: dict[str, Any], rule: str, expected: str
) -> None:
    rules = walking(*ALL_CHANNELS, preference=ChannelPreference(rule))
    found = walk(rules, prospect(facts, stage=Stage.APPROACH))
    assert " ".join(channel for _, channel, _ in found) == expected


VARIANTS = (Variant(name="a"), Variant(name="b", weight=3, subject=Text("Other words", "en", {})))


def first(rules: Playbook, person: Prospect) -> Touch:
    found = next_touch(person, rules, LINE, NOW)
    assert isinstance(found, Touch)
    return found


def test_each_prospect_stays_with_one_wording_and_the_weights_hold() -> None:
    rules = walking(mail(variants=VARIANTS))
    names = [first(rules, prospect({}, key=f"00Q{n}")).variant for n in range(2000)]
    assert names == [first(rules, prospect({}, key=f"00Q{n}")).variant for n in range(2000)]
    assert 0.7 < Counter(names)["b"] / 2000 < 0.8
    touch = next(t for n in range(99) if (t := first(rules, prospect({}, key=f"00Q{n}"))).variant == "b")
    assert touch.props["subject"] == "Other words"
    assert touch.reasons[-1] == "variant b of 2"


def test_another_line_of_the_playbook_draws_anew() -> None:
    one, other = walking(mail(variants=VARIANTS)), walking(mail(variants=VARIANTS), mail())
    people = [prospect({}, key=f"00Q{n}") for n in range(200)]
    assert [first(one, p).variant for p in people] != [first(other, p).variant for p in people]


def test_a_line_is_known_by_its_steps_alone_and_comes_back_as_it_was() -> None:
    rules = walking(*BRANCHING)
    line = line_of(rules)
    assert line_of(rules.model_copy(update={"version": "other"})).hash == line.hash
    assert line_of(walking(mail())).hash != line.hash
    assert on_line(walking(mail()), line).sequences == rules.sequences
    assert on_line(walking(mail()), line).approaches == rules.approaches


def test_who_is_inside_a_sequence_stays_on_its_line_and_who_enters_anew_does_not() -> None:
    old, new = walking(*BRANCHING), walking(mail())
    person = apply(first(old, PERSON), PERSON, old, NOW).prospect
    assert person.enrollment is not None
    assert foreign_line(person, old) is None
    assert foreign_line(person, new) == person.enrollment.line == line_of(old).hash
    assert steps_of(walk(on_line(new, line_of(old)), person)) == [2, 3]
    assert foreign_line(PERSON, new) is None
