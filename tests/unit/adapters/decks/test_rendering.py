"""Decks as others draw them: every page there, every text inside its box, every word inside its page."""

from __future__ import annotations

import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
import rpptx
from pptx import Presentation

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.domain.messages import PainProps
from closeloop.domain.presentation_content import DeckContent, Evidence, ValuePoint
from tests.unit.adapters.decks.sample import CONTENT, GOALS, content

NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Holding GmbH & Co. KGaA"
FULL_PAIN = PainProps(
    pain="With 12 entities in 5 countries the company waits nine days for figures, " * 2 + "each month",
    source="Annual report 2025, page 41, " * 6,
    feature="Every ledger is matched each night, so the end of the month holds no surprise " * 2,
    so_what="Finance closes in three days and spends the other six on decisions, not on matching " * 2,
    proof="A carrier with 14 entities went from ten days to three in a quarter " * 3 + "(case study)",
)
FULL = content(
    company=NAME,
    title="A title that nobody should write, since it goes on and on " * 5,
    audience=f"Dr. Maximiliane von und zu Musterstadt-Beispielhausen, Head of Finance, {NAME}",
    agenda=tuple(f"{number}: {NAME}" for number in range(8)),
    evidence=tuple(
        Evidence(
            label=f"{NAME} {n}", value="More than one line in all 14 countries", source="Report " * 9, as_of="2026"
        )
        for n in range(9)
    ),
    pains=(FULL_PAIN,),
    value=tuple(ValuePoint(year=y, saving=Decimal(90_000_000), cost=Decimal(-4)) for y in range(2027, 2039)),
    assumptions=tuple("An assumption of some words, as found in the study of 2025" for _ in range(6)),
    plan=tuple(f"Week {n}: do the step that was agreed before with everybody concerned" for n in range(5)),
    next_step="A call of 30 minutes to test these numbers with everybody who has a say in them, next week",
)
THAI_NAME = "บริษัท นอร์ดวินด์ โลจิสติกส์ จำกัด (มหาชน)"
THAI_PAIN = PainProps(
    pain=f"ด้วยพนักงาน 4,200 คน {THAI_NAME} มีใบแจ้งหนี้จากผู้ขายมากเกินกว่าจะตรวจด้วยมือได้ครบทุกใบในแต่ละเดือน",
    source="บันทึกของเรา",
    feature="ระบบจับคู่เอกสารสามทางที่เรียนรู้จากการแก้ไขของผู้ใช้และเก็บประวัติไว้ทุกครั้ง " * 2,
    so_what="ใบแจ้งหนี้เจ็ดในสิบใบไม่ต้องใช้คนตรวจ ทีมงานจึงดูเฉพาะใบที่ไม่ตรงกันเท่านั้น " * 2,
    proof="ใบแจ้งหนี้ 71% ผ่านได้โดยไม่ต้องใช้คน หลังใช้งานแปดสัปดาห์ (แบบสำรวจลูกค้า ปี 2568)",
)
THAI = content(
    language="th",
    company=THAI_NAME,
    title=f"ระบบปิดบัญชีสำหรับ {THAI_NAME} " * 5,
    agenda=("สิ่งที่เราเข้าใจเกี่ยวกับบริษัทของท่านและสิ่งที่เราอาจเข้าใจผิด",) * 6,
    goals=(Evidence(label="เป้าหมาย", value="ลดเวลาปิดบัญชีเหลือสามวันทำการ", source="คำตอบของท่าน", as_of="2026-11-03"),)
    * 3,
    pains=(THAI_PAIN,),
    grounds=(Evidence(label="จำนวนพนักงาน", value="4,200", source="บันทึกของเรา", as_of="2026-10-01"),),
    assumptions=("พนักงาน 4,200 คน (บันทึกของเรา)", "ประหยัด 100 ยูโรต่อพนักงานหนึ่งคนต่อปี (งานศึกษาลูกค้า 31 ราย ปี 2568)"),
    plan=("สัปดาห์ที่ 1: เชื่อมต่อสำเนาข้อมูลของไตรมาสที่แล้ว โดยไม่เปลี่ยนแปลงข้อมูลใด",) * 5,
    next_step="ประชุมทางโทรศัพท์สามสิบนาทีเพื่อทดสอบตัวเลขเหล่านี้ร่วมกัน",
    questions=("นอกจากท่านแล้ว มีท่านใดร่วมตัดสินใจเรื่องงานเจ้าหนี้อีกบ้าง",) * 4,
)
DECKS = {"sample": CONTENT, "goals": content(goals=GOALS), "full": FULL, "thai": THAI}


@pytest.mark.parametrize("name", DECKS)
def test_every_text_stays_inside_its_box_and_the_chart_is_drawn(name: str, tmp_path: Path) -> None:
    slides = built(DECKS[name], tmp_path / "deck.pptx")
    deck = rpptx.Presentation(str(tmp_path / "deck.pptx"))
    layout = deck.text_layout()
    assert len(layout) > slides
    assert [(box.slide_index + 1, box.name) for box in layout if box.overflow] == []
    assert deck.validate() == ()
    _, complaints = deck.render_all_slides_with_diagnostics(dpi=12)
    assert complaints == ()


def test_a_text_that_leaves_its_box_would_be_seen(tmp_path: Path) -> None:
    built(CONTENT, tmp_path / "deck.pptx")
    presentation = Presentation(str(tmp_path / "deck.pptx"))
    presentation.slides[1].placeholders[10].text_frame.text = "Much too long. " * 200
    presentation.save(str(tmp_path / "long.pptx"))
    layout = rpptx.Presentation(str(tmp_path / "long.pptx")).text_layout()
    assert [box.name for box in layout if box.overflow] == ["agenda"]


WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)</word>')
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)


@pytest.mark.rendering
def test_every_page_is_drawn_and_every_word_is_inside_it(tmp_path: Path) -> None:
    soffice, pdftotext = shutil.which("soffice"), shutil.which("pdftotext")
    if not soffice or not pdftotext:
        pytest.skip("LibreOffice (soffice) or poppler (pdftotext) is not installed")
    slides = {name: built(deck, tmp_path / f"{name}.pptx") for name, deck in DECKS.items()}
    convert(soffice, tmp_path)
    for name, count in slides.items():
        pages = words_by_page(pdftotext, tmp_path / f"{name}.pdf")
        assert len(pages) == count, name
        assert all(words for _, _, words in pages), name
        outside = [(name, number, word) for number, page in enumerate(pages, 1) for word in outside_of(*page)]
        assert outside == []


def built(deck: DeckContent, path: Path) -> int:
    assert PptxDeckBuilder().build(deck, path) == ()
    return len(Presentation(str(path)).slides)


def convert(soffice: str, folder: Path) -> None:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(path) for path in sorted(folder.glob("*.pptx"))]
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


Words = list[tuple[float, float, float, float, str]]


def words_by_page(pdftotext: str, pdf: Path) -> list[tuple[float, float, Words]]:
    command = [pdftotext, "-bbox", str(pdf), "-"]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return [
        (float(width), float(height), [placed(*word) for word in WORD.findall(body)])
        for width, height, body in PAGE.findall(found.stdout)
    ]


def placed(left: str, top: str, right: str, bottom: str, word: str) -> tuple[float, float, float, float, str]:
    return float(left), float(top), float(right), float(bottom), word


def outside_of(width: float, height: float, words: Words) -> list[str]:
    """Words that leave the page, or that run into the footer from above."""
    footer = height * 6.9 / 7.5
    return [
        word
        for left, top, right, bottom, word in words
        if left < 0 or top < 0 or right > width or bottom > height or top < footer < bottom
    ]
