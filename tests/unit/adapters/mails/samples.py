"""Sample properties for every template; each test changes only what it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from closeloop.domain.messages import (
    TEMPLATES,
    AnswerProps,
    ApproachProps,
    ClosingProps,
    FollowUpProps,
    InducementProps,
    MailProps,
    MeetingProps,
    ObjectionProps,
    PainProps,
    PresentationProps,
    RenewalProps,
    ScarcityProps,
    SenderProps,
)

TEMPLATES_DIR = Path(__file__).parents[4] / "templates" / "email"

SENDER = SenderProps(
    company="Ledgerlight GmbH",
    name="Maja Brandt",
    role="Account Executive",
    postal_address="Hafenstraße 12, 20457 Hamburg, Germany",
    website="https://ledgerlight.example",
)
PAINS = (
    PainProps(
        pain="With 12,700 people, Kestrel Foods closes its month across several systems",
        source="annual report 2024",
        public_source="annual report 2024",
        feature="One view over all ledgers, without replacing them",
        so_what="your team sees open items on day one instead of day nine",
        proof="A food group of similar size cut its close from nine days to five (case study, 2025)",
    ),
    PainProps(
        pain="Kestrel Foods has sites in 14 countries, and each brings its own currency",
        source="company register, as of 2025-06-01",
        public_source="company register, as of 2025-06-01",
        feature="Automatic matching of balances between companies",
        so_what="nobody has to chase a colleague in another time zone",
        proof="Matching rates of 96 % in the first quarter (customer survey, 2025)",
    ),
)
_SHARED: dict[str, Any] = {
    "greeting": "Hello Anna",
    "company": "Kestrel Foods",
    "sender": SENDER,
    "product": "Ledgerlight",
    "product_line": "shows a finance team every open item of the month on the first day",
    "pains": PAINS,
    "questions": ("Who besides you decides about tools for finance?", "When should this be solved?"),
}
_DAYS = {"first_choice": "Tuesday, 8 December", "second_choice": "Thursday, 10 December"}
_CLOSING = {
    "amount": "EUR 48,000",
    "quote": "Q-2612-7K3M9Q4D",
    "valid_until": "31 December 2026",
    "first_alternative": "start with the Hamburg team on 1 February",
    "second_alternative": "start with all sites on 1 April",
}
_OWN: dict[type[MailProps], dict[str, Any]] = {
    ApproachProps: {"offer": "a two-page comparison of how food groups of your size close their month"},
    PresentationProps: {
        "agenda": ("What we understood, and what we got wrong", "What happens next"),
        **_DAYS,
    },
    ObjectionProps: {
        "objection": "the price",
        "answer": "The price is per employee. In the second year it is less than one late close costs",
        "evidence": "Three customers of your size paid it back within a year (customer survey, 2025).",
        "ask": "would a one-page calculation with your own figures help",
    },
    AnswerProps: {
        "facts": ("It runs beside what you have", "Your data stay in the EU"),
        "price": "EUR 48,000",
        **_DAYS,
    },
    ClosingProps: _CLOSING,
    InducementProps: {**_CLOSING, "until": "18 December 2026", "inducement": "two days of training on site"},
    ScarcityProps: {**_CLOSING, "scarcity": "places in the spring start: 3 left, until 18 December 2026"},
    FollowUpProps: {},
    RenewalProps: {"term_ends": "5 January 2027"},
    MeetingProps: {
        "when": "Tuesday, 8 December at 10:00",
        "clock": "Berlin",
        "minutes": 30,
        "goal": "half an hour with everybody who decides",
    },
}


def sample(template: str, step: int = 1, **changes: Any) -> MailProps:
    """Properties that `template` takes, with `changes` on top."""
    kind = TEMPLATES[template]
    values = {**_SHARED, **_OWN[kind], **changes}
    if "step" in kind.model_fields:
        values["step"] = step
    return kind(**values)


def said_by_us(text: str) -> str:
    """The words of a mail without its signature and footer."""
    return text.split(f"\n\n{SENDER.name}\n", maxsplit=1)[0].removesuffix("\n\nขอแสดงความนับถือ")


LANGUAGES = ("en", "th")
_THAI_DAYS = {"first_choice": "วันอังคารที่ 8 ธันวาคม", "second_choice": "วันพฤหัสบดีที่ 10 ธันวาคม"}
_THAI_PAINS = tuple(
    PAINS[0].model_copy(update={"pain": pain, "feature": feature, "so_what": so_what, "proof": proof})
    for pain, feature, so_what, proof in (
        (
            "ด้วยพนักงาน 12,700 คน Kestrel Foods ปิดบัญชีรายเดือนจากหลายระบบ",
            "มุมมองเดียวของทุกบัญชี โดยไม่ต้องเปลี่ยนระบบเดิม",
            "ทีมงานเห็นรายการค้างตั้งแต่วันแรกแทนวันที่เก้า",
            "กลุ่มอาหารขนาดเดียวกันลดการปิดบัญชีจากเก้าวันเหลือห้าวัน (กรณีศึกษา ปี 2568)",
        ),
        (
            "Kestrel Foods มีสาขาใน 14 ประเทศ และแต่ละแห่งใช้สกุลเงินของตนเอง",
            "การจับคู่ยอดระหว่างบริษัทโดยอัตโนมัติ",
            "ไม่ต้องตามเพื่อนร่วมงานในเขตเวลาอื่น",
            "จับคู่ได้ 96% ในไตรมาสแรก (แบบสำรวจลูกค้า ปี 2568)",
        ),
    )
)
_THAI: dict[str, Any] = {
    "greeting": "เรียน คุณแอนนา",
    "product_line": "แสดงรายการค้างทุกรายการของเดือนให้ฝ่ายการเงินเห็นตั้งแต่วันแรก",
    "pains": _THAI_PAINS,
    "questions": ("นอกจากท่านแล้วมีท่านใดร่วมตัดสินใจบ้าง", "ท่านอยากให้เรื่องนี้แล้วเสร็จเมื่อใด"),
    "offer": "รายงานเปรียบเทียบการปิดบัญชีของกลุ่มอาหารขนาดเดียวกัน",
    "agenda": ("สิ่งที่เราเข้าใจ และจุดที่อาจเข้าใจผิด", "ขั้นตอนถัดไป"),
    **_THAI_DAYS,
    "objection": "เรื่องราคา",
    "answer": "ราคาคิดตามจำนวนพนักงาน ในปีที่สองต่ำกว่าค่าใช้จ่ายของการปิดบัญชีช้าหนึ่งครั้ง",
    "evidence": "ลูกค้าขนาดเดียวกันสามรายคืนทุนภายในหนึ่งปี (แบบสำรวจลูกค้า ปี 2568)",
    "ask": "ให้เราคำนวณหนึ่งหน้าด้วยตัวเลขของท่านเองดีหรือไม่",
    "facts": ("ทำงานควบคู่กับระบบเดิม", "ข้อมูลอยู่ในภูมิภาคของท่าน"),
    "price": "48,000 ยูโร",
    "amount": "48,000 ยูโร",
    "valid_until": "31 ธันวาคม 2569",
    "until": "18 ธันวาคม 2569",
    "first_alternative": "เริ่มกับทีมฮัมบูร์กในวันที่ 1 กุมภาพันธ์",
    "second_alternative": "เริ่มพร้อมกันทุกสาขาในวันที่ 1 เมษายน",
    "inducement": "การอบรมสองวันที่สำนักงานของท่าน",
    "when": "วันอังคารที่ 8 ธันวาคม เวลา 10:00 น.",
    "term_ends": "5 มกราคม 2570",
    "goal": "การพบกันครึ่งชั่วโมงพร้อมผู้มีอำนาจตัดสินใจทุกท่าน",
    "scarcity": "สิทธิ์เข้าร่วมรอบต้นปี เหลืออีก 3 ที่ ถึงวันที่ 18 ธันวาคม 2569",
}


def spoken_sample(template: str, language: str, step: int = 1, **changes: Any) -> MailProps:
    """The sample as somebody who speaks this language would get it."""
    if language == "en":
        return sample(template, step, **changes)
    known = TEMPLATES[template].model_fields
    theirs = {name: value for name, value in _THAI.items() if name in known}
    sender = SENDER.model_copy(update={"role": "ผู้จัดการลูกค้า", "particle": "ค่ะ"})
    return sample(template, step, **{**theirs, "sender": sender, **changes})
