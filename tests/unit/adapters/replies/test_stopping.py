"""Whoever asks us to stop is not written to again, in whatever words; who speaks of something else is no stop."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

import pytest

from closeloop.domain.signals import Label
from tests.unit.adapters.replies.labelled import understand

STOP = """
please stop emailing me, i have asked nicely now
I asked nicely. Stop.
I have asked you nicely to stop
asked nicely once already
would you mind not emailing me any more
stop it please, thanks
dont contact me
We would appreciate it if you stopped emailing us.
How do I stop these emails?
Why do you keep writing to me?
I never signed up for this
I said no
unsubcribe
will you please stop
you need to stop
I'd be grateful if you'd stop writing
I have no wish to be contacted
Kindly refrain from contacting me.
I'd like you to stop contacting me
Not interested, please stop sending these.
No thanks, and please don't follow up.
Please leave me alone
Could you please remove me?
Ich habe Sie höflich gebeten, aufzuhören
Ich habe jetzt freundlich darum gebeten: keine Mails mehr
Ich will abgemeldet werden
Unterlassen Sie das
Bitte sehen Sie von weiteren Nachrichten ab
Verschonen Sie mich mit Ihren Mails
Stoppen Sie diese Mails
Es reicht jetzt
Melden Sie sich bitte nicht mehr
Wir wünschen keinen weiteren Kontakt
Kein Interesse, bitte nicht mehr anschreiben.
Ya le he pedido amablemente que pare
Pare ya, por favor
No insista
Por favor absténgase de escribirme
Por favor, deje de escribirme
No gracias, no me escriban más
ลบอีเมลของฉันออกด้วย
เอาชื่อออกจากรายการด้วย
ขอร้องดีๆ แล้วนะครับ หยุดส่งได้แล้ว
กรุณาหยุดส่งอีเมล
อย่าติดต่อมาอีก
พอแล้วครับ ไม่ต้องส่งมาอีก
""".strip().splitlines()
NO_STOP = """
No thanks.
Thank you, we'll pass.
Wir haben kein Interesse.
No, gracias.
We stopped using that tool last year, what do you offer?
Could you stop by our booth on Friday?
Does it stop sending reminders when an invoice is paid?
Does your tool remove us from manual work?
We asked nicely for a discount but they refused
Please do not contact me before March.
Don't call, but please send me the details by e-mail.
Wir haben aufgehört, Rechnungen auszudrucken
Keine weiteren Fragen, danke
No más preguntas, gracias
ไม่ต้องห่วงครับ ส่งรายละเอียดมาได้เลย
""".strip().splitlines()
WORDINGS = json.loads((Path(__file__).parents[4] / "sandbox" / "buyers" / "wordings.json").read_text("utf-8"))


@pytest.mark.parametrize("words", STOP)
def test_whoever_asks_us_to_stop_is_never_written_to_again(words: str) -> None:
    found = understand(words)
    assert found.stop
    assert found.primary is Label.UNSUBSCRIBE


@pytest.mark.parametrize("words", NO_STOP)
def test_a_polite_no_or_another_stop_leaves_the_talk_open(words: str) -> None:
    assert not understand(words).stop


@pytest.mark.parametrize("label", ["unsubscribe", "legal"])
def test_every_simulated_buyer_who_says_stop_is_understood_in_every_language(label: str) -> None:
    for wordings in WORDINGS[label].values():
        for words in wordings:
            assert understand(words).stop, words


def test_a_simulated_polite_no_is_a_brush_off_in_every_language() -> None:
    for wordings in WORDINGS["brush_off"].values():
        for words in wordings:
            assert understand(Template(words).safe_substitute(sender="Maren")).primary is Label.BRUSH_OFF, words
