"""Which column of an export means what.

A header matches in any order, case and punctuation; a column we do not know is kept, never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from closeloop.domain.errors import UsageError
from closeloop.domain.lead_cells import storable
from closeloop.domain.record import Record

_SYNONYMS = """
first_name:
    First Name | Given Name | Forename | Contact First Name | Person First Name |
    Person - First Name | Vorname | Nombre | Prénom
last_name:
    Last Name | Surname | Family Name | Contact Last Name | Person Last Name | Person - Last Name |
    Nachname | Familienname | Apellido | Apellidos | Nom
full_name:
    Full Name | Name | Contact Name | Contact | Lead Name | Contact Full Name | Person |
    Person - Name | Person Name | Ansprechpartner | Nom complet | Nombre completo
title:
    Title | Job Title | Position | Job Position | Role | Job Role | Contact Title |
    Person - Job title | Person Title | Designation | Funktion | Cargo | Puesto | Poste
company:
    Company | Company Name | Company / Account | Account | Account Name | Organization |
    Organisation | Organization Name | Organization - Name | Organisation Name | Employer |
    Associated Company | Firma | Unternehmen | Empresa | Société | Entreprise
email:
    Email | E-mail | Email Address | E-mail Address | Work Email | Business Email | Primary Email |
    Contact Email | Corporate Email | Email 1 | Mail | Person - Email | Person - Email - Work |
    Email (Work) | Correo electrónico | Correo | Courriel | Adresse e-mail
phone:
    Phone | Phone Number | Telephone | Telephone Number | Work Phone | Business Phone |
    Work Direct Phone | Direct Phone | Company Phone | Corporate Phone | Phone 1 | Tel |
    Person - Phone | Person - Phone - Work | Phone (Work) | Telefon | Telefonnummer | Teléfono |
    Téléphone | Mobile Phone | Mobile | Cell Phone
country:
    Country | Country/Region | Country Name | Country Code | Company Country | Mailing Country |
    Billing Country | Country (text only) | Organization - Country | Land | País | Pays
website:
    Website | Website URL | Web Site | Company Website | Company Domain Name | Company Domain |
    Domain | URL | Homepage | Web | Organization - Website | Webseite | Sitio web | Site web
industry:
    Industry | Company Industry | Sector | Vertical | Organization - Industry | Branche |
    Sector industrial | Secteur
employees:
    No. of Employees | Employees | Number of Employees | # Employees | Num Employees |
    No of Employees | Employee Count | Company Size | Headcount | Organization - Number of employees |
    Mitarbeiter | Mitarbeiterzahl | Empleados | Effectif
annual_revenue:
    Annual Revenue | Revenue | Company Revenue | Yearly Revenue | Turnover | Annual Turnover |
    Organization - Annual revenue | Jahresumsatz | Umsatz | Ingresos anuales | Chiffre d'affaires
lead_source:
    Lead Source | Source | Original Source | Original Traffic Source | Lead - Source | Lead origin |
    Quelle | Origen | Source du lead
description:
    Description | Notes | Note | Comments | Comment | Remarks | Lead Description | Beschreibung |
    Notizen | Descripción | Commentaires
same_as:
    Same as | Same person as
"""

REQUIRED = {"email": "Email", "company": "Company"}
"""Fields without which no row can become a lead; a name may stand in Last Name or Full Name."""


def column_key(header: str) -> str:
    """What is left of a header when case, accents, spaces and signs are not counted."""
    plain = unicodedata.normalize("NFKD", header.casefold().lstrip("\ufeff"))
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c)))


def _read_synonyms() -> dict[str, tuple[str, ...]]:
    blocks = re.findall(r"^(\w+):\n((?: +.*\n)+)", _SYNONYMS, re.MULTILINE)
    return {field: tuple(word.strip() for word in words.split("|")) for field, words in blocks}


SYNONYMS = _read_synonyms()
"""Field to the headers that mean it, the best first."""
_FIELD_OF = {column_key(word): field for field, words in SYNONYMS.items() for word in words}


class Columns(Record):
    """A header that has been understood. Positions count from 0."""

    headers: tuple[str, ...]
    of_field: dict[str, tuple[int, ...]]
    """Positions per field; where several columns mean one field, the better synonym comes first."""
    unknown: tuple[int, ...]

    @property
    def unknown_headers(self) -> tuple[str, ...]:
        return tuple(self.headers[position] for position in self.unknown)


def known_columns(header: Sequence[str]) -> int:
    """How many cells of a line name a column we know; the right delimiter gives the most."""
    return sum(column_key(cell) in _FIELD_OF for cell in header)


def _rank(field: str, header: str) -> int:
    return [column_key(word) for word in SYNONYMS[field]].index(column_key(header))


def match_columns(header: Sequence[str]) -> Columns:
    """Understand a header line; `UsageError` names what is missing, what was found and what would do."""
    names = tuple(" ".join(storable(cell).lstrip("\ufeff").split()) for cell in header)
    headers = tuple(name or f"Column {n}" for n, name in enumerate(names, 1))
    fields = [_FIELD_OF.get(column_key(name)) for name in headers]
    of_field = {
        field: tuple(
            sorted(
                (n for n, found in enumerate(fields) if found == field),
                key=lambda n: _rank(field, headers[n]),
            )
        )
        for field in SYNONYMS
        if field in fields
    }
    _refuse_what_lacks(of_field, headers)
    return Columns(
        headers=headers,
        of_field=of_field,
        unknown=tuple(n for n, field in enumerate(fields) if field is None),
    )


def _refuse_what_lacks(of_field: dict[str, tuple[int, ...]], headers: tuple[str, ...]) -> None:
    missing = [field for field in REQUIRED if field not in of_field]
    if "last_name" not in of_field and "full_name" not in of_field:
        missing.append("last_name")
    if missing:
        wanted = "; ".join(f"{SYNONYMS[f][0]!r} (or {', '.join(SYNONYMS[f][1:5])})" for f in missing)
        found = ", ".join(_shown(name) for name in headers[:20])
        raise UsageError(f"the lead file lacks a column {wanted}; its first line has: {found}")


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:40])
