"""The order in which a deck tells its story: from the content to pages, each claim beside its source.

Nothing is added that the content does not hold; sums are taken from the value points that the chart shows.
A part without content has no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from closeloop.adapters.decks.fit import shorten
from closeloop.adapters.decks.pages import Chart, Page, Table, Text, Timeline
from closeloop.adapters.decks.words import Words
from closeloop.domain.messages import PainProps
from closeloop.domain.presentation_content import DeckContent, Evidence

MOST_PAINS = 3
_SMALL_PRINT = 12.0
_HEADING_NAME = 45
_IN_SOURCE = "–"
"""The date of a proof, whose source says it."""
_DATED = re.compile(r"^(?P<source>.+?), as of (?P<as_of>.+)$")
_PROOF = re.compile(r"^(?P<says>.+?)\s*\((?P<source>[^()]+)\)\s*$")
_STEP = re.compile(r"^(?P<when>.+?):(?: (?P<what>.*))?$")
_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")


def pages_of(content: DeckContent, words: Words) -> list[Page]:
    """The pages in order. Tables may still be longer than a slide."""
    pages = [_title(content, words), _agenda(content, words)]
    if content.evidence:
        pages.append(_situation(content, words))
    pages += [_so_what(content, words, place) for place in range(min(len(content.pains), MOST_PAINS))]
    if content.value:
        pages.append(_value(content, words))
    if content.plan:
        pages.append(_plan(content, words))
    pages.append(_next_step(content, words))
    if content.evidence or content.pains:
        pages.append(_sources(content, words))
    return pages


def _clean(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _short(company: str) -> str:
    """A company's name as headings say it; the title page has it in full."""
    return shorten(_clean(company), lambda name: len(name) <= _HEADING_NAME)


def _label(text: str, what: str, level: int = 0, missing: str | None = None) -> Text:
    return Text(_clean(text), what, level=level, missing=missing)


def _claim(text: str, what: str, missing: str | None = None) -> Text:
    return Text(_clean(text), what, claim=True, missing=missing or f"{what} is empty; fill it or leave it out")


def _heading(content: DeckContent, words: Words, key: str) -> dict[str, tuple[Text, ...]]:
    return _page_texts(content, words, _label(words.say(key, company=_short(content.company)), "the heading"))


def _page_texts(content: DeckContent, words: Words, title: Text) -> dict[str, tuple[Text, ...]]:
    footer = words.say("footer", sender=_clean(content.sender.company), date=words.day(content.on))
    return {"title": (title,), "footer": (_label(footer, "the footer"),)}


def _notes(words: Words, page: str, *more: str) -> tuple[str, ...]:
    ask = f"{words.note('ask')} {words.note(f'{page}_ask')}"
    return (words.note(f"{page}_say"), ask, *more)


def _open_questions(content: DeckContent, words: Words, key: str) -> tuple[str, ...]:
    if not content.questions:
        return ()
    return (words.note(key), *(f"• {_clean(question)}" for question in content.questions))


def _title(content: DeckContent, words: Words) -> Page:
    sender = ", ".join(filter(None, (content.sender.name, content.sender.role, content.sender.company)))
    texts = {
        "title": (_label(content.title, "the title", missing="the title is empty; give the deck one"),),
        "audience": (_label(content.audience or content.company, "the audience", missing="no audience is named"),),
        "sender": (_label(sender, "the sender", missing="no sender is named; fill the playbook's sender"),),
        "date": (_label(words.day(content.on), "the date"),),
    }
    return Page("Title", texts, _notes(words, "title"))


def _agenda(content: DeckContent, words: Words) -> Page:
    items = content.agenda or ("",)
    missing = "the agenda has an empty item; fill it or leave it out"
    texts = _heading(content, words, "agenda")
    texts["agenda"] = tuple(_label(item, f"agenda item {n}", missing=missing) for n, item in enumerate(items, 1))
    asked = () if content.evidence else _open_questions(content, words, "open")
    return Page("Agenda", texts, _notes(words, "agenda", *asked))


