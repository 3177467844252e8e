"""What a buyer does when a mail arrives, and when a planned moment has come.

After the last word (stop or lost) a person never acts again; later mails still arrive and are on record.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from sandbox import agenda
from sandbox.buyers import calendars, machines, script, timing
from sandbox.buyers.chance import Chance
from sandbox.buyers.models import (
    Plan,
    Standing,
    add_act,
    add_plan,
    forget_plans,
    keep_standing,
    standing_of,
    take_plan,
)
from sandbox.buyers.people import Person, person_at
from sandbox.buyers.personas import Outcome, Persona, draw, personas
from sandbox.buyers.writing import is_automatic, write
from sandbox.sendgrid import conversations, events, inbound, transit
from sandbox.sendgrid.models import Mail, mail_of
from sandbox.sendgrid.suppression import suppress
from sandbox.world import World

LINK = re.compile(r"https?://", re.IGNORECASE)
OPENED = Outcome("open")
CLICKED = Outcome("click")


def receive(world: World, mail_id: int) -> None:
    """A mail reaches its recipient: it bounces, or it is delivered and may move the person to something."""
    mail = mail_of(world, mail_id)
    if transit.turned_away(world, mail):
        return
    if mail.content.kind != "to":
        transit.deliver(world, mail)
        return
    chance = Chance(world.seed, mail.address)
    standing = standing_of(world, mail.address) or _newcomer(chance, mail)
    persona = personas()[standing.persona]
    standing.mails += 1
    if calendars.has_part(mail):
        transit.deliver(world, mail)
        calendars.plan(world, chance, _person(chance, mail, standing), mail, standing.mails)
        keep_standing(world, standing)
        return
    stage = script.stage_of(mail.content)
    outcome = script.next_outcome(chance, persona, standing, stage, agenda.now(world))
    if outcome is not None and outcome.do == "bounce":
        transit.bounce(world, mail)
        standing.ends = outcome.ends
        add_act(world, standing, mail, "bounce", outcome, stage=stage)
    else:
        transit.deliver(world, mail)
        machines.notice(world, mail)
        _plan(world, chance, persona, standing, mail, outcome)
    keep_standing(world, standing)


def act(world: World, plan_id: int) -> None:
    """A planned moment has come: open, follow a link, report, opt out or write."""
    plan = take_plan(world, plan_id)
    mail, standing = mail_of(world, plan.mail_id), standing_of(world, plan.address)
    if standing is None:
        raise LookupError(f"{plan.address} plans something but never got a mail")
    if plan.deed == "open":
        _open(world, standing, mail)
    elif plan.deed == "click":
        _click(world, standing, mail)
    elif plan.deed == calendars.DEED:
        chance = Chance(world.seed, plan.address)
        calendars.answer(world, chance, _person(chance, mail, standing), standing, mail, plan)
    else:
        _last_or_next_word(world, standing, mail, plan)


def _newcomer(chance: Chance, mail: Mail) -> Standing:
    name = person_at(chance, mail.content.to, mail.content.to_name).name
    return Standing(mail.address, draw(chance).name, name)


def _plan(
    world: World, chance: Chance, persona: Persona, standing: Standing, mail: Mail, outcome: Outcome | None
) -> None:
    """Draw what this mail leads to and when, and put it on the agenda."""
    if outcome is not None and outcome.do == "nothing":
        standing.ends, outcome = outcome.ends, None
    now, nth = agenda.now(world), standing.mails
    if outcome is not None and is_automatic(outcome):
        standing.busy = 1
        add_plan(world, mail.address, mail.id, "reply", outcome, timing.answers_by_machine_at(chance, now, nth))
        return
    if outcome is None and not chance.happens(_chance_to_open(persona, standing), "opens", nth):
        return
    person = _person(chance, mail, standing)
    opened = timing.opens_at(chance, now, person.utc_offset, nth)
    add_plan(world, mail.address, mail.id, "open", OPENED, opened)
    if chance.happens(persona.clicks, "clicks", nth) and LINK.search(mail.content.html or mail.content.text):
        add_plan(
            world,
            mail.address,
            mail.id,
            "click",
            CLICKED,
            opened + chance.between(6, 100, "click seconds", nth),
        )
    if outcome is not None:
        standing.busy = 1
        at = timing.replies_at(chance, now, opened, person.utc_offset, nth)
        add_plan(world, mail.address, mail.id, outcome.do, outcome, at)


def _chance_to_open(persona: Persona, standing: Standing) -> float:
    if standing.ends in ("stop", "lost") or standing.away_until:
        return 0.0 if standing.ends in ("stop", "lost") else persona.opens / 2
    return persona.opens / 3 if standing.ends == "silent" else persona.opens


def _open(world: World, standing: Standing, mail: Mail) -> None:
    if mail.content.open_tracking:
        events.opened(world, mail)
    add_act(world, standing, mail, "open", OPENED)


def _click(world: World, standing: Standing, mail: Mail) -> None:
    """A link is followed; SendGrid only sees it when it had rewritten the link."""
    if mail.content.tracked_links:
        events.clicked(world, mail, 0)
    elif url := _link_to_follow(world, mail):
        machines.visit(world, mail, url, events.PERSON, "GET", "click")
    add_act(world, standing, mail, "click", CLICKED)


def _last_or_next_word(world: World, standing: Standing, mail: Mail, plan: Plan) -> None:
    chance, outcome = Chance(world.seed, plan.address), plan.outcome
    standing.busy, standing.ends = 0, outcome.ends or standing.ends
    if plan.deed == "spam":
        _report_spam(world, standing, mail, outcome)
    elif plan.deed == "opt_out":
        _opt_out(world, chance, standing, mail, outcome)
    else:
        _reply(world, chance, standing, mail, outcome)
    if standing.ends in ("stop", "lost"):
        forget_plans(world, plan.address)
    else:
        _plan_unprompted(world, chance, standing, mail)
    keep_standing(world, standing)


def _report_spam(world: World, standing: Standing, mail: Mail, outcome: Outcome) -> None:
    suppress(world, "spam_reports", mail.content.to)
    events.spam_reported(world, mail)
    add_act(world, standing, mail, "spam", outcome, stage=script.stage_of(mail.content))


def _opt_out(world: World, chance: Chance, standing: Standing, mail: Mail, outcome: Outcome) -> None:
    """By the way the mail offers: SendGrid's own link, the mail program's one-click button, else in words."""
    stage = script.stage_of(mail.content)
    if mail.content.subscription_tracking:
        suppress(world, "unsubscribes", mail.content.to)
        events.unsubscribed(world, mail)
        add_act(world, standing, mail, "opt_out", outcome, stage=stage)
    elif mail.content.asm_group_id:
        suppress(world, f"group:{mail.content.asm_group_id}", mail.content.to)
        events.group_unsubscribed(world, mail)
        add_act(world, standing, mail, "opt_out", outcome, stage=stage)
    elif (url := _one_click_url(world, mail)) is not None:
        _post_later(world, mail, "one_click", outcome.label, url, {"List-Unsubscribe": "One-Click"})
        add_act(world, standing, mail, "opt_out", outcome, stage=stage)
    else:
        _reply(world, chance, standing, mail, outcome)


def _link_to_follow(world: World, mail: Mail) -> str | None:
    """The first link of the text that can be reached and does not opt out."""
    header = mail.content.header("List-Unsubscribe")
    return next((url for url in machines.reachable(world, mail) if url not in header and "unsub" not in url), None)


def _one_click_url(world: World, mail: Mail) -> str | None:
    """The List-Unsubscribe URL if buyers can reach it: on this machine or on the host of a webhook."""
    if "one-click" not in mail.content.header("List-Unsubscribe-Post").lower():
        return None
    urls = re.findall(r"<(https?://[^>\s]+)>", mail.content.header("List-Unsubscribe"))
    near = machines.reachable(world, mail)
    return next((url for url in urls if url in near), None)


def _reply(world: World, chance: Chance, standing: Standing, mail: Mail, outcome: Outcome) -> None:
    now = agenda.now(world)
    reply = write(chance, _person(chance, mail, standing), mail, outcome, now, standing.mails * 10 + standing.beat)
    inbound.put(world, mail.id, outcome.label, reply.form)
    conversations.received(world, reply.message_id, mail)
    if reply.resume_on:
        back = datetime.fromisoformat(reply.resume_on).replace(tzinfo=UTC)
        standing.away_until = agenda.seconds(back)
    add_act(
        world,
        standing,
        mail,
        "reply",
        outcome,
        stage=script.stage_of(mail.content),
        resume_on=reply.resume_on,
        refers_to=reply.refers_to,
        reply_id=reply.message_id,
    )


def _plan_unprompted(world: World, chance: Chance, standing: Standing, mail: Mail) -> None:
    """After an absence some people answer by themselves, a day or two after their return."""
    beat = script.unprompted_next(personas()[standing.persona], standing)
    if beat is None:
        return
    outcome = script.finish_beat(chance, beat, standing)
    if outcome.do == "nothing":
        standing.ends = outcome.ends
        return
    standing.busy = 1
    person = _person(chance, mail, standing)
    back = datetime.fromtimestamp(max(standing.away_until, agenda.now(world)), UTC) + timedelta(hours=9)
    at = agenda.seconds(back) + chance.between(0, 2 * timing.DAY, "catching up", standing.beat)
    add_plan(world, mail.address, mail.id, outcome.do, outcome, timing.awake(at, person.utc_offset, chance, "back"))


def _person(chance: Chance, mail: Mail, standing: Standing) -> Person:
    return person_at(chance, mail.content.to, standing.name)


def _post_later(world: World, mail: Mail, target: str, name: str, url: str, form: dict[str, str]) -> None:
    world.db.execute(
        "INSERT INTO sendgrid_outbox (at, target, name, mail_id, url, body) VALUES (?, ?, ?, ?, ?, ?)",
        (agenda.now(world), target, name, mail.id, url, json.dumps(form, ensure_ascii=False)),
    )
