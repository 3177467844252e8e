"""The order in which a deck tells its story: from the content to pages, each claim beside its source.

Nothing is added that the content does not hold; sums are taken from the value points that the chart shows.
A part without content has no page.
"""

from __future__ import annotations

import re
from decimal import Decimal

from closeloop.adapters.decks.fit import shorten
from closeloop.adapters.decks.pages import Chart, Page, Table, Text, Timeline, claim, clean, label, sentence
from closeloop.adapters.decks.sources import MOST_PAINS, no_age, no_source, proof_of, source_of, source_rows
from closeloop.adapters.decks.words import Words
from closeloop.domain.presentation_content import DeckContent, Evidence

_MILLION = Decimal(10) ** 6
_SMALL_PRINT = 12.0
_HEADING_NAME = 45
_MOST_QUESTIONS = 3
_MOST_LINES = 4
"""Of goals and of what the facts suggest, together on one page."""
_STEP = re.compile(r"^(?P<when>.+?):(?: (?P<what>.*))?$")


def pages_of(content: DeckContent, words: Words) -> list[Page]:
    """The pages in order. Tables may still be longer than a slide."""
    pages = [_title(content, words), _agenda(content, words)]
    if content.goals or content.pains or content.questions or content.doubts:
        pages.append(_goals(content, words))
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


def _short(company: str) -> str:
    """A company's name as headings say it; the title page has it in full."""
    return shorten(clean(company), lambda name: len(name) <= _HEADING_NAME)


def _heading(content: DeckContent, words: Words, key: str) -> dict[str, tuple[Text, ...]]:
    return _page_texts(content, words, label(words.say(key, company=_short(content.company)), "the heading"))


def _page_texts(content: DeckContent, words: Words, title: Text) -> dict[str, tuple[Text, ...]]:
    footer = words.say("footer", sender=clean(content.sender.company), date=words.day(content.on))
    return {"title": (title,), "footer": (label(footer, "the footer"),)}


def _notes(words: Words, page: str, *more: str) -> tuple[str, ...]:
    ask = f"{words.note('ask')} {words.note(f'{page}_ask')}"
    return (words.note(f"{page}_say"), ask, *more)


def _open_questions(content: DeckContent, words: Words, key: str) -> tuple[str, ...]:
    return _listed(content.questions, words, key)


def _listed(lines: tuple[str, ...], words: Words, key: str) -> tuple[str, ...]:
    return (words.note(key), *(f"• {clean(line)}" for line in lines)) if lines else ()


def _title(content: DeckContent, words: Words) -> Page:
    sender = ", ".join(filter(None, (content.sender.name, content.sender.role, content.sender.company)))
    texts = {
        "title": (label(content.title, "the title", missing="the title is empty; give the deck one"),),
        "audience": (label(content.audience or content.company, "the audience", missing="no audience is named"),),
        "sender": (label(sender, "the sender", missing="no sender is named; fill the playbook's sender"),),
        "date": (label(words.day(content.on), "the date"),),
    }
    return Page("Title", texts, _notes(words, "title"))


def _agenda(content: DeckContent, words: Words) -> Page:
    items = content.agenda or ("",)
    missing = "the agenda has an empty item; fill it or leave it out"
    texts = _heading(content, words, "agenda")
    texts["agenda"] = tuple(label(item, f"agenda item {n}", missing=missing) for n, item in enumerate(items, 1))
    asked = () if content.evidence else _open_questions(content, words, "open")
    return Page("Agenda", texts, _notes(words, "agenda", *asked))


def _goals(content: DeckContent, words: Words) -> Page:
    """What they told us; until they did, what the facts suggest; beside it what only they can say."""
    said, heading = _goals_said(content, words), "goals" if content.goals else "goals_unknown"
    asked = content.questions[:_MOST_QUESTIONS] or (words.say("goals_missed"),)
    grounds = (*content.goals, *content.grounds[:MOST_PAINS])
    sources = "; ".join(dict.fromkeys(source_of(ground, words) for ground in grounds))
    texts = _heading(content, words, heading)
    texts["goals"] = said
    texts["questions"] = (
        _kicker(words.say("goals_ask")),
        *(claim(question, f"question {number}") for number, question in enumerate(asked, 1)),
    )
    line = f"{words.say('source')}: {sources}" if sources else "–"
    texts["source"] = (label(line, "the source line of the goals"),)
    return Page("Goals", texts, _notes(words, "goals", *_listed(content.doubts, words, "doubts")))


