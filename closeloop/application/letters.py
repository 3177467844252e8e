"""One mail, written out: in the right language, in its conversation, with its ways to opt out. Sends nothing.

The one place where a mail gets its final words, so that a preview shows what would be sent to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from closeloop.application.invitations import part_of
from closeloop.application.services import Services
from closeloop.domain.actions import Action, words_of
from closeloop.domain.invitations import CalendarPart
from closeloop.domain.languages import Choice, choose
from closeloop.domain.links import Link, led_through, make_link
from closeloop.domain.mailboxes import written_by
from closeloop.domain.messages import TEMPLATES, FollowUpProps, RenderedMail
from closeloop.domain.prospect import Prospect
from closeloop.domain.record import Record
from closeloop.domain.texts import Text
from closeloop.domain.threads import Conversation, ThreadHeaders, bare, opens_or_continues, said
from closeloop.domain.tokens import make_token
from closeloop.domain.wording import mail_props


class Letter(Record):
    """A mail as it will be sent, and why it is as it is."""

    mail: RenderedMail
    choice: Choice
    thread: ThreadHeaders
    conversation: Conversation
    """As it stands once this mail is in it."""
    calendar: CalendarPart | None = None
    """The invitation that goes with it, or its end."""
    words: str
    """Known again whatever conversation it goes on with: the mark of its own subject and text."""

    def payload(self) -> dict[str, Any]:
        """What the ledger keeps of it: enough to send it and to explain its language."""
        why = {"language": self.choice.language, "language_because": self.choice.because}
        part = {"calendar": self.calendar.model_dump(mode="json")} if self.calendar else {}
        return self.mail.model_dump() | why | part | {"thread": self.thread.model_dump(exclude={"subject"})}


def write(
    action: Action, prospect: Prospect, services: Services, now: datetime, language: str | None = None
) -> Letter:
    """The mail of an action; `language` overrules the choice.

    Raises `RenderError` or `ValidationError`, which name what is missing.
    """
    template = action.payload["template"]
    choice = _choice(template, prospect, services, language)
    link = unsubscribe_url(prospect, services) or ""
    playbook = written_by(services.playbook, action.payload.get("mailbox") or services.playbook.sender.email)
    props = mail_props(action.payload, prospect, playbook, now, language=choice.language, opt_out=link)
    mail = in_words_of(
        action.payload, services.renderer.render(template, choice.language, props), choice.language, prospect
    )
    thread = opens_or_continues(
        prospect.conversation,
        action.key,
        make_token(prospect.key, services.secret),
        playbook.sender.email.rpartition("@")[2],
        now,
        on_its_own=issubclass(TEMPLATES[template], FollowUpProps),
    )
    conversation = said(prospect.conversation, thread, action.key, mail.subject, now)
    words = words_of(mail.subject, mail.text)
    if thread.subject is not None:
        mail = mail.answering(thread.subject)
    calendar = part_of(template, mail, prospect, services, playbook.sender, now)
    return Letter(
        mail=mail, choice=choice, thread=thread, conversation=conversation, words=words, calendar=calendar
    )


def _choice(template: str, prospect: Prospect, services: Services, language: str | None) -> Choice:
    if language is not None:
        return Choice(language=language, because="asked for", wanted=language)
    return choose(prospect, services.playbook, services.renderer.languages(template))


def in_words_of(payload: Mapping[str, Any], mail: RenderedMail, language: str, prospect: Prospect) -> RenderedMail:
    """The mail under the subject line of its variant, where that has one of its own."""
    given = payload.get("subject")
    if not isinstance(given, Text):
        return mail
    line = (given.said_in(language) or given).replace("{company}", prospect.company)
    return mail.model_copy(update={"subject": bare(line)})


def thread_of(action: Action) -> ThreadHeaders | None:
    """The place in a conversation that was found when the mail was planned; None for one planned before there was
    any."""
    kept = action.payload.get("thread")
    return ThreadHeaders(**kept) if kept else None


def tracked(mail: RenderedMail, action: Action, services: Services) -> RenderedMail:
    """The mail with its links led through our gateway, where the settings ask for it; never the opt-out."""
    base = services.public_url
    if not services.track_clicks or base is None:
        return mail

    def lead(url: str) -> str | None:
        link = Link(action_key=action.key, url=url)
        return None if url.startswith(f"{base}/") else f"{base}/go/{make_link(link, services.secret)}"

    return mail.model_copy(update={"html": led_through(mail.html, lead)})


def unsubscribe_url(prospect: Prospect, services: Services) -> str | None:
    """The signed link that stops the mails to this person; None while nobody can reach us on the web."""
    if services.public_url is None:
        return None
    return f"{services.public_url}/unsubscribe/{make_token(prospect.key, services.secret)}"


def unsubscribe_address(prospect: Prospect, services: Services) -> str:
    """The address that does the same by mail."""
    token = make_token(prospect.key, services.secret)
    return f"unsubscribe+{token}@{services.playbook.sender.reply_domain}"


def reply_address(prospect: Prospect, services: Services) -> str:
    """Where an answer of this person comes in."""
    token = make_token(prospect.key, services.secret)
    return f"reply+{token}@{services.playbook.sender.reply_domain}"
