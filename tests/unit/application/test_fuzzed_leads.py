"""Whatever stands in a lead: no crash, no header or tag or page of its own, and the mail arrives whole.

Every case goes the whole way of a mail: language, properties, template, conversation, the request, and SendGrid's
filling-in at its most careless (tag after tag, again and again). `FUZZ_CASES=10000 pytest <this file>` is the long
run; some hundred cases run each time.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from closeloop.adapters.sendgrid.payload import body
from closeloop.application.ports import OutgoingMail
from closeloop.application.preview import Preview, named_mail
from closeloop.domain.correspondence import after_reply
from closeloop.domain.messages import TEMPLATES
from closeloop.domain.preparation import evident_pains
from closeloop.domain.prospect import Prospect
from closeloop.domain.signals import Label, Signal, SignalKind, Understanding
from sandbox.sendgrid.validation import issues_of
from tests.fakes.services import Company
from tests.unit.domain.people import GOOD_FACTS, NOW, fact, prospect

CASES = int(os.environ.get("FUZZ_CASES", "150"))
COMPANY = Company()
COMPANY.with_services(public_url="https://go.tallyard.example")
NASTY = (
    "Anna\r\nBcc: all@victims.example",
    "A\nX-Injected: 1\n\nbody",
    "\x00\x07\x1b[31m",
    "{{ 7919*7907 }}",
    "{% for x in () %}{% endfor %}",
    "{{ sender.__class__.__mro__ }}",
    "{# comment #}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><a href='javascript:alert(1)'>x",
    "</title><style>*{display:none}</style>",
    "<!-- -->",
    "\u202egnp.exe\u202c",
    "\u2066\u200b\ufeff\u2028",
    "%text-000000000000%",
    "%html%%reply%",
    "<%asm_group_unsubscribe_raw_url%>",
    "[unsubscribe]",
    '=HYPERLINK("https://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'; DROP TABLE leads; --",
    "{company} {value} {0} {}",
    "%s %d %n",
    "https://evil.example/x",
    "x" * 300,
    "บริษัท " * 60,
    "🦊" * 40,
    " ",
    "",
)
EVALUATED = str(7919 * 7907)
WORDS = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=80),
    st.tuples(st.sampled_from(NASTY), st.text(max_size=20), st.sampled_from(NASTY)).map("".join),
)
OUR_TAGS = {"html", "head", "meta", "title", "body", "div", "p", "ul", "li", "strong", "br", "a"}
OUR_LINKS = re.compile(r"https://(?:tallyard\.example|go\.tallyard\.example/unsubscribe/[0-9a-z]+)")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "srcset", "action"}]


@st.composite
def leads(draw: st.DrawFn) -> Prospect:
    """Somebody about whom every word was written by an enemy; what the CRM can hold, and no more."""
    words = {name: draw(WORDS) for name in ("first_name", "last_name", "title", "referred_by", "owner_name")}
    known: dict[str, Any] = {**GOOD_FACTS, "country": draw(st.sampled_from(["TH", "DE", "US", "{{ 7919*7907 }}"]))}
    made = prospect(
        known,
        **words,
        company=draw(WORDS),
        country=draw(st.sampled_from([None, "TH", "DE", "\r\n"])),
        approach=draw(st.sampled_from(["premium", "question", "product", None])),
    )
    source = draw(st.sampled_from(["crm", f"registry:https://x.example/{draw(WORDS)}", f"reply:{draw(WORDS)}"]))
    facts = {
        "industry": fact("industry", f"Manufacturing {draw(WORDS)}", source),
        "listed": fact("listed", "true", source),
        "language": fact("language", draw(st.one_of(WORDS, st.sampled_from(["th", "Thai", "en"]))), source),
    }
    made = made.model_copy(update={"facts": made.facts | facts})
    pains = tuple(pain.id for pain in evident_pains(made, COMPANY.services.playbook))
    return _after_their_reply(made.model_copy(update={"pains": pains}), draw)


def _after_their_reply(made: Prospect, draw: st.DrawFn) -> Prospect:
    if draw(st.booleans()):
        return made
    block = f"Message-ID: {draw(WORDS)}\r\nReferences: <1@a.example> {draw(WORDS)}\r\nSubject: {draw(WORDS)}"
    payload = {"subject": draw(WORDS), "text": "hm", "headers": block}
    at = NOW - timedelta(days=1)
    signal = Signal(id="reply-1", source="inbound", kind=SignalKind.REPLY, occurred_at=at, payload=payload)
    said = Understanding(labels=(Label.OTHER,), primary=Label.OTHER, confidence=1, said=draw(WORDS))
    return made.model_copy(update=after_reply(made, signal, said, COMPANY.services.playbook))


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lead=leads(), template=st.sampled_from(sorted(TEMPLATES)), step=st.integers(1, 7))
def test_no_lead_breaks_out_of_its_mail(lead: Prospect, template: str, step: int) -> None:
    shown = named_mail(template, lead, COMPANY.services, NOW, step=step)
    event("held" if shown.missing else f"written in {shown.letter.choice.language if shown.letter else '?'}")
    if shown.missing:
        assert shown.mail is None, "a mail that cannot be written whole is not sent at all"
        return
    assert shown.mail is not None
    request = body([shown.mail], COMPANY.services.playbook.sender)
    assert issues_of(request, int(NOW.timestamp())) == []
    _is_one_mail(shown.mail, request)
    _is_our_page(shown)


def _is_one_mail(mail: OutgoingMail, request: dict[str, Any]) -> None:
    (block,) = request["personalizations"]
    assert re.fullmatch(r"[^\r\n\x00-\x1f\u2028\u2029\u202a-\u202e]+", block["subject"])
    assert set(block["headers"]) <= {
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Message-ID",
        "In-Reply-To",
        "References",
    }
    for value in block["headers"].values():
        assert re.fullmatch(r"[ -~]{1,4000}", value)
    (to,) = block["to"]
    assert to["email"] == mail.to
    assert not set('\r\n\x00<>;,"') & set(to.get("name", ""))
    text, html = (_filled(part["value"], block["substitutions"]) for part in request["content"])
    assert (text, html) == (mail.mail.text, mail.mail.html)
    assert "<%" not in text
    assert not set(block["substitutions"]) & {text, html}
    assert not any(tag in part for tag in block["substitutions"] for part in (text, html, block["subject"]))


def _filled(value: str, tags: dict[str, str]) -> str:
    """Tag after tag, three times over: a value that held a tag would be filled in again."""
    for _ in range(3):
        for tag, words in tags.items():
            value = value.replace(tag, words)
    return value


def _is_our_page(shown: Preview) -> None:
    assert shown.letter is not None
    page = _Page()
    page.feed(shown.letter.mail.html)
    assert page.tags <= OUR_TAGS
    assert all(OUR_LINKS.fullmatch(link) for link in page.links)
    text = shown.letter.mail.text
    assert EVALUATED not in text, "a tag in the data is shown, never evaluated"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert shown.letter.mail.text.count("\n-- \n") == 1
