"""Conversations: what goes on with what, which ids stand in the headers, and whom they lead back to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.threads import (
    KEPT_IDS,
    SAME_TALK,
    Conversation,
    ThreadHeaders,
    bare,
    header,
    heard,
    ids_in,
    opens_or_continues,
    prospect_of_ids,
    said,
    well_formed,
)
from closeloop.domain.tokens import make_token
from tests.unit.domain.people import KEY, NOW

SECRET = "a secret of the tests"
TOKEN = make_token(KEY, SECRET)
DAY = timedelta(days=1)


def _headers(
    known: Conversation | None, key: str, after: timedelta = DAY, *, on_its_own: bool = False
) -> ThreadHeaders:
    at = (known.last_at if known else NOW) + after
    return opens_or_continues(known, key, TOKEN, "mail.tallyard.example", at, on_its_own=on_its_own)


def _first() -> Conversation:
    key = f"email:{KEY}:approach_premium:1:1"
    return said(None, _headers(None, key), key, "For Volvo: a benchmark", NOW)


def test_the_first_mail_has_an_id_of_its_own_and_names_its_conversation() -> None:
    headers = _headers(None, f"email:{KEY}:approach_premium:1:1")
    assert headers.in_reply_to is None
    assert headers.subject is None
    (root,) = headers.references
    assert root != headers.message_id
    assert {well_formed(root), well_formed(headers.message_id)} == {root, headers.message_id}


def test_a_follow_up_answers_the_mail_before_it_under_one_subject() -> None:
    known = _first()
    headers = _headers(known, f"email:{KEY}:approach_premium:1:2")
    assert headers.subject == "For Volvo: a benchmark"
    assert headers.in_reply_to == known.ids[-1]
    assert headers.references == (known.root, *known.ids)
    third = _headers(said(known, headers, "k", "unused", NOW), f"email:{KEY}:approach_premium:1:4")
    assert third.in_reply_to == headers.message_id
    assert third.references[-1] == headers.message_id
    assert third.subject == "For Volvo: a benchmark"


def test_another_sequence_opens_another_conversation_while_nobody_has_answered() -> None:
    assert _headers(_first(), f"email:{KEY}:presentation:1:1").subject is None


def test_after_a_reply_every_mail_goes_on_with_theirs() -> None:
    known = heard(_first(), "<theirs@volvo.example>", (), "Re: For Volvo: a benchmark", NOW + DAY)
    assert known is not None
    headers = _headers(known, f"email:{KEY}:presentation:1:1")
    assert headers.in_reply_to == "<theirs@volvo.example>"
    assert headers.subject == "For Volvo: a benchmark"
    later = said(known, headers, "k", "unused", NOW + 2 * DAY)
    assert _headers(later, f"email:{KEY}:presentation:1:2").subject == "For Volvo: a benchmark"


def test_a_mail_of_a_cadence_begins_anew_unless_it_answers() -> None:
    key = f"email:{KEY}:follow_up_nurture:1:2"
    opened = said(None, _headers(None, key), f"email:{KEY}:follow_up_nurture:1:1", "Something for later", NOW)
    assert _headers(opened, key, on_its_own=True).subject is None
    theirs = heard(opened, "<1@volvo.example>", (), "Re: Something for later", NOW + DAY)
    assert _headers(theirs, key, on_its_own=True).subject == "Something for later"


def test_after_a_long_silence_nobody_is_told_re() -> None:
    assert _headers(_first(), f"email:{KEY}:approach_premium:1:2", SAME_TALK + DAY).subject is None


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [
        ("Re: For Volvo: a benchmark", "For Volvo: a benchmark"),
        ("AW: Re: [EXTERNAL] For Volvo: a benchmark", "For Volvo: a benchmark"),
        ("ตอบ: For Volvo: a benchmark", "For Volvo: a benchmark"),
        ("", "For Volvo: a benchmark"),
        ("Invoices in Q3", "Invoices in Q3"),
    ],
)
def test_a_subject_that_they_change_is_theirs_to_choose(theirs: str, kept: str) -> None:
    known = heard(_first(), "<1@volvo.example>", (), theirs, NOW)
    assert known is not None
    assert known.subject == kept


def test_somebody_who_writes_first_is_answered_in_their_conversation() -> None:
    known = heard(None, "<new@volvo.example>", ("<root@volvo.example>",), "A question", NOW)
    assert known is not None
    headers = _headers(known, f"email:{KEY}:question_answer:1:1")
    assert headers.subject == "A question"
    assert headers.references == ("<root@volvo.example>", "<new@volvo.example>")


def test_a_long_conversation_keeps_its_beginning_and_its_end() -> None:
    known = _first()
    for number in range(40):
        known = heard(known, f"<{number}@volvo.example>", (), "", NOW) or known
    references = _headers(known, f"email:{KEY}:presentation:1:1").references
    assert references[0] == known.root
    assert references[-1] == "<39@volvo.example>"
    assert len(references) == KEPT_IDS + 1


def test_an_id_leads_back_to_its_prospect_and_a_forged_one_to_nobody() -> None:
    headers = _headers(None, f"email:{KEY}:approach_premium:1:1")
    theirs = "<CAF+x@mail.volvo.example>"
    assert prospect_of_ids((headers.message_id, theirs), SECRET) == KEY
    assert prospect_of_ids((*headers.references, theirs), SECRET) == KEY
    assert prospect_of_ids((theirs,), SECRET) is None
    assert prospect_of_ids((headers.message_id,), "another secret") is None
    assert prospect_of_ids((headers.message_id.replace(".00q", ".00p"),), SECRET) is None


def test_the_same_mail_has_the_same_id_whenever_it_is_written() -> None:
    key = f"email:{KEY}:approach_premium:1:1"
    assert _headers(None, key) == _headers(None, key)
    assert _headers(None, key).message_id != _headers(None, f"email:{KEY}:approach_premium:1:2").message_id


def test_a_folded_header_is_read_whole() -> None:
    block = "Subject: x\r\nreferences: <1@a.example>\r\n\t<2@b.example>\r\nTo: y"
    assert ids_in(header(block, "References")) == ("<1@a.example>", "<2@b.example>")
    assert header(block, "In-Reply-To") == ""


NASTY = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "<a@b>\r\nBcc: all@victims.example",
            "<a@b> <c@d>",
            "<a b@c>",
            "<\x00@b.example>",
            "<ü@b.example>",
            f"<{'a' * 300}@b.example>",
            "<<a@b>>",
            "<a@b",
            "",
        ]
    ),
)


@given(message_id=NASTY, references=NASTY, subject=NASTY)
def test_nothing_that_others_write_breaks_out_of_a_header(message_id: str, references: str, subject: str) -> None:
    known = heard(_first(), message_id, ids_in(references), subject, NOW)
    assert known is not None
    headers = _headers(known, f"email:{KEY}:presentation:1:1")
    for one in (headers.in_reply_to or "", *headers.references):
        assert re.fullmatch(r"<[!-~]+@[!-~]+>", one)
    assert headers.subject
    assert headers.subject.isprintable()
    assert len(headers.subject) <= 120


@given(st.text(max_size=200))
def test_a_subject_is_one_line_without_marks_and_stays_so(subject: str) -> None:
    once = bare(subject)
    assert once.isprintable() or once == ""
    assert bare(f"Re: {once}") == bare(once)
