"""Rows of a lead file to leads. Each ends in exactly one list: clean with notes, or kept out with a reason.

Nothing a row says is lost: what finds no field, or does not fit its field, is kept in the description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from closeloop.domain.lead_cells import (
    LIMITS,
    cut,
    harmless,
    has_control_characters,
    length,
    looks_like_formula,
    read_country,
    read_headcount,
    read_phone,
    read_revenue,
    split_name,
    storable,
    tidy,
    tidy_lines,
)
from closeloop.domain.lead_columns import Columns, match_columns
from closeloop.domain.lead_duplicates import SeenPeople
from closeloop.domain.leads import LeadDraft, LeadFile, Quarantined
from closeloop.domain.mail_addresses import BadAddress, read_address, shown

NumberedRow = tuple[int, Sequence[str]]
"""The line a person finds the row on, and its cells."""

LONGEST_CELL = 100_000
"""Characters. What is a little too long is cut to its field; what is far too long is no cell but a mistake."""

_FORMULA_FREE = {
    "first_name": "first name",
    "last_name": "last name",
    "full_name": "name",
    "company": "company",
    "email": "e-mail address",
}
_REST = ("title", "phone", "country", "website", "industry", "employees", "annual_revenue", "lead_source")


def read_rows(header: Sequence[str], rows: Iterable[NumberedRow], encoding: str = "utf-8") -> LeadFile:
    """Read all rows under a header; `UsageError` when a required column is missing."""
    columns, seen = match_columns(header), SeenPeople()
    drafts, quarantined = list[LeadDraft](), list[Quarantined]()
    for line, cells in rows:
        outcome = _read_row(columns, line, cells)
        if isinstance(outcome, LeadDraft) and (reason := seen.twin(outcome)):
            outcome = Quarantined(line=line, reason=reason, row=_as_shown(columns, cells))
        if isinstance(outcome, LeadDraft):
            seen.add(outcome)
            drafts.append(outcome)
        else:
            quarantined.append(outcome)
    return LeadFile(
        drafts=tuple(drafts),
        quarantined=tuple(quarantined),
        unknown_columns=columns.unknown_headers,
        encoding=encoding,
    )


def _as_shown(columns: Columns, cells: Sequence[str]) -> dict[str, str]:
    """The row under its headers; equal headers and surplus cells get a number, so that none hides another."""
    row: dict[str, str] = {}
    for n, cell in enumerate(cells, 1):
        name = columns.headers[n - 1] if n <= len(columns.headers) else f"Column {n}"
        row[name if name not in row else f"{name} ({n})"] = storable(cell)
    return row


def _read_row(columns: Columns, line: int, cells: Sequence[str]) -> LeadDraft | Quarantined:
    spare = cells[len(columns.headers) :]
    if spare and not any(cell.strip() for cell in spare):
        return _read_without_spare(columns, line, cells)
    problems = _problems_of_shape(columns, cells) or (row := _Row(columns, cells)).problems
    if problems:
        return Quarantined(line=line, reason="; ".join(problems), row=_as_shown(columns, cells))
    return row.draft(line)


def _read_without_spare(columns: Columns, line: int, cells: Sequence[str]) -> LeadDraft | Quarantined:
    """A row that ends in spare commas is fine; one pushed to the right by a comma inside a cell is not."""
    outcome = _read_row(columns, line, cells[: len(columns.headers)])
    if isinstance(outcome, LeadDraft):
        return outcome
    problems = _problems_of_shape(columns, cells) or [outcome.reason]
    return Quarantined(line=line, reason="; ".join(problems), row=_as_shown(columns, cells))


def _problems_of_shape(columns: Columns, cells: Sequence[str]) -> list[str]:
    width = len(columns.headers)
    if not any(cell.strip() for cell in cells):
        return ["the row is empty: remove it"]
    if is_too_long(cells):
        longest = max(range(len(cells)), key=lambda n: len(cells[n]))
        name = shown(columns.headers[longest]) if len(cells) == width else f"cell {longest + 1}"
        return [f"{name} has {len(cells[longest]):,} characters, more than {LONGEST_CELL:,}: shorten it"]
    if len(cells) != width:
        return [f"the row has {len(cells)} columns, the header {width}: check its commas and quotation marks"]
    spoiled = [(columns.headers[n], cell) for n, cell in enumerate(cells) if has_control_characters(cell)]
    return [
        f"control or unreadable characters in {shown(name)}{_bytes_in(cell)}: type the cell again"
        for name, cell in spoiled
    ]


def is_too_long(cells: Sequence[str]) -> bool:
    """True when one of the cells is longer than anything a person keys in."""
    return any(len(cell) > LONGEST_CELL for cell in cells)


def _bytes_in(cell: str) -> str:
    """The bytes of the file that were no text; they come here as lone surrogates."""
    found = [f"{ord(c) - 0xDC00:02X}" for c in cell if "\udc80" <= c <= "\udcff"]
    return f" (the bytes {' '.join(found[:8])} do not fit the rest of the file)" if found else ""


class _Row:
    """One row while it is read. `problems` keep it out; `notes` and `extra` lines go with it."""

    def __init__(self, columns: Columns, cells: Sequence[str]) -> None:
        self._columns, self._cells = columns, cells
        self.problems: list[str] = []
        self._notes: list[str] = []
        self._extra: list[str] = []
        self._used: dict[str, str] = {}
        for field in columns.of_field:
            self._used[field] = self._first_filled(field)
        self._refuse_formulas()
        self._email = self._read_email()
        self._company = self._said("company")
        self._first_name, self._last_name = self._names()
        self._require()

    def _first_filled(self, field: str) -> str:
        """The best column of a field that has a value; the values of the others are kept as extra lines."""
        chosen = ""
        for position in self._columns.of_field[field]:
            raw = self._cells[position]
            plain = tidy_lines(raw) if field == "description" else tidy(raw)
            if plain and not chosen:
                chosen = plain
                if raw != plain and field != "description":
                    self._notes.append(f"spaces taken out of {self._columns.headers[position]}")
            elif plain and plain != chosen:
                self._keep(self._columns.headers[position], plain)
        return chosen

    def _said(self, field: str) -> str:
        return self._used.get(field, "")

    def _keep(self, name: str, text: str) -> None:
        self._extra.append(f"{name}: {text}")

    def _refuse_formulas(self) -> None:
        for field, words in _FORMULA_FREE.items():
            if looks_like_formula(self._said(field)):
                self.problems.append(f"a formula in the {words}: replace it by its plain text")
        for field in ("first_name", "last_name", "full_name", "email"):
            cells = (self._cells[n].strip() for n in self._columns.of_field.get(field, ()))
            if any("\n" in cell or "\r" in cell for cell in cells):
                self.problems.append(f"a line break in the {_FORMULA_FREE[field]}: take it out")

    def _read_email(self) -> str:
        said = self._said("email")
        if not said:
            self.problems.append("no e-mail address: add one or remove the row")
        elif not looks_like_formula(said):
            try:
                return read_address(said)
            except BadAddress as problem:
                self.problems.append(str(problem))
        return ""

    def _names(self) -> tuple[str, str]:
        first, last = self._said("first_name"), self._said("last_name")
        if not last and (full := self._said("full_name")):
            split_first, last = split_name(full)
            first = first or split_first or ""
        elif (full := self._said("full_name")) and full not in {
            f"{first} {last}".strip(),
            f"{last}, {first}",
        }:
            self._keep("Full name", full)
        return first, last

    def _require(self) -> None:
        if not self._company:
            self.problems.append("no company: add it or remove the row")
        if not any(c.isalnum() for c in self._last_name):
            self.problems.append("no last name: add it or remove the row")

    def draft(self, line: int) -> LeadDraft:
        """The lead, once there are no problems."""
        fields: dict[str, Any] = dict.fromkeys(_REST)
        fields |= {"first_name": self._fit("first_name", self._first_name, "First name")}
        fields |= {"last_name": self._fit("last_name", self._last_name, "Last name")}
        fields |= {"company": self._fit("company", self._company, "Company")}
        for field, label in (("title", "Title"), ("industry", "Industry"), ("lead_source", "Lead source")):
            fields[field] = self._fit(field, harmless(self._said(field)), label)
        fields["country"] = self._converted("country", "Country", read_country(self._said("country")))
        fields["phone"] = self._converted("phone", "Phone", read_phone(self._said("phone"), fields["country"]))
        employees = read_headcount(self._said("employees"))
        fields["employees"] = self._converted("employees", "Employees", employees)
        revenue = read_revenue(self._said("annual_revenue"))
        fields["annual_revenue"] = self._converted("annual_revenue", "Annual revenue", revenue)
        fields["website"] = self._website()
        fields["same_as"] = self._said("same_as") or None
        fields["description"] = self._description()
        return LeadDraft(line=line, email=self._email, notes=tuple(self._notes), **fields)

    def _fit(self, field: str, text: str, label: str) -> str | None:
        kept = cut(text, LIMITS[field])
        if kept != text:
            self._notes.append(f"{label} cut to {LIMITS[field]} characters, the whole kept in the description")
            self._keep(label, text)
        return kept or None

    def _converted(self, field: str, label: str, value: str | int | None) -> Any:
        said = self._said(field)
        if said and value is None:
            self._notes.append(f"{label} {shown(said)} could not be read and is kept in the description")
            self._keep(label, said)
        return value

    def _website(self) -> str | None:
        said = self._said("website")
        usable = not said or (length(said) <= LIMITS["website"] and not looks_like_formula(said) and "." in said)
        website: str | None = self._converted("website", "Website", said if usable and said else None)
        return website

    def _description(self) -> str | None:
        for position in self._columns.unknown:
            if text := tidy_lines(self._cells[position]):
                self._keep(self._columns.headers[position], text)
        text = "\n".join(part for part in (self._said("description"), *self._extra) if part)
        safe = harmless(text)
        if safe != text:
            self._notes.append("a formula in the description was made plain text")
        kept = cut(safe, LIMITS["description"])
        if kept != safe:
            self._notes.append(f"description cut to {LIMITS['description']} characters")
        return kept or None
