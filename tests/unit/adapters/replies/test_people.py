"""Who is pointed to: a name, an address, a number; never the writer, and never the one who has left."""

from __future__ import annotations

import pytest

from tests.replies.sets import reader
from tests.unit.adapters.replies.labelled import RECEIVED, understand


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("Speak to my boss, Anne O'Neill, on 020 7946 0123.", {"name": "Anne O'Neill", "phone": "020 7946 0123"}),
        ("Hi Maja, please contact Rosa Diaz.", {"name": "Rosa Diaz"}),
        ("This should go to our buyer, Mina Sato.", {"name": "Mina Sato"}),
        ("Hallo Frau Holt, wenden Sie sich bitte an Jan Peters.", {"name": "Jan Peters"}),
        ("Für so etwas ist Frau Yilmaz die richtige Ansprechpartnerin.", {"name": "Yilmaz"}),
        ("Hola Maja, eso lo gestiona mi colega Iván Rey.", {"name": "Iván Rey"}),
        (
            "รบกวนติดต่อคุณศิริพร ฝ่ายจัดซื้อ siriporn@orland.example นะคะ",
            {"name": "ศิริพร", "email": "siriporn@orland.example"},
        ),
    ],
)
def test_the_colleague_is_found(words: str, who: dict[str, str]) -> None:
    found = understand(words)
    assert found.refers_to == who
    assert found.stop


@pytest.mark.parametrize(
    "words", ["Frau Lenz hat uns verlassen.", "Señor Vidal se jubiló.", "Anna no longer works here, sorry."]
)
def test_who_has_left_is_no_colleague_to_write_to(words: str) -> None:
    assert understand(words).refers_to is None


def test_a_successor_behind_the_comma_is_found() -> None:
    assert understand("Mr Ray no longer works here, his successor is Tom Hill.").refers_to == {"name": "Tom Hill"}


@pytest.mark.parametrize("alias", ["clara+sales@orland.example", "Clara@Orland.example", "c.weiss@orland.example"])
def test_an_alias_of_the_writer_is_nobody_else(alias: str) -> None:
    found = reader().understand(
        subject="Re: x",
        text=f"I have nothing to do with this. Clara, {alias}",
        headers="",
        sender="c.weiss@orland.example",
        received_at=RECEIVED,
        prospect="clara@orland.example",
    )
    assert "email" not in (found.refers_to or {})
