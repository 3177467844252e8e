"""The company's website: read politely, never where it could hurt, and only for what it says of this company."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
import pytest

from closeloop.adapters.enrichment.page_facts import page_facts
from closeloop.adapters.enrichment.safe_fetch import NotFetched, Page, SafeFetch, is_public
from closeloop.adapters.enrichment.website import Website
from closeloop.application.ports import AccountQuery
from closeloop.domain.prospect import FactValue
from tests.scripted_server import Answer, ScriptedServer, scripted_server
from tests.unit.domain.people import NOW

PAGE = """<!doctype html><html lang="de-AT"><head><title>Acme</title>
<meta name="description" content="Pumps for every plant">
<script src="https://www.googletagmanager.com/gtm.js?id=1"></script>
<script type="application/ld+json">{"@graph": [{"@type": "WebSite"}, {"@type": ["Organization"],
 "url": "https://www.acme.example/", "numberOfEmployees": {"@type": "QuantitativeValue", "value": 412},
 "foundingDate": "1987-03-01", "address": {"addressCountry": "AT"}}]}</script></head><body></body></html>"""
NO_ROBOTS = Answer(404, "no such page")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def here(server: ScriptedServer, **more: object) -> SafeFetch:
    """Every name leads to the test's server, which the hook allows."""
    port = urlsplit(server.url).port or 0
    settings = {"resolve": lambda host, port: ["127.0.0.1"], "allowed": lambda address: True}
    return SafeFetch(**{**settings, "ports": frozenset({port}), **more})  # type: ignore[arg-type]


def read(server: ScriptedServer, domain: str = "acme.example") -> dict[str, FactValue] | None:
    """The facts of this domain's page; None when it could not be asked."""
    port = urlsplit(server.url).port
    site = Website(here(server), address=f"http://{{domain}}:{port}/", samples_too=True)
    found = site.ask([AccountQuery(key="k", company="", domain=domain)], NOW).found
    return {fact.name: fact.value for fact in found["k"].facts} if "k" in found else None


def test_a_page_tells_language_tagline_technology_and_its_schema(server: ScriptedServer) -> None:
    server.then(NO_ROBOTS, Answer(200, PAGE, {"Server": "cloudflare"}))
    assert read(server) == {
        "site_language": "de",
        "tagline": "Pumps for every plant",
        "technologies": "Cloudflare, Google Tag Manager",
        "employees": 412,
        "founded": 1987,
        "country": "AT",
    }


def test_a_page_that_robots_txt_forbids_is_not_read(server: ScriptedServer) -> None:
    server.then(Answer(200, "User-agent: *\nDisallow: /"))
    assert read(server) == {}
    assert server.asked == ["GET /robots.txt"]


def test_a_site_that_cannot_give_its_robots_txt_is_left_alone_for_now(server: ScriptedServer) -> None:
    server.then(Answer(503, "down"))
    assert read(server) is None


def test_a_page_that_moved_to_another_company_says_nothing(server: ScriptedServer) -> None:
    port = urlsplit(server.url).port
    moved = Answer(301, "", {"Location": f"http://buyer.example:{port}/"})
    server.then(NO_ROBOTS, moved, Answer(200, PAGE), NO_ROBOTS)
    assert read(server) == {}


@pytest.mark.parametrize(
    "page",
    [
        PAGE.replace("https://www.acme.example/", "https://other.example/"),
        PAGE.replace('"value": 412', '"minValue": 200, "maxValue": 500'),
        PAGE.replace("412", '"4e99"'),
        PAGE.replace("412", "[" * 5_000),
    ],
    ids=["another company's schema", "a range", "no number", "broken JSON"],
)
def test_what_is_not_plainly_a_number_of_this_company_is_no_fact(page: str) -> None:
    facts = page_facts(Page("https://acme.example/", httpx.Headers(), page), "acme.example", NOW)
    assert "employees" not in {fact.name for fact in facts}


def test_a_parked_domain_says_nothing() -> None:
    page = Page("https://acme.example/", httpx.Headers(), "<html lang=en><title>This domain is for sale</title>")
    assert page_facts(page, "acme.example", NOW) == ()


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 192.168.0.1 172.16.9.9 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 ::1 fe80::1 fd00::1 "
    "::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ff02::1".split(),
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(NotFetched, match="not public"):
        SafeFetch(resolve=lambda host, port: ["93.184.216.34", address]).get("https://acme.example/")


def test_a_name_that_changes_its_mind_after_the_check_changes_nothing(server: ScriptedServer) -> None:
    """DNS rebinding: the name is asked once, and the connection goes to the address that was checked."""
    answers = iter([["127.0.0.1"], ["203.0.113.9"]])
    server.then(Answer(200, "hello"))
    port = urlsplit(server.url).port
    fetch = here(server, resolve=lambda host, port: next(answers))
    assert fetch.get(f"http://rebinding.example:{port}/").text == "hello"
    assert next(answers) == ["203.0.113.9"]


def test_a_redirect_into_the_house_is_refused(server: ScriptedServer) -> None:
    port = urlsplit(server.url).port
    server.then(Answer(302, "", {"Location": f"http://inside.example:{port}/admin"}))
    inside = {"inside.example": ["10.0.0.7"]}
    fetch = here(
        server,
        resolve=lambda host, port: inside.get(host, ["127.0.0.1"]),
        allowed=lambda address: str(address) == "127.0.0.1",
    )
    with pytest.raises(NotFetched, match="not public"):
        fetch.get(f"http://acme.example:{port}/")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://user@acme.example/", "https://acme.example:22/", "x"]
)
def test_only_plain_web_addresses_are_read(url: str) -> None:
    with pytest.raises(NotFetched, match="plain web address"):
        SafeFetch().get(url)


def test_endless_redirects_and_endless_pages_end(server: ScriptedServer) -> None:
    port = urlsplit(server.url).port
    server.then(*[Answer(302, "", {"Location": "/again"})] * 5)
    with pytest.raises(NotFetched, match="redirects"):
        here(server).get(f"http://acme.example:{port}/")
    server.then(Answer(200, "x" * 5_000))
    with pytest.raises(NotFetched, match="larger"):
        here(server, most_bytes=4_000).get(f"http://acme.example:{port}/")


def test_a_packed_page_is_refused_before_it_is_unpacked(server: ScriptedServer) -> None:
    server.then(Answer(200, "x", {"Content-Encoding": "gzip"}))
    with pytest.raises(NotFetched, match="packed"):
        here(server).get(f"http://acme.example:{urlsplit(server.url).port}/")
