"""What the tests hold sandbox/inbox to: inbox."""

from __future__ import annotations

import re

from tests.sandbox.mail_fixtures import addresses_of
from tests.sandbox.served import MailSandbox

HOSTILE = "<script>alert(1)</script>"


def test_the_newest_mail_comes_first_and_a_search_narrows(mail: MailSandbox) -> None:
    mail.send("ann@one.example", subject="The older")
    mail.advance(1)
    mail.send("bob@two.example", subject="The newer")
    page = mail.get("/_inbox").text
    assert page.index("The newer") < page.index("The older")
    found = mail.get("/_inbox?q=ONE.exam").text
    assert "The older" in found
    assert "The newer" not in found


def test_a_thread_shows_both_sides_in_the_order_of_time(mail: MailSandbox) -> None:
    (email,) = addresses_of("champion", 1)
    mail.send(email)
    mail.advance(24 * 5)
    mail.send(email)
    mail.advance(24 * 5)
    page = mail.get(f"/_inbox/people/{email}").text
    assert page.index('class="turn mail"') < page.index("opened, ") < page.index('class="turn reply"')
    assert "simulated as champion" in page
    assert email in mail.get("/_inbox/people").text


def test_hostile_content_stays_text_and_html_stays_in_its_frame(mail: MailSandbox) -> None:
    content = [
        {"type": "text/plain", "value": HOSTILE},
        {"type": "text/html", "value": f'<p>"{HOSTILE}"</p>'},
    ]
    mail.send("ann@one.example", subject=HOSTILE, content=content)
    for path in (
        "/_inbox",
        "/_inbox/people",
        "/_inbox/people/ann@one.example",
        "/_inbox/mails/1",
        "/_inbox/export",
    ):
        answer = mail.get(path)
        assert answer.status_code == 200
        assert HOSTILE not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.search(r'<iframe sandbox [^>]*srcdoc="&lt;p&gt;&#34;&lt;script', mail.get("/_inbox/mails/1").text)


def test_a_hostile_search_stays_text(mail: MailSandbox) -> None:
    answer = mail.get('/_inbox?q="><script>alert(1)</script>&page=-9x')
    assert answer.status_code == 200
    assert "<script" not in answer.text


def test_what_does_not_exist_is_not_found(mail: MailSandbox) -> None:
    assert mail.get("/_inbox/mails/77").status_code == 404
    assert mail.get("/_inbox/people/nobody@one.example").status_code == 404


def test_many_mails_come_in_pages(mail: MailSandbox) -> None:
    mail.send(*(f"p{n}@c.example" for n in range(150)))
    assert mail.get("/_inbox").text.count('class="row"') == 100
    second = mail.get("/_inbox?q=c.example&page=2").text
    assert second.count('class="row"') == 50
    assert "Newer" in second


def test_the_export_is_one_file_with_every_thread_and_no_outside_address(mail: MailSandbox) -> None:
    mail.send(*(f"p{n}@c.example" for n in range(150)))
    mail.advance(24 * 5)
    page = mail.get("/_inbox/export").text
    assert page.count('<details class="person">') == 150
    assert not re.search(r'(?:src|href)="(?!data:)[^"]', page.replace("srcdoc", ""))
    assert "<script" not in page


def test_who_did_nothing_is_listed_with_what_became_of_the_last_mail(mail: MailSandbox) -> None:
    mail.send("ann@one.example")
    mail.advance(1)
    mail.send("ann@one.example")
    (last,) = re.findall(r'class="chip ([a-z ]+)"', mail.get("/_inbox").text)[:1]
    listed = re.findall(r'class="chip ([a-z ]+)"', mail.get("/_inbox/people").text)
    assert last in listed
    assert last != "delivered"


def test_the_frame_of_a_long_mail_is_taller_than_that_of_a_short_one(mail: MailSandbox) -> None:
    for words in ("short", "a line of a letter\n" * 40):
        mail.send("ann@one.example", content=[
            {"type": "text/plain", "value": words}, {"type": "text/html", "value": f"<pre>{words}</pre>"}
        ])  # fmt: skip
    low, high = (
        int(re.findall(r'style="height:(\d+)px" srcdoc', mail.get(f"/_inbox/mails/{n}").text)[0]) for n in (1, 2)
    )
    assert 240 <= low < 300
    assert high > 40 * 20
