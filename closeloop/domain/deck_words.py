"""What the code itself says in a deck, in each language; what a sales team says is in the playbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from closeloop.domain.sources import OUR_RECORDS


@dataclass(frozen=True, slots=True)
class DeckWords:
    """One language. The phrases have blanks in braces."""

    title: str
    labels: Mapping[str, str]
    """The name of a fact in a table, by fact."""
    goal_labels: Mapping[str, str]
    answers: Mapping[str, str]
    """The playbook's own names for what people answer, in words."""
    employees: str
    saved: str
    price: str
    ramp: str
    ramp_year: str
    plan: tuple[str, ...]
    next_step: str
    too_old: str
    sources: Mapping[str, str]
    """What the names of sources are called here."""

    def source(self, said: str) -> str:
        """A spoken source in this language."""
        for name, here in self.sources.items():
            said = said.replace(name, here)
        return said


ENGLISH = DeckWords(
    title="{product} for {company}",
    labels={
        "employees": "Employees",
        "annual_revenue_usd": "Annual revenue",
        "industry": "Industry",
        "headquarters": "Headquarters",
        "founded": "Founded",
        "company_type": "Company type",
    },
    goal_labels={"goals": "Goal", "plans": "Plan", "timeline": "Timing"},
    answers={"cost": "lower cost", "speed": "more speed", "control": "more control"},
    employees="{number} employees ({source})",
    saved="{amount} saved per employee and year ({source})",
    price="{amount} a year, our list price for this size",
    ramp="Of the full saving, {years}",
    ramp_year="{share}% in {year}",
    plan=(
        "Week 1: connect a copy of last quarter's data, nothing is changed",
        "Weeks 2-3: run beside today's process and compare",
        "Week 4: decide together on what the comparison shows",
        "Weeks 5-8: roll out team by team",
    ),
    next_step="A 30-minute call to test these numbers together",
    too_old="is of {day}, too old to be said",
    sources={},
)
THAI = DeckWords(
    title="{product} สำหรับ {company}",
    labels={
        "employees": "จำนวนพนักงาน",
        "annual_revenue_usd": "รายได้ต่อปี",
        "industry": "อุตสาหกรรม",
        "headquarters": "สำนักงานใหญ่",
        "founded": "ปีที่ก่อตั้ง",
        "company_type": "ประเภทบริษัท",
    },
    goal_labels={"goals": "เป้าหมาย", "plans": "แผนงาน", "timeline": "กำหนดเวลา"},
    answers={
        "cost": "ลดต้นทุน",
        "speed": "ทำงานเร็วขึ้น",
        "control": "ควบคุมได้ดีขึ้น",
        "automation": "นำระบบอัตโนมัติมาใช้",
        "outsourcing": "จ้างบุคคลภายนอก",
        "this quarter": "ภายในไตรมาสนี้",
        "this year": "ภายในปีนี้",
    },
    employees="พนักงาน {number} คน ({source})",
    saved="ประหยัด {amount} ต่อพนักงานหนึ่งคนต่อปี ({source})",
    price="{amount} ต่อปี ตามราคามาตรฐานสำหรับองค์กรขนาดนี้",
    ramp="จากเงินที่ประหยัดได้ทั้งหมด {years}",
    ramp_year="{share}% ในปี {year}",
    plan=(
        "สัปดาห์ที่ 1: เชื่อมต่อสำเนาข้อมูลของไตรมาสที่แล้ว โดยไม่เปลี่ยนแปลงข้อมูลใด",
        "สัปดาห์ที่ 2-3: ทำงานคู่ขนานกับกระบวนการปัจจุบันแล้วเปรียบเทียบผล",
        "สัปดาห์ที่ 4: ตัดสินใจร่วมกันจากผลการเปรียบเทียบ",
        "สัปดาห์ที่ 5-8: เริ่มใช้งานทีละทีม",
    ),
    next_step="นัดคุย 30 นาทีเพื่อทดสอบตัวเลขเหล่านี้ร่วมกัน",
    too_old="เป็นข้อมูล ณ {day} ซึ่งเก่าเกินกว่าจะนำเสนอ",
    sources={
        OUR_RECORDS: "บันทึกของเรา",
        "the e-mail address": "ที่อยู่อีเมล",
        "your reply": "คำตอบของท่าน",
        "Wikipedia, “": "Wikipedia หัวข้อ “",
    },
)
_WORDS = {"en": ENGLISH, "th": THAI}


def deck_words(language: str) -> DeckWords:
    """English stands in for a language that is not here, as it does on the slides."""
    return _WORDS.get(language.partition("-")[0], ENGLISH)
