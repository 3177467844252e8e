"""What a reader and a speaker find in a finished deck."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.domain.presentation_content import DeckContent, Evidence, ValuePoint
from tests.unit.adapters.decks.sample import CONTENT, PAINS, content, with_pain

BUILDER = PptxDeckBuilder()


def built(deck: DeckContent, folder: Path) -> Any:
    path = folder / "deck.pptx"
    assert BUILDER.build(deck, path) == ()
    return Presentation(str(path))


def words_on(slide: Any) -> str:
    return "\n".join(node.text or "" for node in slide._element.iter("{*}t"))


def chart_of(presentation: Any) -> Any:
    return next(shape.chart for slide in presentation.slides for shape in slide.shapes if shape.has_chart)


def test_a_deck_tells_its_story_in_order(tmp_path: Path) -> None:
    deck = built(CONTENT, tmp_path)
    layouts = [slide.slide_layout.name for slide in deck.slides]
    assert layouts == [
        "Title", "Agenda", "Goals", "Table", "So what", "So what", "So what", "Value", "Plan", "Next step", "Table",
    ]  # fmt: skip
    assert (deck.slide_width, deck.slide_height) == (12_191_695, 6_858_000)


def test_every_word_of_the_content_reaches_a_slide(tmp_path: Path) -> None:
    shown = "\n".join(words_on(slide) for slide in built(CONTENT, tmp_path).slides)
    expected = [CONTENT.title, CONTENT.audience, "23 November 2026", CONTENT.next_step, *CONTENT.agenda]
    expected += [text for pain in PAINS for text in (pain.pain, pain.feature, pain.so_what)]
    expected += [text for fact in CONTENT.evidence for text in (fact.label, fact.value, fact.source)]
    expected += [CONTENT.sender.name, CONTENT.sender.postal_address, CONTENT.sender.website, *CONTENT.assumptions]
    assert [text for text in expected if text not in shown] == []


def test_a_pain_page_shows_where_pain_and_proof_come_from(tmp_path: Path) -> None:
    page = words_on(built(CONTENT, tmp_path).slides[4])
    assert "Source: Annual report 2025, page 41, as of 2026-03-31; case study Baltic, 2025" in page


def test_the_last_page_lists_every_claim_with_its_source_and_age(tmp_path: Path) -> None:
    last = built(CONTENT, tmp_path).slides[10]
    table = next(shape.table for shape in last.shapes if shape.has_table)
    rows = [tuple(cell.text for cell in row.cells) for row in table.rows][1:]
    assert len(rows) == 2 * len(PAINS) + len(CONTENT.evidence)
    assert rows[0][1:] == ("Annual report 2025, page 41", "2026-03-31")
    assert rows[1][1:] == ("case study Baltic, 2025", "–")
    assert rows[-1] == ("Annual revenue: US$ 1.3 billion", "CRM, account record", "read 2026-11-20")


def test_words_from_inside_a_sentence_get_a_capital_on_a_slide_and_names_keep_theirs(tmp_path: Path) -> None:
    page = words_on(built(with_pain(so_what="nobody waits", feature="iLedger matches"), tmp_path).slides[4])
    assert "Nobody waits" in page
    assert "iLedger matches" in page


def test_the_sender_is_named_once_where_the_address_already_says_it(tmp_path: Path) -> None:
    sender = CONTENT.sender.model_copy(update={"postal_address": "Ledgerline, Harbour Street 12, Oslo"})
    lines = words_on(built(content(sender=sender), tmp_path).slides[9]).splitlines()
    assert [line for line in lines if line.startswith("Ledgerline")] == ["Ledgerline, Harbour Street 12, Oslo"]


def test_only_the_first_three_pains_get_a_page(tmp_path: Path) -> None:
    deck = built(content(pains=(*PAINS, PAINS[0])), tmp_path)
    assert [slide.slide_layout.name for slide in deck.slides].count("So what") == 3


def test_a_part_without_content_has_no_page(tmp_path: Path) -> None:
    deck = built(content(pains=(), evidence=(), value=(), plan=()), tmp_path)
    assert [slide.slide_layout.name for slide in deck.slides] == ["Title", "Agenda", "Goals", "Next step"]


def test_the_speaker_has_a_question_on_every_slide_and_what_we_do_not_know_where_it_is_asked(
    tmp_path: Path,
) -> None:
    notes = [slide.notes_slide.notes_text_frame.text for slide in built(CONTENT, tmp_path).slides]
    assert all("Ask:" in note and "?" in note for note in notes)
    assert all(question in notes[3] and question in notes[9] for question in CONTENT.questions)


def test_notes_show_signs_of_markup_as_they_are(tmp_path: Path) -> None:
    deck = built(content(questions=("Does R&D use <b>ledgers</b>?",)), tmp_path)
    assert "• Does R&D use <b>ledgers</b>?" in deck.slides[3].notes_slide.notes_text_frame.text.splitlines()


def test_what_is_unknown_is_asked_even_when_no_fact_is_known(tmp_path: Path) -> None:
    slides = built(content(evidence=(), pains=()), tmp_path).slides
    assert CONTENT.questions[0] in slides[1].notes_slide.notes_text_frame.text


def test_the_chart_is_native_and_holds_the_numbers(tmp_path: Path) -> None:
    plot = chart_of(built(CONTENT, tmp_path)).plots[0]
    assert list(plot.categories) == ["2027", "2028", "2029"]
    assert [list(series.values) for series in plot.series] == [[168, 378, 420], [96] * 3]


def test_the_chart_can_be_edited_in_its_workbook(tmp_path: Path) -> None:
    workbook = chart_of(built(CONTENT, tmp_path)).part.chart_workbook.xlsx_part.blob
    sheet = ZipFile(BytesIO(workbook)).read("xl/worksheets/sheet1.xml")
    assert b"<v>378</v>" in sheet


def test_the_value_page_says_the_sums_of_its_chart(tmp_path: Path) -> None:
    page = words_on(built(CONTENT, tmp_path).slides[7])
    assert "EUR 966,000 saved against EUR 288,000 of cost, 2027–2029" in page
    assert "EUR 678,000" in page


def test_years_stand_in_order_and_many_of_them_become_lines(tmp_path: Path) -> None:
    points = tuple(ValuePoint(year=y, saving=Decimal(y), cost=Decimal(1)) for y in range(2040, 2028, -1))
    chart = chart_of(built(content(value=points), tmp_path))
    assert list(chart.plots[0].categories) == [str(year) for year in range(2029, 2041)]
    assert chart.chart_type.name == "LINE_MARKERS"


def test_a_plan_of_few_steps_is_a_timeline_and_of_many_a_table(tmp_path: Path) -> None:
    few = built(CONTENT, tmp_path).slides[8]
    assert [shape.text_frame.text for shape in few.shapes if shape.name.startswith("time of")] == [
        "Week 1", "Weeks 2-3", "Week 4", "Weeks 5-8",
    ]  # fmt: skip
    many = built(content(plan=tuple(f"Week {n}: step {n}" for n in range(1, 9))), tmp_path).slides[8]
    table = next(shape.table for shape in many.shapes if shape.has_table)
    assert [row.cells[0].text for row in table.rows][1:] == [f"Week {n}" for n in range(1, 9)]


def test_a_table_that_is_too_long_goes_on_over_the_page(tmp_path: Path) -> None:
    facts = tuple(
        Evidence(label=f"Site {n}", value=f"{n} posts", source="Careers page", as_of="2026") for n in range(1, 31)
    )
    deck = built(content(evidence=facts, pains=()), tmp_path)
    titles = [slide.shapes.title.text for slide in deck.slides if slide.shapes.title is not None]
    assert "What we understood about Nordwind Logistics (1 of 3)" in titles
    shown = "\n".join(words_on(slide) for slide in deck.slides)
    assert all(fact.label in shown for fact in facts)


def test_tables_and_charts_describe_themselves_to_those_who_cannot_see_them(tmp_path: Path) -> None:
    frames = [shape for slide in built(CONTENT, tmp_path).slides for shape in slide.shapes
              if shape.has_chart or shape.has_table]  # fmt: skip
    described = [frame._element.xpath("./p:nvGraphicFramePr/p:cNvPr/@descr")[0] for frame in frames]
    assert len(described) == 3
    assert "2028 saving 378,000, cost 96,000" in described[1]


def test_thai_gets_thai_words_the_buddhist_year_and_its_language_mark(tmp_path: Path) -> None:
    deck = built(content(language="th"), tmp_path)
    assert "23 พฤศจิกายน 2569" in words_on(deck.slides[0])
    assert deck.slides[1].shapes.title.text == "วาระการประชุม"
    assert {run.get("lang") for run in deck.slides[1]._element.iter("{*}rPr")} <= {"th-TH", "en-GB"}


@pytest.mark.parametrize("language", ["de", "xx", "", "EN_us"])
def test_a_language_without_words_gets_english(language: str, tmp_path: Path) -> None:
    assert built(content(language=language), tmp_path).slides[1].shapes.title.text == "Agenda"


def test_arabic_runs_from_the_right(tmp_path: Path) -> None:
    deck = built(content(next_step="مكالمة مدتها ثلاثون دقيقة"), tmp_path)
    paragraph = next(p for p in deck.slides[9]._element.iter("{*}p") if "مكالمة" in "".join(p.itertext()))
    assert paragraph.pPr.get("rtl") == "1"


def test_slides_carry_footer_and_page_number(tmp_path: Path) -> None:
    shapes = {shape.name: shape for shape in built(CONTENT, tmp_path).slides[4].placeholders}
    assert shapes["footer"].text_frame.text == "Ledgerline · 23 November 2026"
    assert "5" in "".join(shapes["page"]._element.itertext())


def test_shape_numbers_are_unique_on_each_slide(tmp_path: Path) -> None:
    for slide in built(CONTENT, tmp_path).slides:
        numbers = [shape.shape_id for shape in slide.shapes]
        assert len(numbers) == len(set(numbers))