def _situation(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "situation")
    headings = tuple(words.say(key) for key in ("fact", "figure", "source", "as_of"))
    rows = tuple(_evidence_row(evidence, words) for evidence in content.evidence)
    alt = words.say("table_alt", title=texts["title"][0].text, rows=len(rows))
    table = Table(headings, (0.23, 0.27, 0.34, 0.16), rows, alt, strong=1)
    asked = _open_questions(content, words, "open")
    return Page("Table", texts, _notes(words, "situation", *asked), table)


def _evidence_row(evidence: Evidence, words: Words) -> tuple[Text, ...]:
    name = _clean(evidence.label) or "a fact"
    return (
        _label(evidence.label, "the label of a fact", missing="a fact has no label; name what it says"),
        _claim(evidence.value, f"the value of “{name}”"),
        _claim(evidence.source, f"the source of “{name}”", _no_source(name)),
        _claim(evidence.as_of or words.say("undated"), f"the date of “{name}”"),
    )


def _no_source(name: str) -> str:
    return f"“{name}” has no source; name where it comes from or leave the claim out"


def _so_what(content: DeckContent, words: Words, place: int) -> Page:
    pain, what = content.pains[place], f"of pain {place + 1}"
    says, proof_source = _proof(pain)
    sources = "; ".join(filter(None, (_spoken_source(pain, words), proof_source)))
    texts = _page_texts(content, words, _claim(pain.pain, f"the sentence {what}"))
    texts["feature"] = (_kicker(words.say("feature")), _claim(pain.feature, f"the feature {what}"))
    texts["so_what"] = (
        _kicker(words.say("so_what", company=_short(content.company))),
        _claim(pain.so_what, f"the so-what {what}"),
    )
    texts["proof"] = (_kicker(words.say("proof")), _claim(says, f"the proof {what}"))
    texts["source"] = (_label(f"{words.say('source')}: {sources}", f"the source line {what}"),)
    return Page("So what", texts, _notes(words, "pain", words.note("where_from", source=sources)))


def _kicker(text: str) -> Text:
    return Text(text, "a small heading", level=1)


def _proof(pain: PainProps) -> tuple[str, str]:
    """A proof and the source that stands behind it in brackets, if it does."""
    found = _PROOF.match(_clean(pain.proof))
    return (found["says"], found["source"]) if found else (_clean(pain.proof), "")


def _dated(pain: PainProps) -> tuple[str, str | None]:
    found = _DATED.match(_clean(pain.source))
    return (found["source"], found["as_of"]) if found else (_clean(pain.source), None)


def _spoken_source(pain: PainProps, words: Words) -> str:
    source, as_of = _dated(pain)
    return words.say("dated", source=source, as_of=as_of) if as_of else source


def _value(content: DeckContent, words: Words) -> Page:
    points = sorted(content.value, key=lambda point: point.year)
    saving, cost = sum((p.saving for p in points), Decimal(0)), sum((p.cost for p in points), Decimal(0))
    years = "–".join(dict.fromkeys(str(point.year) for point in (points[0], points[-1])))
    amounts = {"saving": words.money(content.currency, saving), "cost": words.money(content.currency, cost)}
    texts = _page_texts(content, words, _claim(words.say("value", years=years, **amounts), "the sum of the value"))
    net = _claim(words.money(content.currency, saving - cost), "the net value")
    texts["net"] = (_kicker(words.say("net")), net)
    missing = "the value chart has no assumptions; state them or leave the chart out"
    assumed = tuple(_claim(text, "an assumption", missing) for text in content.assumptions or ("",))
    texts["assumptions"] = (_kicker(words.say("assumptions")), *assumed)
    return Page("Value", texts, _notes(words, "value", *map(_clean, content.assumptions)), _chart(content, words))


