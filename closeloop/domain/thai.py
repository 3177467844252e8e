"""Thai: years of the Buddhist era, words for money and trades, and a particle only where the writer has chosen one.

Thai sets no blanks between words, but one where Thai meets Latin letters or digits: `ในธุรกิจ Retail`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from closeloop.domain.prospect import Fact
from closeloop.domain.sources import spoken_source
from closeloop.domain.tongues import Tongue, digits

BUDDHIST_ERA = 543
_DAYS = "จันทร์ อังคาร พุธ พฤหัสบดี ศุกร์ เสาร์ อาทิตย์".split()
_MONTHS = ("มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม").split()
_MONEY = {
    "THB": "บาท",
    "USD": "ดอลลาร์สหรัฐ",
    "EUR": "ยูโร",
    "GBP": "ปอนด์สเตอร์ลิง",
    "JPY": "เยน",
    "CNY": "หยวน",
    "SGD": "ดอลลาร์สิงคโปร์",
    "CHF": "ฟรังก์สวิส",
}
_INDUSTRIES = {
    "Agriculture": "การเกษตร",
    "Apparel": "เครื่องนุ่งห่ม",
    "Banking": "ธนาคาร",
    "Biotechnology": "เทคโนโลยีชีวภาพ",
    "Chemicals": "เคมีภัณฑ์",
    "Communications": "การสื่อสาร",
    "Construction": "ก่อสร้าง",
    "Consulting": "ที่ปรึกษา",
    "Education": "การศึกษา",
    "Electronics": "อิเล็กทรอนิกส์",
    "Energy": "พลังงาน",
    "Engineering": "วิศวกรรม",
    "Entertainment": "บันเทิง",
    "Environmental": "สิ่งแวดล้อม",
    "Finance": "การเงิน",
    "Food & Beverage": "อาหารและเครื่องดื่ม",
    "Government": "ภาครัฐ",
    "Healthcare": "การแพทย์และสุขภาพ",
    "Hospitality": "โรงแรมและบริการ",
    "Insurance": "ประกันภัย",
    "Machinery": "เครื่องจักร",
    "Manufacturing": "การผลิต",
    "Media": "สื่อ",
    "Not For Profit": "องค์กรไม่แสวงกำไร",
    "Recreation": "สันทนาการ",
    "Retail": "ค้าปลีก",
    "Shipping": "ขนส่งทางเรือ",
    "Technology": "เทคโนโลยี",
    "Telecommunications": "โทรคมนาคม",
    "Transportation": "ขนส่ง",
    "Utilities": "สาธารณูปโภค",
}
_OBJECTIONS = {
    "objection_price": "เรื่องราคา",
    "objection_timing": "เรื่องช่วงเวลา",
    "objection_authority": "เรื่องผู้มีอำนาจตัดสินใจ",
    "objection_need": "เรื่องความจำเป็นที่ต้องใช้",
    "objection_competitor": "เรื่องระบบที่ใช้อยู่ในปัจจุบัน",
    "objection_trust": "เรื่องความน่าเชื่อถือของเรา",
    "objection_product": "เรื่องสิ่งที่ระบบยังขาด",
    "brush_off": "เรื่องที่ท่านยังไม่สนใจ",
}
_SIZES = ((Decimal(10) ** 9, "พันล้าน"), (Decimal(10) ** 6, "ล้าน"))
_YEAR = re.compile(r"(19|20)\d\d")
_ASKING = {"ค่ะ": "คะ"}
_MEETS = re.compile(r"(?<=[\u0e00-\u0e7f])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u0e00-\u0e7f])")


class Thai(Tongue):
    """Formal business Thai."""

    language = "th"

    def day(self, on: date) -> str:
        """Without the year, which nobody doubts so near."""
        return f"วัน{_DAYS[on.weekday()]}ที่ {on.day} {_MONTHS[on.month - 1]}"

    def day_and_hour(self, moment: datetime) -> str:
        return f"{self.day(moment.date())} เวลา {moment:%H:%M} น."

    def full_date(self, on: date) -> str:
        return f"{on.day} {_MONTHS[on.month - 1]} {on.year + BUDDHIST_ERA}"

    def money(self, amount: Decimal, currency: str) -> str:
        return f"{digits(amount)} {_MONEY.get(currency, currency)}"

    def fact(self, fact: Fact) -> str:
        if fact.name == "annual_revenue_usd" and isinstance(fact.value, int | Decimal):
            return _dollars(Decimal(fact.value))
        if fact.name == "industry":
            return _INDUSTRIES.get(str(fact.value), str(fact.value))
        return super().fact(fact)

    def source(self, fact: Fact) -> str:
        said = spoken_source(fact.source).replace("Wikipedia, “", "Wikipedia หัวข้อ “")
        if not fact.as_of:
            return said
        if _YEAR.fullmatch(fact.as_of):
            return f"{said} ข้อมูลปี {int(fact.as_of) + BUDDHIST_ERA}"
        return f"{said} ข้อมูล ณ {self._period(fact.as_of)}"

    def _period(self, as_of: str) -> str:
        """A day in the Thai way; what is no day stays as the source has it."""
        try:
            return f"วันที่ {self.full_date(date.fromisoformat(as_of))}"
        except ValueError:
            return as_of

    def filled(self, sentence: str, company: str, value: str) -> str:
        marked = sentence.replace("{company}", "\0").replace("{value}", "\1")
        return re.sub("[\0\1]", lambda blank: _between(blank, (company, value)[ord(blank.group())]), marked)

    def objection(self, label: str) -> str:
        return _OBJECTIONS[label]

    def room_left(self, what: str, left: int | None, until: date | None, *, pieces: bool = False) -> str:
        room = f" เหลืออีก {left} {'ชิ้น' if pieces else 'ที่'}" if left is not None else ""
        return f"{what}{room}" + (f" ถึงวันที่ {self.full_date(until)}" if until else "")

    def agenda(self, company: str, product: str) -> tuple[str, ...]:
        return (
            f"สิ่งที่เราเข้าใจเกี่ยวกับ {company} และจุดที่เราอาจเข้าใจผิด",
            f"{product} จะช่วยได้ตรงไหน และตรงไหนที่ไม่ช่วย",
            "ตัวเลขที่อยู่เบื้องหลัง",
            "ขั้นตอนถัดไป",
        )

    def particles(self, particle: str | None) -> tuple[str, str]:
        """`ค่ะ` becomes `คะ` in a question; `ครับ` stays."""
        said = particle or ""
        return said, _ASKING.get(said, said)


def _between(blank: re.Match[str], words: str) -> str:
    """The words, with a blank on each side where Thai would touch Latin letters or digits."""
    before, after = blank.string[: blank.start()][-1:], blank.string[blank.end() :][:1]
    left = " " if _MEETS.search(before + words[:1]) else ""
    right = " " if _MEETS.search(words[-1:] + after) else ""
    return f"{left}{words}{right}"


def _dollars(value: Decimal) -> str:
    for size, word in _SIZES:
        if value >= size:
            return f"{value / size:,.1f}".removesuffix(".0") + f" {word}{_MONEY['USD']}"
    return f"{value:,.0f} {_MONEY['USD']}"
