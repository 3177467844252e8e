"""What the tests hold sandbox/inbox to: inbox."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.inbox.source import quiet
from tests.sandbox.mail_fixtures import address_of, addresses_of
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
    assert re.search(
        r'<iframe sandbox [^>]*srcdoc="&lt;p&gt;&#34;&#34;&lt;/p&gt;"', mail.get("/_inbox/mails/1").text
    )


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


def answered(mail: MailSandbox, path: str) -> list[str]:
    page = mail.get(path).text
    return re.findall(r'class="who"><b>[^<]*</b><span>([^<]*)<', page)


@pytest.mark.parametrize(
    ("state", "persona"), [("replied", "robot"), ("bounced", "dead_address"), ("queued", "ghost"), ("opened", "")]
)
def test_mails_people_and_conversations_are_filtered_by_what_happened(
    mail: MailSandbox, state: str, persona: str
) -> None:
    mail.send(address_of("robot"), address_of("dead_address"))
    mail.send(address_of("ghost"), send_at=1767600000 + 70 * 3600)
    mail.advance(1)
    expected = [address_of(persona)] if persona else []
    for path in ("/_inbox", "/_inbox/people", "/_inbox/conversations"):
        assert answered(mail, f"{path}?state={state}") == expected


def test_a_search_looks_at_words_and_stage_too_and_keeps_its_filter_over_the_pages(mail: MailSandbox) -> None:
    mail.send(*(f"p{n}@c.example" for n in range(130)), stage="closing", subject="Two ways to begin")
    mail.send("ann@one.example", subject="Other")
    assert answered(mail, "/_inbox?q=WAYS+begin&stage=closing&page=2") == [
        f"p{n}@c.example" for n in range(29, -1, -1)
    ]
    page = mail.get("/_inbox?q=ways+begin&stage=closing&page=2").text
    assert "?q=ways+begin&amp;stage=closing&amp;page=1" in page
    assert "Page 2 of 2" in page
    assert answered(mail, "/_inbox?q=ways&stage=approach") == []
    assert "No such mail" in mail.get("/_inbox?q=zebra").text


def test_thousands_of_people_come_in_pages(mail: MailSandbox) -> None:
    for start in range(0, 3000, 1000):
        mail.send(*(f"p{n}@c.example" for n in range(start, start + 1000)))
    for path, size in (("/_inbox/people", 50), ("/_inbox/conversations", 50), ("/_inbox", 100)):
        pages = 3000 // size
        assert f"Page 1 of {pages}" in mail.get(path).text
        assert len(answered(mail, f"{path}?page={pages}")) == size
        assert answered(mail, f"{path}?page={pages}") != answered(mail, f"{path}?page={pages - 1}")


def test_who_wrote_last_is_the_first_of_the_people(mail: MailSandbox) -> None:
    mail.send("ann@one.example")
    mail.advance(0.1)
    mail.send("bob@two.example")
    mail.advance(0.1)
    assert answered(mail, "/_inbox/people") == ["bob@two.example", "ann@one.example"]
    mail.post("/_control/inbound", {"from": "ann@one.example", "to": "r@replies.example", "text": "Yes"})
    assert answered(mail, "/_inbox/people") == ["ann@one.example", "bob@two.example"]


def threaded(message_id: str, **more: str) -> dict[str, str]:
    return {"Message-ID": f"<{message_id}@seller.example>", **more}


def test_a_conversation_follows_the_headers_whoever_writes_in_it(mail: MailSandbox) -> None:
    mail.send("ann@one.example", headers=threaded("a1"), subject="The idea")
    follow_up = {"In-Reply-To": "<a1@seller.example>", "References": "<a1@seller.example>"}
    mail.send("ann@one.example", headers=threaded("a2", **follow_up), subject="Re: The idea")
    mail.send("ann@one.example", headers=threaded("b1"), subject="Another matter")
    letter = {
        "from": "colleague@one.example",
        "to": "r@replies.example",
        "subject": "Re: The idea",
        "text": "Me too",
    }
    written = mail.post("/_control/inbound", {**letter, "references": "<a1@seller.example> <a2@seller.example>"})
    assert written.json()["mail"] == 1
    page = mail.get("/_inbox/conversations/1").text
    assert page.count('class="turn mail"') == 2
    assert page.count('class="turn reply"') == 1
    assert "from colleague@one.example" in page
    assert "Another matter" not in page
    assert "3 messages" in mail.get("/_inbox/conversations").text
    assert 'href="/_inbox/conversations/1"' in mail.get("/_inbox/mails/2").text
    assert mail.get("/_inbox/conversations/2").status_code == 404


def test_a_mail_shows_its_timeline_headers_and_source_and_can_be_downloaded(mail: MailSandbox) -> None:
    mail.send(address_of("dead_address"), headers={"X-Own": "Größe"}, subject="Größe")
    mail.advance(1)
    whole = mail.get("/_inbox/mails/1").text
    assert re.findall(r"<b>(Accepted|Processed|Bounced)</b>", whole) == ["Accepted", "Processed", "Bounced"]
    assert "550 5.1.1" in whole
    assert "X-Own" in mail.get("/_inbox/mails/1?view=headers").text
    assert "Content-Transfer-Encoding: quoted-printable" in mail.get("/_inbox/mails/1?view=source").text
    answer = mail.get("/_inbox/mails/1.eml")
    assert answer.headers["content-type"] == "message/rfc822"
    parsed: Any = message_from_bytes(answer.content, policy=policy.default)
    assert (parsed["Subject"], parsed["X-Own"]) == ("Größe", "Größe")
    html = parsed.get_body(("html",)).get_content()
    assert "/ls/click?upn=" in html
    assert "/wf/open?upn=" in html
    assert "https://seller.example/idea" not in html
    assert mail.get("/_inbox/mails/7.eml").status_code == 404


FRAGMENTS = st.sampled_from(
    "<script> </script> <img|src= https://x.example/a.png \" ' > |onload= alert(1) <p> url(https://x.example)"
    " <link|href= <iframe|src='//x.example'> </iframe> data:image/png;base64,AA é <scr ipt>".split(" ")
).map(lambda piece: piece.replace("|", " "))


@settings(max_examples=200)
@given(st.lists(FRAGMENTS, max_size=12).map("".join))
@example("<scr<img src=<p>ipt>")
def test_quiet_html_has_no_script_and_no_frame(html: str) -> None:
    assert not re.search(r"<(script|iframe|object|embed|link)[\s>]", quiet(html), re.IGNORECASE)


def test_quiet_html_keeps_words_and_pictures_of_its_own() -> None:
    own = '<p style="color:red">Hi <img src="data:image/png;base64,AA" alt="own"></p>'
    assert quiet(own) == own
    assert quiet('<img src="https://x.example/a.png" alt="a chart">').endswith(">[picture: a chart]</em>")
    assert quiet('<img src="https://x.example/p.gif" width=1>') == ""