def _chart(content: DeckContent, words: Words) -> Chart:
    points = sorted(content.value, key=lambda point: point.year)
    said = "; ".join(
        words.say("chart_point", year=p.year, saving=f"{p.saving:,.0f}", cost=f"{p.cost:,.0f}") for p in points
    )
    saving, cost = (words.say(key, currency=content.currency) for key in ("saving_series", "cost_series"))
    return Chart(
        years=tuple(str(point.year) for point in points),
        series=(
            (saving, tuple(float(point.saving) for point in points)),
            (cost, tuple(float(point.cost) for point in points)),
        ),
        alt=words.say("chart_alt", currency=content.currency, points=said),
    )


def _plan(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "plan")
    steps = tuple(_step(number, _clean(step)) for number, step in enumerate(content.plan, 1))
    return Page("Plan", texts, _notes(words, "plan"), Timeline(steps))


def _step(number: int, step: str) -> tuple[Text, Text]:
    """`Week 1: connect the ledger` in its two halves; a step without a time gets its number."""
    found = _STEP.match(step)
    when, what = (found["when"], found["what"] or "") if found else (str(number), step)
    what = what[:1].upper() + what[1:]
    return _claim(when, f"the time of step {number}"), _claim(what, f"step {number} of the plan")


def timeline_as_table(page: Page, words: Words) -> Page:
    """The same plan as rows, for steps that are too many or too long to stand side by side."""
    steps = page.block.steps if isinstance(page.block, Timeline) else ()
    headings = (words.say("when"), words.say("what"))
    alt = words.say("table_alt", title=page.texts["title"][0].text, rows=len(steps))
    table = Table(headings, (0.25, 0.75), steps, alt, strong=0)
    return Page("Table", page.texts, page.notes, table)


def _next_step(content: DeckContent, words: Words) -> Page:
    sender = content.sender
    who = ", ".join(filter(None, (_clean(sender.name), _clean(sender.role))))
    reach = (sender.company, sender.website, sender.postal_address)
    contact = (
        _label(who, "the contact", level=1),
        *(_label(line, "the contact") for line in reach if line.strip()),
    )
    missing = "there is no next step; say what should happen and when"
    texts = {
        "title": (_label(words.say("next"), "the heading"),),
        "next_step": (_claim(content.next_step, "the next step", missing),),
        "contact": tuple(line for line in contact if line.text),
    }
    return Page("Next step", texts, _notes(words, "next", *_open_questions(content, words, "before_closing")))


def _sources(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "sources")
    headings = tuple(words.say(key) for key in ("statement", "source", "as_of"))
    rows = tuple(_source_rows(content, words))
    alt = words.say("table_alt", title=texts["title"][0].text, rows=len(rows))
    table = Table(headings, (0.5, 0.37, 0.13), rows, alt, size=_SMALL_PRINT)
    return Page("Table", texts, _notes(words, "sources"), table)


def _source_rows(content: DeckContent, words: Words) -> Iterator[tuple[Text, ...]]:
    for number, pain in enumerate(content.pains[:MOST_PAINS], 1):
        source, as_of = _dated(pain)
        yield _source_row(pain.pain, source, as_of, f"pain {number}", words)
        says, proof_source = _proof(pain)
        if proof_source:
            yield _source_row(says, proof_source, _IN_SOURCE, f"proof {number}", words)
    for evidence in content.evidence:
        statement = f"{_clean(evidence.label)}: {_clean(evidence.value)}"
        yield _source_row(statement, evidence.source, evidence.as_of, _clean(evidence.label), words)


def _source_row(statement: str, source: str, as_of: str | None, name: str, words: Words) -> tuple[Text, ...]:
    return (
        _label(statement, f"the statement of “{name}”"),
        _claim(source, f"the source of “{name}”", _no_source(name)),
        _claim(as_of or words.say("undated"), f"the date of “{name}”"),
    )
