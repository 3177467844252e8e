"""Names, roles and telephone numbers for people who do not exist.

Names are common ones put together by chance. Numbers come from ranges that regulators keep free for fiction.
"""

from __future__ import annotations

import unicodedata

_NAMES = """
EN first: Anna James Chidi Priya Helen Marcus Yasmin Owen Grace Daniel Farah Robert Nkechi Thomas Leah Samuel
    Imogen Victor Aisha Peter Joanna Dwayne Mei Patrick Sofia Andre Bridget Colin Tanya Hugh
EN last: Okafor Bennett Whitcombe Patel Holloway Nguyen Carmichael Kowalska Adeyemi Thornbury Delgado Iqbal
    Sinclair Marsden Osei Hartwell Lindqvist Rahman Castellano Pemberton Mbeki Faulkner Ramirez Ashdown
    Kaminski Sandoval Wexford Banerjee Trelawney Mulligan
DE first: Sabine Jürgen Katrin Matthias Ayşe Stefan Heike Björn Claudia Tobias Franziska Uwe Anneliese Dirk
    Jörg Petra Lukas Gülcan Markus Ulrike
DE last: Müller-Brandt Hoffstätter Krüger Yıldız Baumgärtner Vogelsang Schönfeld Dietrichs Rösler Achterberg
    Weißmann Kowalczyk Lindemann Öztürk Grünewald Petersen Brückner Stahlhut Jäger Falkenrath
FR first: Élodie Mathieu Aurélie Benoît Fatou Guillaume Hélène Karim Léa Thibault Noémie François Amandine
    Jérôme Maëlle Olivier Chloé Rachid Sylvie Étienne
FR last: Lefèvre Beaumanoir Diallo Gauthier Charpentier Benali Rousselet Desmarais Fontenoy Traoré Perrault
    Mercadier Belhadj Chevrier Delacourt Vasseur Aubertin Giraudeau Marchetti Poirier
ES first: Lucía Javier Inés Álvaro Carmen Íñigo Marisol Sergio Begoña Andrés Nuria Joaquín Rocío Martín Elena
    Raúl Pilar Tomás Ximena Gonzalo
ES last: Ibáñez Muñoz Etxeberria Castaño Peñalver Arrieta Cordero Quintanilla Zubiri Montaño Aldana Belmonte
    Carrasquilla Núñez Robledo Sepúlveda Villaseñor Ordóñez Galdós Riquelme
JP first: Haruka Kenji Yuki Takeshi Aoi Satoshi Naomi Ryota Emi Hiroshi Mariko Daichi Chihiro Kaito Sayuri
    Noboru Misaki Shinji Rina Tetsuya
JP last: Shirakawa Morimoto Kuwabara Asanuma Hoshino Tachibana Okuyama Nagasawa Fujikura Sakuragi Uehara
    Kitagawa Minagawa Hirasawa Tokunaga Aizawa Yoshinaga Kamata Onodera Ishizuka
NL first: Marieke Joost Femke Sander Anouk Ruben Lotte Bas Fleur Daan Ilse Jeroen Noor Thijs Sanne
NL last: van den Akker|de Wolff|Hoekstra|van Rijsbergen|Brouwers|ter Horst|Zandstra|Verhoeven|van Loenen
    |Dijksma|Oosterling|Kuipers|de Graaff|Meulenbelt|Vandenbroucke
SE first: Åsa Björn Elin Göran Ingrid Mikael Sofie Lars Matilda Håkan Linnea Rasmus Maja Tuomas Aino
SE last: Söderlund Åkerblom Hällström Bergqvist Nyström Lindroos Koskela Mäkinen Ekström Sjögren Wallenius
    Östberg Rautio Hedlund Virtala
IT first: Chiara Lorenzo Giulia Matteo Federica Davide Alessia Nicolò Beatrice Emanuele
IT last: Bellandi Marchesani Ferrigno Colonnesi D'Aversa Pellegrotti Santoriello Valsecchi Brambati Locascio
"""

