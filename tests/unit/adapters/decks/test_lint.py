"""What holds a deck back: each reason alone, on the sample that is otherwise fine."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pptx import Presentation
from pptx.util import Inches

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.lint import slide_findings
from closeloop.adapters.decks.master import DEFAULT_MASTER
from closeloop.domain.presentation_content import DeckContent, ValuePoint
from tests.unit.adapters.decks.building import BUILDER, problems
from tests.unit.adapters.decks.sample import CONTENT, content, with_evidence, with_ground, with_pain

LONG = "A sentence that goes on and on about what the customer would gain. " * 20


def test_the_sample_is_fine(tmp_path: Path) -> None:
    assert problems(CONTENT, tmp_path) == []


@pytest.mark.parametrize(
    ("deck", "slide", "said"),
    [
        (content(title=" "), 1, "the title is empty"),
        (content(agenda=()), 2, "the agenda has an empty item"),
        (content(next_step="\u00a0"), 10, "there is no next step"),
        (with_evidence(value=""), 4, "the value of “Employees” is empty"),
        (with_evidence(label=""), 4, "a fact has no label"),
        (with_evidence(source=" "), 4, "“Employees” has no source"),
        (with_ground(source=""), 11, "“pain 1” has no source"),
        (with_pain(so_what=""), 5, "the so-what of pain 1 is empty"),
        (with_pain(proof="\n"), 5, "the proof of pain 1 is empty"),
        (content(assumptions=()), 8, "the value chart has no assumptions"),
        (content(currency=""), 8, "no currency"),
        (content(plan=("Week 1: ",)), 9, "is empty"),
    ],
)
def test_what_is_missing_is_named_with_its_slide(deck: DeckContent, slide: int, said: str, tmp_path: Path) -> None:
    found = problems(deck, tmp_path)
    assert any(number == slide and said in problem for number, problem in found), found


@pytest.mark.parametrize("tag", ["{company}", "{{ company }}", "{% if x %}", "${name}", "<<name>>", "{{oops"])
def test_an_unresolved_tag_holds_the_deck_wherever_it_stands(tag: str, tmp_path: Path) -> None:
    decks = (
        content(title=f"For {tag}"),
        with_pain(proof=f"As {tag} says (survey)"),
        with_evidence(source=tag),
        content(questions=(f"What does {tag} cost?",)),
        content(plan=(f"Week 1: call {tag}",)),
    )
    for deck in decks:
        found = problems(deck, tmp_path)
        assert found
        assert all("unresolved tag" in problem for _, problem in found)


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ("\x00", "control character (U+0000)"),
        ("\x0b", "control character (U+000B)"),
        ("\x1c", "control character (U+001C)"),
        ("\x85", "control character (U+0085)"),
        ("\ufffd", "lost character (U+FFFD)"),
        ("\uffff", "lost character (U+FFFF)"),
        ("\ue000", "private character"),
        ("\ud800", "half a character"),
        ("\u202e", "a sign that turns the text"),
    ],
)
def test_a_character_that_nobody_can_read_holds_the_deck(sign: str, said: str, tmp_path: Path) -> None:
    for deck in (content(company=f"Nord{sign}wind"), content(questions=(f"Who{sign}?",))):
        found = problems(deck, tmp_path)
        assert any(said in problem for _, problem in found), found


def test_a_control_character_at_the_end_of_a_text_is_not_swallowed(tmp_path: Path) -> None:
    for deck in (content(title="Title\x1f"), with_pain(so_what="\x1cMore")):
        assert any("control character" in problem for _, problem in problems(deck, tmp_path))


def test_accents_piled_on_one_letter_hold_the_deck(tmp_path: Path) -> None:
    found = problems(content(next_step="Ca" + "\u0301" * 12 + "ll"), tmp_path)
    assert [problem for _, problem in found if "piles accents" in problem]


@pytest.mark.parametrize(
    ("deck", "slide", "said"),
    [
        (with_pain(pain=LONG), 5, "the sentence of pain 1 does not fit"),
        (with_pain(so_what=LONG), 5, "the so-what of pain 1 does not fit"),
        (with_pain(feature="W" * 400), 5, "the feature of pain 1 does not fit"),
        (with_evidence(value=LONG * 4), 4, "the value of “Employees” does not fit"),
        (content(next_step=LONG), 10, "the next step does not fit"),
        (content(assumptions=(LONG,)), 8, "an assumption does not fit"),
        (content(plan=("Week 1: " + LONG * 5,)), 9, "step 1 of the plan does not fit"),
        (content(agenda=tuple(f"Item {n}" for n in range(40))), 2, "does not fit"),
    ],
)
def test_a_claim_that_does_not_fit_is_never_cut(deck: DeckContent, slide: int, said: str, tmp_path: Path) -> None:
    found = problems(deck, tmp_path)
    assert any(number == slide and said in problem and "shorten" in problem for number, problem in found), found


@pytest.mark.parametrize(
    "name", ["W" * 300, "Nordwind " * 40, "北风物流" * 80, "บริษัทนอร์ดวินด์" * 30, "شركة " * 70, "👩‍👩‍👧‍👦" * 60]
)
def test_a_label_that_does_not_fit_is_cut_with_an_ellipsis(name: str, tmp_path: Path) -> None:
    deck = content(title=name, company=name, audience=name, agenda=(name, name))
    assert problems(deck, tmp_path) == []
    slides = Presentation(str(tmp_path / "deck.pptx")).slides
    title, audience = (slides[0].placeholders[idx].text_frame.text for idx in (0, 10))
    heading = slides[3].shapes.title
    assert heading is not None
    assert title.endswith("…")
    assert audience.endswith("…")
    assert heading.text.endswith("…")


def test_a_chart_with_one_year_twice_or_an_absurd_amount_is_refused(tmp_path: Path) -> None:
    twice = ValuePoint(year=2027, saving=Decimal(1), cost=Decimal(1))
    assert any("2027 twice" in p for _, p in problems(content(value=(twice, twice)), tmp_path))
    absurd = ValuePoint(year=2027, saving=Decimal(10) ** 18, cost=Decimal(1))
    assert any("no amount of money" in p for _, p in problems(content(value=(absurd,)), tmp_path))


def test_findings_come_once_and_in_the_order_of_the_slides(tmp_path: Path) -> None:
    found = problems(content(title="", next_step="", agenda=("", "")), tmp_path)
    assert [slide for slide, _ in found] == [1, 2, 10]


def test_a_deck_with_findings_leaves_the_older_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "deck.pptx"
    path.write_bytes(b"approved yesterday")
    assert BUILDER.build(content(title=""), path)
    assert path.read_bytes() == b"approved yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_without_a_description_is_found_and_a_file_name_is_none() -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    slide = presentation.slides.add_slide(presentation.slide_layouts.get_by_name("Next step"))
    for placeholder in slide.placeholders:
        placeholder.text_frame.text = "said"
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    picture = slide.shapes.add_picture(file, 0, 0, Inches(1), Inches(1))
    identity = picture._element.xpath("./p:nvPicPr/p:cNvPr")[0]
    for described, count in (("", 1), ("image.png", 1), ("The plant in Oslo", 0)):
        identity.set("descr", described)
        assert [f.problem for f in slide_findings(presentation) if "no alternative text" in f.problem][:2] == [
            f"'{picture.name}' has no alternative text; describe what it shows"
        ] * count


def test_a_place_of_a_branded_master_that_nobody_filled_is_found(tmp_path: Path) -> None:
    presentation: Any = Presentation(str(DEFAULT_MASTER))
    layout = presentation.slide_layouts.get_by_name("Plan")
    extra = deepcopy(next(p for p in layout.placeholders if p.name == "timeline")._element)
    extra.xpath("./p:nvSpPr/p:cNvPr")[0].set("name", "legal note")
    extra.xpath("./p:nvSpPr/p:nvPr/p:ph")[0].set("idx", "77")
    layout.shapes._spTree.append(extra)
    master = tmp_path / "branded.pptx"
    presentation.save(str(master))
    found = PptxDeckBuilder(master).build(CONTENT, tmp_path / "deck.pptx")
    assert [(f.slide, "'legal note' is empty" in f.problem) for f in found] == [(9, True)]
