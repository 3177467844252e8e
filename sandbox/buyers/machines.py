"""Machines that act on a mail before any person does: mail programs that fetch pictures, filters that follow links.

They follow from the address and the seed alone, and change nothing of what the person does. Every event that a
machine caused is on record, so that a program which tells machines from people can be judged.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from sandbox import agenda
from sandbox.agenda import Due
from sandbox.buyers.chance import Chance
from sandbox.sendgrid import events
from sandbox.sendgrid.account import account_of
from sandbox.sendgrid.events import Visitor
from sandbox.sendgrid.hosts import hosts_of
from sandbox.sendgrid.models import Mail, mail_of
from sandbox.sendgrid.webhooks import setting
from sandbox.world import World

PREFETCH, SCAN = "prefetch", "scan"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
APPLE = Visitor("198.51.100.180", "Mozilla/5.0")
FILTERS = (
    Visitor("198.51.100.61", "Mozilla/5.0 (compatible; Proofpoint-URL-Defense/2.0; +https://scanner.example)"),
    Visitor("198.51.100.62", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Mimecast-URL-Protect/1.0"),
    Visitor("198.51.100.63", "Barracuda Sentinel (EE)"),
    # One in four looks like a browser: only its haste gives it away.
    Visitor("198.51.100.64", events.PERSON.useragent),
)
LINK = re.compile(r"https?://[^\s\"'<>)\]]+")


def notice(world: World, mail: Mail) -> None:
    """A mail was delivered: plan what machines do with it."""
    account, now = account_of(world), agenda.now(world)
    person, company = Chance(world.seed, mail.address), Chance(world.seed, mail.address.rpartition("@")[2])
    if mail.content.open_tracking and person.happens(account.machine_opens, "privacy protection"):
        at = now + person.between(5, 1800, "prefetch", mail.leaves_at)
        agenda.put(world, Due(at, mail.address, PREFETCH, mail.id))
    if company.happens(account.scanners, "scanner"):
        at = now + person.between(1, 9, "scan", mail.leaves_at)
        agenda.put(world, Due(at, mail.address, SCAN, mail.id))


def prefetch(world: World, mail_id: int) -> None:
    """Apple's proxy fetches the pixel; SendGrid recognises most of these."""
    mail = mail_of(world, mail_id)
    chance = Chance(world.seed, mail.address)
    flagged = chance.happens(account_of(world).flagged_machine_opens, "flagged", mail.leaves_at)
    _tell(world, mail, "open", "privacy proxy", events.opened(world, mail, APPLE, machine=flagged))


def scan(world: World, mail_id: int) -> None:
    """The company's filter follows every link within a second, those that SendGrid counts and those it does not."""
    mail = mail_of(world, mail_id)
    visitor = Chance(world.seed, mail.address.rpartition("@")[2]).pick(FILTERS, "scanner kind")
    for index in range(len(mail.content.tracked_links)):
        _tell(world, mail, "click", "link scanner", events.clicked(world, mail, index, visitor))
    method = "HEAD" if visitor is FILTERS[2] else "GET"
    for url in reachable(world, mail):
        visit(world, mail, url, visitor, method, "scan")


def reachable(world: World, mail: Mail) -> list[str]:
    """The links of a mail, its opt-out header's too, to this machine, a named host or the host of a webhook."""
    settings = [setting(world, kind) or {} for kind in ("event", "parse")]
    hosts = LOOPBACK | {urlsplit(str(found.get("url", ""))).hostname for found in settings}
    hosts |= {urlsplit(origin).hostname for origin in hosts_of(world)}
    written = f"{mail.content.text}\n{mail.content.html}\n{mail.content.header('List-Unsubscribe')}"
    found = dict.fromkeys(url.replace("&amp;", "&").rstrip(".,;") for url in LINK.findall(written))
    return [url for url in found if _host(url) in hosts]


def visit(world: World, mail: Mail, url: str, visitor: Visitor, method: str, name: str) -> None:
    """Follow a link for real, at the next delivery."""
    body = {"method": method, "ip": visitor.ip, "useragent": visitor.useragent}
    world.db.execute(
        "INSERT INTO sendgrid_outbox (at, target, name, mail_id, url, body) VALUES (?, 'visit', ?, ?, ?, ?)",
        (agenda.now(world), name, mail.id, url, json.dumps(body)),
    )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _tell(world: World, mail: Mail, event: str, machine: str, sg_event_id: str) -> None:
    world.db.execute(
        "INSERT OR IGNORE INTO sendgrid_machines VALUES (?, ?, ?, ?, ?)",
        (sg_event_id, agenda.now(world), mail.content.to, event, machine),
    )
