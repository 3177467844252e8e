"""The pages a person sees who follows a link of ours: in English and Thai, the browser's language first.

Nothing on them comes from outside but the company's own name and address, which are escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from closeloop.domain.playbook import Sender

_STYLE = """
body{font:17px/1.6 system-ui,-apple-system,'Segoe UI','Leelawadee UI',Thonburi,'Noto Sans Thai',sans-serif;margin:0;
color:#1c2430;background:#f6f5f1}
main{max-width:34rem;margin:12vh auto 0;padding:0 1.25rem}
.card{background:#fff;border:1px solid #e2dfd6;border-radius:.9rem;padding:1.8rem 2rem;
box-shadow:0 1px 2px #0000000d}
h1{font-size:1.35rem;line-height:1.35;margin:0 0 .4rem}
p{margin:0 0 1rem}
section+section{margin-top:1.4rem;padding-top:1.4rem;border-top:1px solid #e2dfd6}
section+section h1{font-size:1.1rem}
button{font:inherit;font-weight:600;line-height:1.3;padding:.75rem 1.5rem;border:0;border-radius:.6rem;
background:#1f4d3f;color:#fff;cursor:pointer;width:100%;margin-top:1.6rem}
button:hover{background:#173b30}
button:focus-visible{outline:3px solid #7cc5a8;outline-offset:2px}
footer{font-size:.8rem;line-height:1.5;color:#6b6a64;margin:1.2rem .3rem 3rem}
section :last-child{margin-bottom:0}
@media(prefers-color-scheme:dark){body{color:#e8e6e0;background:#14181d}
.card{background:#1b2129;border-color:#313944;box-shadow:none}section+section{border-color:#313944}
button{background:#7cc5a8;color:#10231c}button:hover{background:#93d4b9}footer{color:#9a9a94}}
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says in one language."""

    title: str
    text: str
    button: str = ""


CONFIRM = {
    "en": Words(
        "Stop these e-mails?",
        "Press the button once, and we will not write to you again. You need no account and no password.",
        "Stop writing to me",
    ),
    "th": Words(
        "ต้องการหยุดรับอีเมลหรือไม่",
        "กดปุ่มเพียงครั้งเดียว แล้วเราจะไม่ส่งอีเมลถึงท่านอีก ไม่ต้องมีบัญชีและไม่ต้องใช้รหัสผ่าน",
        "หยุดส่งอีเมลถึงฉัน",
    ),
}
DONE = {
    "en": Words("Done.", "We will not write to you again. Nothing else is needed from you."),
    "th": Words("เรียบร้อยแล้ว", "เราจะไม่ส่งอีเมลถึงท่านอีก ท่านไม่ต้องดำเนินการใด ๆ เพิ่มเติม"),
}
NOT_OURS = {
    "en": Words(
        "This link is not complete",
        "It is not one of ours, or it was cut or changed on its way. Copy the whole link from the e-mail, or reply "
        "to that e-mail with the word “stop”: that works as well.",
    ),
    "th": Words(
        "ลิงก์นี้ไม่สมบูรณ์",
        "ลิงก์นี้ไม่ใช่ของเรา หรือถูกตัดหรือแก้ไขระหว่างทาง โปรดคัดลอกลิงก์ทั้งหมดจากอีเมล หรือตอบกลับอีเมลฉบับนั้นว่า “หยุดส่ง” ซึ่งได้ผลเช่นกัน",
    ),
}


def page(words: dict[str, Words], sender: Sender, accepted: str) -> str:
    """The page in every language it has, first in the one that the browser asks for (`Accept-Language`)."""
    order = _order(words, accepted)
    sections = "".join(_section(language, words[language]) for language in order)
    buttons = " · ".join(words[language].button for language in order if words[language].button)
    form = f"<form method=post><button>{escape(buttons)}</button></form>" if buttons else ""
    return (
        f'<!doctype html><html lang="{order[0]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(words[order[0]].title)}</title>'
        f'<style>{_STYLE}</style></head><body><main><div class="card">{sections}{form}</div>'
        f"<footer>{escape(_sender(sender))}</footer></main></body></html>"
    )


def _section(language: str, words: Words) -> str:
    return f'<section lang="{language}"><h1>{escape(words.title)}</h1><p>{escape(words.text)}</p></section>'


def _order(words: dict[str, Words], accepted: str) -> list[str]:
    """As the browser lists them; English first when it lists none of ours."""
    asked = [part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted.split(",")]
    known = [language for language in asked if language in words]
    return list(dict.fromkeys([*known, *words]))


def _sender(sender: Sender) -> str:
    address = sender.postal_address
    return address if address.startswith(sender.company) else f"{sender.company}, {address}"