def _goals_said(content: DeckContent, words: Words) -> tuple[Text, ...]:
    told = [words.say("goal", label=one.label, value=sentence(one.value)) for one in content.goals]
    room = max(_MOST_LINES - len(told), 0) if told else MOST_PAINS
    read = [clean(pain.pain) for pain in content.pains[:room]]
    if not told and not read:
        read = [words.say("goals_none")]
    said: list[Text] = []
    for key, lines in (("goals_told", told), ("goals_read", read)):
        if lines:
            said.append(_kicker(words.say(key)))
            said += [claim(line, f"goal {number}") for number, line in enumerate(lines, len(said))]
    return tuple(said)


def _situation(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "situation")
    headings = tuple(words.say(key) for key in ("fact", "figure", "source", "as_of"))
    rows = tuple(_evidence_row(evidence, words) for evidence in content.evidence)
    alt = words.say("table_alt", title=texts["title"][0].text, rows=len(rows))
    table = Table(headings, (0.22, 0.27, 0.31, 0.2), rows, alt, strong=1)
    asked = _open_questions(content, words, "open")
    return Page("Table", texts, _notes(words, "situation", *asked), table)


def _evidence_row(evidence: Evidence, words: Words) -> tuple[Text, ...]:
    name = clean(evidence.label) or "a fact"
    return (
        label(evidence.label, "the label of a fact", missing="a fact has no label; name what it says"),
        claim(evidence.value, f"the value of “{name}”"),
        claim(evidence.source, f"the source of “{name}”", no_source(name)),
        claim(words.age(evidence.as_of, evidence.seen), f"the date of “{name}”", no_age(name)),
    )


def _so_what(content: DeckContent, words: Words, place: int) -> Page:
    pain, what = content.pains[place], f"of pain {place + 1}"
    says, proof_source = proof_of(pain)
    ground = content.grounds[place] if place < len(content.grounds) else None
    sources = "; ".join(filter(None, (source_of(ground, words) if ground else "", proof_source)))
    texts = _page_texts(content, words, claim(pain.pain, f"the sentence {what}"))
    texts["feature"] = (_kicker(words.say("feature")), claim(sentence(pain.feature), f"the feature {what}"))
    texts["so_what"] = (
        _kicker(words.say("so_what", company=_short(content.company))),
        claim(sentence(pain.so_what), f"the so-what {what}"),
    )
    texts["proof"] = (_kicker(words.say("proof")), claim(says, f"the proof {what}"))
    texts["source"] = (label(f"{words.say('source')}: {sources}", f"the source line {what}"),)
    return Page("So what", texts, _notes(words, "pain", words.note("where_from", source=sources)))


def _kicker(text: str) -> Text:
    return Text(text, "a small heading", level=1)


def _value(content: DeckContent, words: Words) -> Page:
    points = sorted(content.value, key=lambda point: point.year)
    saving, cost = sum((p.saving for p in points), Decimal(0)), sum((p.cost for p in points), Decimal(0))
    years = "–".join(dict.fromkeys(words.year(point.year) for point in (points[0], points[-1])))
    amounts = {"saving": words.money(content.currency, saving), "cost": words.money(content.currency, cost)}
    texts = _page_texts(content, words, claim(words.say("value", years=years, **amounts), "the sum of the value"))
    net = claim(words.money(content.currency, saving - cost), "the net value")
    texts["net"] = (_kicker(words.say("net")), net)
    missing = "the value chart has no assumptions; state them or leave the chart out"
    assumed = tuple(claim(text, "an assumption", missing) for text in content.assumptions or ("",))
    texts["assumptions"] = (_kicker(words.say("assumptions")), *assumed)
    return Page("Value", texts, _notes(words, "value", *map(clean, content.assumptions)), _chart(content, words))


