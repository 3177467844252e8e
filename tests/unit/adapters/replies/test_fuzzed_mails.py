"""Whatever a mail holds, it is read. `FUZZ_EXAMPLES=10000` in front of pytest makes the long run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeloop.adapters.replies.labels import PRECEDENCE, SAFETY
from closeloop.domain.signals import Label
from tests.replies.sets import read
from tests.unit.adapters.replies.labelled import understand

MANY = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WORDS = st.sampled_from([reply.body for reply in read("train") if not reply.headers and reply.body.strip()])
NOISE = st.text(max_size=200)
LINES = st.sampled_from(
    [
        "> quoted",
        "From: x",
        "--",
        "<div>",
        "</p>",
        "On 1 Jan, A wrote:",
        "\x00",
        "&#0;",
        "🦊",
        "Von: y",
        "\u202e",
        "@",
        "14.03.",
        "",
    ]
)
BODIES = st.lists(WORDS | NOISE | LINES, max_size=6).map("\n".join)
HEADERS = st.lists(
    st.sampled_from(["Auto-Submitted", "Date", "Precedence", "X-A", ""]) | NOISE, max_size=4
).flatmap(
    lambda names: st.lists(NOISE, min_size=len(names), max_size=len(names)).map(
        lambda values: "\n".join(f"{n}: {v}" for n, v in zip(names, values, strict=True))
    )
)
OPT_OUTS = (
    "Please take me off your list.",
    "Stop emailing me.",
    "Bitte keine weiteren Mails.",
    "Nehmen Sie mich aus dem Verteiler.",
    "No me escriban más, por favor.",
    "Quiero darme de baja.",
    "กรุณาหยุดส่งอีเมล",
    "ขอยกเลิกการรับอีเมลค่ะ",
)
QUOTES = (
    "{own}\n\nOn Mon, 16 Nov 2026 at 10:12, Maja <m@x.example> wrote:\n{marked}",
    "{own}\n\nAm 16.11.2026 um 10:12 schrieb Maja:\n{marked}",
    "{own}\n\n-----Original Message-----\nFrom: Maja\nSent: Monday\nTo: C\n\n{quoted}",
    "{own}\n\n---------- Forwarded message ---------\nFrom: Maja\n\n{quoted}",
)


@MANY
@given(subject=NOISE | WORDS, text=BODIES, headers=HEADERS)
def test_any_mail_is_read_and_gives_a_whole_answer(subject: str, text: str, headers: str) -> None:
    found = understand(text, subject=subject, headers=headers)
    assert found.primary == found.labels[0]
    assert 0 <= found.confidence <= 1
    assert list(found.labels) == sorted(set(found.labels), key=[*PRECEDENCE, *Label].index)
    assert not SAFETY.intersection(found.labels) or found.stop
    assert (
        found.resume_on is None
        or found.primary in {Label.OUT_OF_OFFICE, Label.AUTO_REPLY}
        or Label.NOT_NOW in found.labels
    )


@MANY
@given(own=WORDS, quoted=WORDS, frame=st.sampled_from(QUOTES))
def test_what_is_quoted_changes_nothing(own: str, quoted: str, frame: str) -> None:
    marked = "\n".join(f"> {line}" for line in quoted.splitlines())
    assert understand(frame.format(own=own, marked=marked, quoted=quoted)).labels == understand(own).labels


@MANY
@given(own=WORDS, opt_out=st.sampled_from(OPT_OUTS), first=st.booleans())
def test_an_opt_out_anywhere_in_a_reply_stops(own: str, opt_out: str, first: bool) -> None:
    text = f"{opt_out}\n{own}" if first else f"{own}\n{opt_out}"
    assert understand(text).stop


@pytest.mark.parametrize(
    "words",
    [
        "desabonnez-moi",
        "отпишите меня",
        "配信停止してください",
        "取消订阅",
        "Uitschrijven aub",
        "не пишите мне",
        "descadastrar",
        "수신거부",
    ],
)
def test_a_no_in_a_language_nobody_reads_stops_too(words: str) -> None:
    assert understand(words).stop


@pytest.mark.parametrize(
    "words",
    [
        "Merci pour votre message, nous reviendrons vers vous.",
        "Dziękuję, proszę o więcej szczegółów.",
        "ありがとうございます、検討します。",
    ],
)
def test_anything_else_in_such_a_language_goes_to_a_person(words: str) -> None:
    found = understand(words)
    assert found.abstained
    assert not found.stop