_TITLES = """
40 finance: Chief Financial Officer|CFO|VP Finance|Vice President, Finance|Finance Director|Head of Finance
    |Group Controller|Head of Accounts Payable|Director of Treasury|Head of Shared Services
    |Accounts Payable Manager
24 operations: Chief Operating Officer|COO|VP Operations|Director of Operations|Head of Operations
    |Operations Manager|Head of Supply Chain|Director, Business Operations
18 procurement: Chief Procurement Officer|VP Procurement|Head of Procurement|Procurement Director
    |Director of Strategic Sourcing|Purchasing Manager
8 it: CIO|IT Director|Head of Finance Systems|Director of Digital Transformation
10 irrelevant: Marketing Manager|Software Engineer|Talent Acquisition Partner|Executive Assistant to the CFO
    |Sales Representative|Graphic Designer|Intern, Communications|Store Supervisor
"""
_LOCAL_TITLES = {
    "DE": "Leiter Finanzen|Leiterin Einkauf|Finanzvorstand|Leitung Rechnungswesen|Kaufmännische Leitung",
    "FR": "Directeur Administratif et Financier|Responsable Achats|Directrice Financière|Chef Comptable",
    "ES": "Directora Financiera|Jefe de Compras|Director de Operaciones|Gerente de Administración",
}
_LANGUAGE = {
    "AT": "DE",
    "CH": "DE",
    "DE": "DE",
    "LU": "FR",
    "BE": "FR",
    "FR": "FR",
    "ES": "ES",
    "MX": "ES",
    "AR": "ES",
    "PR": "ES",
    "JP": "JP",
    "NL": "NL",
    "SE": "SE",
    "FI": "SE",
    "IT": "IT",
}
_FICTION_PHONES = {
    "US": ("+1 212 555 01{:02}", "(312) 555-01{:02}", "+1 (415) 555-01{:02}", "617.555.01{:02}"),
    "GB": ("020 7946 0{:03}", "+44 20 7946 0{:03}", "0161 496 0{:03}"),
    "DE": ("030 23125 {:03}", "+49 (0)69 90009 {:03}", "089/99998 {:03}"),
    "FR": ("01 99 00 12 {:02}", "+33 1 99 00 34 {:02}"),
    "SE": ("070-1740 6{:02}",),
}
"""Country to numbers with two or three free digits; nobody's telephone rings."""


def _unfold(table: str) -> dict[str, list[str]]:
    flat = table.strip().replace("\n    |", "|").replace("\n    ", " ")
    rows = (line.split(": ", 1) for line in flat.splitlines())
    return {name: words.split("|") if "|" in words else words.split() for name, words in rows}


NAMES = _unfold(_NAMES)
TITLES = _unfold(_TITLES)
LOCAL_TITLES = {language: titles.split("|") for language, titles in _LOCAL_TITLES.items()}


def language_of(country: str | None) -> str:
    """Which list of names fits a country; English for all without one of their own."""
    return _LANGUAGE.get(country or "", "EN")


def person(language: str, start: int, number: int) -> tuple[str, str]:
    """The `number`-th person of a place where counting begins at `start`; no two numbers give the same one.

    Every first and last name of the language meet once before last names are doubled.
    """
    firsts, lasts = NAMES[f"{language} first"], NAMES[f"{language} last"]
    generation, turn = divmod(number, len(firsts) * len(lasts))
    row, column = divmod((start + turn * _STRIDE) % (len(firsts) * len(lasts)), len(firsts))
    last = lasts[(row + column) % len(lasts)]
    if generation:
        last += f"-{lasts[(row + column + generation) % len(lasts)]}"
    return firsts[column], f"{last} {_roman(generation)}" if generation >= len(lasts) else last


_STRIDE = 7
"""Has no divisor in common with the size of any list, so that every pair comes up."""


def _roman(number: int) -> str:
    """A mark for namesakes beyond every pair of last names, in letters, so that no address ends alike."""
    return "I" * (number % 3 + 1) + "".join(chr(ord("A") + int(digit)) for digit in str(number))


_SPELT = {"ß": "ss", "ı": "i", "ø": "o", "ä": "ae", "ö": "oe", "ü": "ue"}


def address_part(name: str) -> str:
    """A name as it stands before the @: plain ASCII letters and digits, words joined."""
    special = "".join(_SPELT.get(c, c) for c in name.lower())
    plain = unicodedata.normalize("NFKD", special).encode("ascii", "ignore").decode()
    return "".join(c for c in plain if c.isalnum() or c == "-").strip("-")


def fiction_phone(country: str | None, number: int) -> str:
    """A number nobody has, in one of the ways people write it; empty where no range is kept free."""
    forms = _FICTION_PHONES.get(country or "", ())
    return forms[number % len(forms)].format(number * 7 % 100) if forms else ""