def _chart(content: DeckContent, words: Words) -> Chart:
    points = sorted(content.value, key=lambda point: point.year)
    said = "; ".join(
        words.say("chart_point", year=words.year(p.year), saving=f"{p.saving:,.0f}", cost=f"{p.cost:,.0f}")
        for p in points
    )
    size, unit, decimals = _unit(content, words)
    saving, cost = (words.say(key, unit=unit) for key in ("saving_series", "cost_series"))
    return Chart(
        years=tuple(words.year(point.year) for point in points),
        series=(
            (saving, tuple(float(point.saving / size) for point in points)),
            (cost, tuple(float(point.cost / size) for point in points)),
        ),
        alt=words.say("chart_alt", currency=content.currency, points=said),
        decimals=decimals,
    )


def _unit(content: DeckContent, words: Words) -> tuple[Decimal, str, int]:
    """What the amounts of the chart count in, so that a column carries few digits: its size, its name, decimals."""
    largest = max(abs(amount) for point in content.value for amount in (point.saving, point.cost))
    if largest >= _MILLION:
        # 3.18 beside 0.18: small costs stay to be seen
        decimals = 2 if largest < 10 * _MILLION else 1 if largest < 100 * _MILLION else 0
        return _MILLION, words.say("millions", currency=content.currency), decimals
    if largest >= 10_000:
        decimals = 1 if largest < 100_000 else 0
        return Decimal(1_000), words.say("thousands", currency=content.currency), decimals
    return Decimal(1), content.currency, 0


def _plan(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "plan")
    steps = tuple(_step(number, clean(step)) for number, step in enumerate(content.plan, 1))
    return Page("Plan", texts, _notes(words, "plan"), Timeline(steps))


def _step(number: int, step: str) -> tuple[Text, Text]:
    """`Week 1: connect the ledger` in its two halves; a step without a time gets its number."""
    found = _STEP.match(step)
    when, what = (found["when"], found["what"] or "") if found else (str(number), step)
    return claim(when, f"the time of step {number}"), claim(sentence(what), f"step {number} of the plan")


def timeline_as_table(page: Page, words: Words) -> Page:
    """The same plan as rows, for steps that are too many or too long to stand side by side."""
    steps = page.block.steps if isinstance(page.block, Timeline) else ()
    headings = (words.say("when"), words.say("what"))
    alt = words.say("table_alt", title=page.texts["title"][0].text, rows=len(steps))
    table = Table(headings, (0.25, 0.75), steps, alt, strong=0)
    return Page("Table", page.texts, page.notes, table)


def _next_step(content: DeckContent, words: Words) -> Page:
    sender = content.sender
    who = ", ".join(filter(None, (clean(sender.name), clean(sender.role))))
    named = sender.postal_address.startswith(sender.company)
    reach = ("" if named else sender.company, sender.website, sender.postal_address)
    contact = (
        label(who, "the contact", level=1),
        *(label(line, "the contact") for line in reach if line.strip()),
    )
    missing = "there is no next step; say what should happen and when"
    texts = {
        "title": (label(words.say("next"), "the heading"),),
        "next_step": (claim(content.next_step, "the next step", missing),),
        "contact": tuple(line for line in contact if line.text),
    }
    return Page("Next step", texts, _notes(words, "next", *_open_questions(content, words, "before_closing")))


def _sources(content: DeckContent, words: Words) -> Page:
    texts = _heading(content, words, "sources")
    headings = tuple(words.say(key) for key in ("statement", "source", "as_of"))
    rows = tuple(source_rows(content, words))
    alt = words.say("table_alt", title=texts["title"][0].text, rows=len(rows))
    table = Table(headings, (0.5, 0.37, 0.13), rows, alt, size=_SMALL_PRINT)
    return Page("Table", texts, _notes(words, "sources"), table)
