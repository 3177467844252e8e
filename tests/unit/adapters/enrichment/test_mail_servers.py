"""Whether a domain takes mail: proven by a name server that works, by nothing else."""

from __future__ import annotations

import dns.resolver
import pytest

from closeloop.adapters.enrichment.asking import SourceTrouble
from closeloop.adapters.enrichment.mail_servers import MailServers, ask_dns
from closeloop.application.ports import AccountQuery
from tests.unit.domain.people import NOW

Zone = dict[tuple[str, str], list[str] | None]
WORKS: Zone = {("com.", "NS"): ["a.gtld-servers.net."]}


def takes_mail(zone: Zone, *domains: str) -> dict[str, bool]:
    """What is found out; who is missing stays unknown. Of a name that is not in the zone nobody says anything."""

    def look_up(name: str, kind: str) -> list[str] | None:
        if (name, kind) not in zone:
            raise SourceTrouble("no name server answers")
        return zone[name, kind]

    queries = [AccountQuery(key=domain, company="", domain=domain) for domain in domains]
    answers = MailServers(look_up).ask(queries, NOW)
    return {key: bool(answer.facts[0].value) for key, answer in answers.found.items()}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ({("acme.se", "MX"): ["10 mx.acme.se."]}, True),
        ({("acme.se", "MX"): [], ("acme.se", "A"): ["93.184.216.34"]}, True),
        ({("acme.se", "MX"): [], ("acme.se", "A"): [], ("acme.se", "AAAA"): []}, False),
        ({("acme.se", "MX"): ["0 ."]}, False),
        ({("acme.se", "MX"): None}, False),
    ],
    ids=["a mail server", "only an address", "neither", "says it takes none", "no such name"],
)
def test_the_name_server_says_it(zone: Zone, expected: bool) -> None:
    assert takes_mail(WORKS | zone, "acme.se") == {"acme.se": expected}


def test_a_name_server_that_does_not_answer_proves_nothing() -> None:
    assert takes_mail({}, "acme.se") == {}


def test_a_name_server_that_knows_nobody_is_cut_off_and_proves_nothing() -> None:
    nobody: Zone = {("acme.se", "MX"): None, ("other.se", "MX"): None, ("com.", "NS"): None}
    assert takes_mail(nobody, "acme.se", "other.se") == {}


def test_sample_domains_are_not_looked_up() -> None:
    nobody: Zone = {("acme.example", "MX"): None}
    assert takes_mail(WORKS | nobody, "acme.example") == {}


def test_a_resolver_without_servers_is_trouble_and_no_verdict() -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = 9  # discard: nobody is there
    with pytest.raises(SourceTrouble):
        ask_dns("acme.se", "MX", resolver, seconds=0.2)
