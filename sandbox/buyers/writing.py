"""How a reply looks as a mail: greeting, words, signature, the quoted original, a mail program's headers.

The reply is what SendGrid's Inbound Parse posts: decoded fields and the raw header block.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.header import Header
from email.utils import format_datetime, formataddr
from html import escape
from string import Template
from typing import Any

from sandbox.agenda import moment
from sandbox.buyers import dates, envelope, wordings
from sandbox.buyers.chance import Chance
from sandbox.buyers.people import Person
from sandbox.buyers.personas import Outcome
from sandbox.sendgrid.models import Mail

GREETINGS = {
    "en": ("Hi $sender,", "Hello $sender,", "Dear $sender,"),
    "de": ("Guten Tag,",),
    "es": ("Hola,",),
    "th": ("สวัสดีครับ",),
}
SIGN_OFFS = {
    "en": ("Best regards,", "Best,", "Thanks,", "Kind regards,"),
    "de": ("Mit freundlichen Grüßen", "Viele Grüße"),
    "es": ("Saludos,",),
    "th": ("ขอบคุณครับ",),
}
AUTOMATIC_SUBJECTS = {
    "en": "Automatic reply: ",
    "de": "Automatische Antwort: ",
    "es": "Respuesta automática: ",
    "th": "ตอบกลับอัตโนมัติ: ",
}
QUOTE_LEADS = {
    "en": "On {day} at {time}, {sender} <{address}> wrote:",
    "de": "Am {day} um {time} schrieb {sender} <{address}>:",
    "es": "El {day} a las {time}, {sender} <{address}> escribió:",
    "th": "เมื่อ {day} {time} {sender} <{address}> เขียนว่า:",
}
AUTOMATIC_LABELS = {"out_of_office", "auto_reply"}


@dataclass(frozen=True)
class Reply:
    """A written reply as Inbound Parse fields, with the truth about the dates and people it names."""

    form: dict[str, Any]
    message_id: str
    resume_on: str
    refers_to: str


def is_automatic(outcome: Outcome) -> bool:
    """Whether a machine writes this and not the person."""
    return outcome.label in AUTOMATIC_LABELS or outcome.tone == "automatic"


def write(chance: Chance, person: Person, mail: Mail, outcome: Outcome, at: int, nth: int) -> Reply:
    """The reply of a person to a mail, written at second `at`; `nth` names the draws of this reply."""
    wording = wordings.choose(chance, outcome, person.language, nth)
    fields, resume_on = _fields(chance, person, mail, wording, at, nth)
    words = Template(wording.text).substitute(fields)
    new, text = words, words
    if not is_automatic(outcome):
        new = _letter(chance, person, fields["sender"], words, wording.language, nth)
        text = new + _quoted(chance, mail, wording.language, nth)
    subject = _subject(mail, outcome, wording.language)
    message_id = f"<{chance.token(24, 'message', nth)}@{person.email.rpartition('@')[2]}>"
    html = ""
    if not is_automatic(outcome) and chance.happens(0.4, "html", nth):
        html = _as_html(new, mail)
    charset = envelope.charset_of(chance, person.language, text + html, nth)
    headers = _header_block(person, mail, outcome, subject, message_id, at, charset)
    form = _form(person, _destination(mail), headers, subject, text)
    form |= {"html": html} if html else {}
    form |= _travelled(chance, person, charset, nth, automatic=is_automatic(outcome))
    refers_to = person.colleague_email if "$colleague" in wording.text else ""
    return Reply(form, message_id, resume_on, refers_to)


def _form(person: Person, to: str, headers: str, subject: str, text: str) -> dict[str, Any]:
    return {
        "headers": headers,
        "to": to,
        "from": f"{person.name} <{person.email}>",
        "sender_ip": "192.0.2.25",
        "subject": subject,
        "text": text,
        "envelope": json.dumps({"to": [to], "from": person.email}),
    }


def _travelled(chance: Chance, person: Person, charset: str, nth: int, *, automatic: bool) -> dict[str, Any]:
    """What the way adds to the form: checks, charsets and files."""
    charsets = {**dict.fromkeys(("to", "from", "subject"), "UTF-8"), "text": charset, "html": charset}
    return {
        "dkim": envelope.dkim_of(chance, person.email.rpartition("@")[2]),
        "SPF": envelope.spf_of(chance),
        "spam_score": envelope.spam_score_of(chance, nth),
        "charsets": json.dumps(charsets),
        "files": [] if automatic else envelope.files_of(chance, person.company, nth),
    }


def _fields(
    chance: Chance, person: Person, mail: Mail, wording: wordings.Wording, at: int, nth: int
) -> tuple[dict[str, str], str]:
    local = moment(at) + timedelta(hours=person.utc_offset)
    fields = {
        "me": person.name,
        "company": person.company,
        "sender": (mail.content.sender_name.split() or ["there"])[0],
        "colleague": person.colleague,
        "colleague_email": person.colleague_email,
        "slot": dates.slot(chance, local, wording.language, nth),
    }
    if not wording.when:
        return fields, ""
    # "In three weeks" counts from the day on which the mail is received, which everybody reads in UTC.
    named = dates.name_date(chance, wording.when, moment(at).date(), wording.language, nth)
    return {**fields, **named.fields}, named.resume_on.isoformat()


def _letter(chance: Chance, person: Person, sender: str, words: str, language: str, nth: int) -> str:
    parts = [words]
    if chance.happens(0.6, "greeting", nth):
        parts.insert(0, Template(chance.pick(GREETINGS[language], "greeting words", nth)).substitute(sender=sender))
    if chance.happens(0.75, "sign-off", nth):
        parts.append(f"{chance.pick(SIGN_OFFS[language], 'sign-off words', nth)}\n{person.first}")
    if chance.happens(0.35, "signature", nth):
        parts.append(f"-- \n{person.name}\n{person.company}\nTel. +1 555 01{chance.between(10, 99, 'phone')}")
    elif chance.happens(0.1, "phone signature", nth):
        parts.append("Sent from my phone")
    return "\n\n".join(parts)


def _quoted(chance: Chance, mail: Mail, language: str, nth: int) -> str:
    if not chance.happens(0.8, "quote", nth):
        return ""
    original = mail.content.text or "(no text part)"
    sent = moment(mail.leaves_at)
    day, time = dates.say_day(sent.date(), language), f"{sent:%H:%M}"
    sender, address = mail.content.sender_name or mail.content.sender, mail.content.sender
    if chance.happens(0.25, "office quote"):
        lead = f"From: {sender} <{address}>\nSent: {day} {time}\nTo: {mail.content.to}"
        return f"\n\n-----Original Message-----\n{lead}\nSubject: {mail.subject}\n\n{original}"
    lead = QUOTE_LEADS[language].format(day=day, time=time, sender=sender, address=address)
    lines = "\n".join(f"> {line}".rstrip() for line in original.splitlines())
    return f"\n\n{lead}\n{lines}"


def _subject(mail: Mail, outcome: Outcome, language: str) -> str:
    original = " ".join(mail.subject.split())
    if is_automatic(outcome):
        return AUTOMATIC_SUBJECTS[language] + original
    return original if original.lower().startswith("re:") else f"Re: {original}"


def _destination(mail: Mail) -> str:
    return mail.content.reply_to or mail.content.sender


def _header_block(
    person: Person, mail: Mail, outcome: Outcome, subject: str, message_id: str, at: int, charset: str
) -> str:
    earlier = mail.content.header("References").split()
    references = [*earlier, mail.content.message_id]
    lines = {
        "From": formataddr(
            (str(Header(person.name, "utf-8" if not person.name.isascii() else None)), person.email)
        ),
        "To": _destination(mail),
        "Subject": subject if subject.isascii() else Header(subject, "utf-8").encode(linesep="\n"),
        "Date": format_datetime(moment(at).astimezone(UTC)),
        "Message-ID": message_id,
        "In-Reply-To": mail.content.message_id,
        "References": " ".join(dict.fromkeys(references)),
        "MIME-Version": "1.0",
        "Content-Type": f'text/plain; charset="{charset}"',
    }
    if is_automatic(outcome):
        lines |= {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk"}
    return "".join(f"{name}: {value}\n" for name, value in lines.items())


def _as_html(new: str, mail: Mail) -> str:
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in new.split("\n\n"))
    original = mail.content.html or f"<p>{escape(mail.content.text)}</p>"
    return f'<div dir="ltr">{paragraphs}</div><blockquote class="gmail_quote">{original}</blockquote>'
