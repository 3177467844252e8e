"""What the tests hold sandbox/buyers to: words."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from string import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.agenda import seconds
from sandbox.buyers import dates, personas
from sandbox.buyers.chance import Chance
from sandbox.buyers.people import person_at
from sandbox.buyers.personas import LABELS, Outcome, PersonaError
from sandbox.buyers.timing import awake, opens_at, replies_at
from sandbox.buyers.wordings import wordings
from sandbox.buyers.writing import write
from sandbox.sendgrid.models import Content, Mail

KNOWN_FIELDS = {
    "sender",
    "me",
    "company",
    "day",
    "month",
    "quarter",
    "weeks",
    "slot",
    "colleague",
    "colleague_email",
}
CHANCES = st.builds(Chance, st.integers(0, 99), st.emails())
AT = seconds(datetime(2026, 1, 7, 10, 0, tzinfo=UTC))


def mail_of(to: str = "ann.berg@one.example", subject: str = "An idea") -> Mail:
    content = Content(
        x_message_id="x" * 22,
        index=0,
        kind="to",
        to=to,
        to_name="",
        sender="nora@seller.example",
        sender_name="Nora Lund",
        reply_to="",
        text="Hello,\nplease say unsubscribe to stop.",
        html="",
        headers={},
        custom_args={},
        categories=[],
    )
    return Mail(1, to, AT - 3600, AT - 3600, "delivered", subject, content)


def all_outcomes() -> list[Outcome]:
    return [
        outcome
        for persona in personas.personas().values()
        for beat in persona.beats
        for outcome, _ in beat.outcomes
        if outcome.do == "reply"
    ]


def test_the_weights_of_the_personas_are_per_mille() -> None:
    assert sum(persona.weight for persona in personas.personas().values()) == 1000


def test_every_label_is_written_by_somebody() -> None:
    assert {outcome.label for outcome in all_outcomes()} == LABELS


def test_every_outcome_has_at_least_six_english_wordings() -> None:
    for outcome in all_outcomes():
        key = f"{outcome.label}/{outcome.tone}" if outcome.tone else outcome.label
        assert len({wording.text for wording in wordings()[key]["en"]}) >= 6, key


def test_several_labels_can_be_read_in_german_spanish_and_thai() -> None:
    for language in ("de", "es", "th"):
        assert sum(language in by_language for by_language in wordings().values()) >= 10


def test_wordings_use_known_fields_only() -> None:
    for by_language in wordings().values():
        for wording in (wording for listed in by_language.values() for wording in listed):
            fields = set(re.findall(r"\$(\w+)", wording.text))
            assert fields <= KNOWN_FIELDS
            assert bool(fields & {"day", "month", "quarter", "weeks"}) == bool(wording.when)
            Template(wording.text).substitute(dict.fromkeys(KNOWN_FIELDS, "x"))


def test_a_wrong_personas_file_names_the_persona() -> None:
    with pytest.raises(PersonaError, match=r"'dreamer'.*no reply label"):
        personas._persona(
            "dreamer", {"weight": 1, "opens": 0, "clicks": 0, "script": [{"do": "reply", "label": "hm"}]}
        )


@given(
    CHANCES,
    st.sampled_from(["day", "month", "quarter", "weeks", "last_day", "back_on"]),
    st.dates(date(2026, 1, 1), date(2029, 12, 31)),
)
def test_a_named_date_lies_ahead_and_means_the_day_the_words_say(chance: Chance, when: str, today: date) -> None:
    named = dates.name_date(chance, when, today, "en")
    assert today < named.resume_on <= today + timedelta(days=100)
    if when in ("month", "quarter"):
        assert named.resume_on.day == 1
    elif when == "weeks":
        assert named.resume_on == today + timedelta(weeks=int(named.fields["weeks"]))
    else:
        assert named.resume_on.weekday() < 5
    if when in ("day", "back_on"):
        assert datetime.strptime(named.fields["day"], "%d %B %Y").replace(tzinfo=UTC).date() == named.resume_on
    if when == "last_day":
        last = datetime.strptime(named.fields["day"], "%d %B %Y").replace(tzinfo=UTC).date()
        assert named.resume_on == dates.weekday_from(last + timedelta(days=1))


@given(CHANCES, st.integers(AT, AT + 10**7), st.sampled_from([-8, -5, 0, 1, 7, 8]))
def test_reactions_fall_into_waking_hours_after_the_mail_and_in_order(
    chance: Chance, arrived: int, offset: int
) -> None:
    opened = opens_at(chance, arrived, offset, 1)
    replied = replies_at(chance, arrived, opened, offset, 1)
    assert arrived < opened < replied < arrived + 8 * 86400
    for at in (opened, replied):
        local = datetime.fromtimestamp(at, UTC) + timedelta(hours=offset)
        assert local.weekday() < 5
        assert 8 <= local.hour < 19


def test_somebody_awake_is_not_moved() -> None:
    assert awake(AT, 0, Chance(1, "a@b.example"), 1) == AT


@given(st.integers(0, 300))
def test_a_reply_holds_its_own_words_first_and_the_mail_only_as_a_quotation(seed: int) -> None:
    chance = Chance(seed, "ann.berg@one.example")
    person = person_at(chance, "ann.berg@one.example", "")
    reply = write(chance, person, mail_of(), Outcome("reply", "interested"), AT, 1)
    own = re.split(r"\n\n(?:On .* wrote:|Am .* schrieb|El .* escribió|เมื่อ |-----Original)", reply.form["text"])[0]
    assert "unsubscribe" not in own
    assert own.strip()
    assert reply.form["from"] == "Ann Berg <ann.berg@one.example>"
    assert json.loads(reply.form["envelope"])["to"] == ["nora@seller.example"]


def test_a_subject_with_a_line_break_cannot_add_a_header() -> None:
    chance = Chance(7, "ann@one.example")
    person = person_at(chance, "ann@one.example", 'Ann\r\nBcc: x@y.example "<a>"')
    mail = mail_of(subject="Hi\r\nBcc: all@one.example")
    headers = write(chance, person, mail, Outcome("reply", "other"), AT, 1).form["headers"]
    assert not re.search(r"^Bcc:", headers, re.MULTILINE)


@pytest.mark.parametrize(
    ("email", "language"),
    [("a@werk.de.example", "de"), ("a@foods.th.example", "th"), ("a@norte.mx.example", "es")],
)
def test_a_country_in_the_domain_decides_the_language(email: str, language: str) -> None:
    assert person_at(Chance(7, email), email, "").language == language


def test_a_person_without_letters_in_the_address_still_has_a_name() -> None:
    assert person_at(Chance(7, "42@one.example"), "42@one.example", "").name == "Team"
