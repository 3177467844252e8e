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
A kind note, but I'd be happier if my inbox did not hear from you again.
Let us call this our last exchange.
I'd rather we ended the correspondence here, nothing personal
We do not accept sales pitches at this address
We are a no-vendor-mail company
Please mark me as do not contact.
Please label this address as opted out.
DNC
No need to write again, thanks
No one here should be contacted by you.
Remove every address at our domain.
Give it up please
You may close our file
Update it, so that we do not get any more of these.
The answer was no and it stays no
I would love to be left in peace
Whatever sequence I am in, end it
No cold mails, please
And that is the end of it.
Jetzt reicht es aber wirklich
Hoffentlich war das Ihre letzte Mail
Bitte künftig keine solchen Anfragen
Noch eine Nachricht, und ich sperre Sie
Sehr interessant, aber prefiero que sea el último mensaje
No hace falta que me escriban más
No deseo que me contacten
ขอให้อีเมลนี้เป็นฉบับสุดท้าย
ห้ามติดต่อมาที่อีเมลนี้
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
Please do not hesitate to write again.
Please don't call me, e-mail is better.
I prefer e-mail, please don't phone
As said in our last conversation, we need two weeks
I cannot open the attachment
I did not get your attachment
Bitte zögern Sie nicht, mich zu kontaktieren.
Bitte rufen Sie nicht an, schreiben Sie lieber.
Ich kann den Anhang nicht mehr finden
No dude en llamarme.
No me llame, mejor por correo.
ครั้งสุดท้ายที่คุยกันเมื่อไหร่คะ
""".strip().splitlines()
MACHINE = "Precedence: list\nAuto-Submitted: auto-generated"
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


@pytest.mark.parametrize("words", ["Please remove us from your list.", "Bitte nicht mehr schreiben.", "Stop."])
def test_a_no_that_a_help_desk_or_a_list_passes_on_with_a_machines_headers_stops(words: str) -> None:
    assert understand(words, headers=MACHINE).stop


@pytest.mark.parametrize(
    "words",
    [
        "Your ticket is 4711. To unsubscribe from these notifications click here.",
        "Wir haben Ihre Anfrage erhalten. Wenn Sie keine Mails mehr erhalten möchten, melden Sie sich hier ab.",
        "Hemos recibido su consulta. Si no desea recibir más correos, pulse aquí para darse de baja.",
        "Am 23. und 24.11. bin ich auf Fortbildung und lese keine Mails.",
    ],
)
def test_what_the_footer_of_a_machines_receipt_offers_is_no_wish_of_the_person(words: str) -> None:
    assert not understand(words, headers=MACHINE).stop


@pytest.mark.parametrize(
    "subject", ["Remove me from your list", "Take me off this list", "Bitte nicht mehr schreiben"]
)
@pytest.mark.parametrize("body", ["", "Thanks!", "Sent from my phone"])
def test_a_no_in_the_subject_of_a_new_mail_counts_whatever_stands_below_it(subject: str, body: str) -> None:
    assert understand(body, subject=subject).primary is Label.UNSUBSCRIBE


def test_an_empty_answer_under_the_one_word_unsubscribe_is_an_opt_out() -> None:
    assert understand("", subject="Re: Unsubscribe").stop


def test_what_our_own_subject_says_is_not_their_word() -> None:
    assert not understand("Sounds good, thanks!", subject="Re: Stop writing reports by hand").stop
