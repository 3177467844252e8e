"""Invented people and companies that the labelled pairs are made of, with every address under a reserved domain.

Invariant: `TUNED` and `HELD_OUT` share no surname and no company, so that what was tuned on one is measured on the
other.
"""

from __future__ import annotations

from typing import NamedTuple


class Seeds(NamedTuple):
    """Raw material of one half."""

    given: tuple[str, ...]
    short: dict[str, str]
    surnames: tuple[str, ...]
    companies: tuple[str, ...]


_SHORT = {
    "Robert": "Bob", "William": "Bill", "Elizabeth": "Liz", "Margaret": "Peggy", "Katherine": "Kate",
    "Michael": "Mike", "Alexander": "Alex", "Francisco": "Paco", "Johannes": "Hans", "Thomas": "Tom",
    "Susanne": "Susi", "Daniel": "Dan", "Christopher": "Chris", "Rebecca": "Becky", "Matthew": "Matt",
    "Stephanie": "Steph", "Andrew": "Andy", "Patricia": "Trish", "Gregory": "Greg", "Nicholas": "Nick",
    "Deborah": "Debbie", "Edward": "Ted", "Jennifer": "Jen", "Ulrich": "Uli", "Joseph": "Joe",
}  # fmt: skip
_GIVEN = (
    *_SHORT, "Jürgen", "Søren", "Zoë", "Chloé", "Łukasz", "Małgorzata", "Anne-Marie", "José", "Nguyễn", "Wei",
    "Yuki", "Somchai", "Priya", "Chidi", "Fatima", "Björn", "Ingrid", "Luca", "Giulia", "Piotr", "Ángel", "Íñigo",
    "Maria", "Mario", "Karl", "Carla", "Nina", "Ivo", "Tobias", "Amara", "Kwame", "Leila", "Noor", "Hugo", "Elif",
)  # fmt: skip

TUNED = Seeds(
    given=_GIVEN,
    short=_SHORT,
    surnames=tuple(
        "Müller|Ashdown|Okafor|Krüger|Galdós|Banerjee|Sørensen|García Márquez|de la Vega|van der Meer|"
        "Kowalski|Yamada|"
        "Petrov|Lindqvist|O'Brien|Thornbury|Weiß|Nakamura|Castellano|Brightwater|Hallström|Dubois|Marchetti|Achebe|"
        "Schönfeld|Tan|Li|Zhang|Suzuki|Pereira da Silva|Fitzgerald|Novák|Horváth|Aydın|Rossi|Smith|Jones|Whitcombe|"
        "Larkspur|Mendoza".split("|")
    ),
    companies=tuple(
        "Nordmill Manufacturing|Ashgrove Logistics|Blauwerk Systeme|Casa Verde Foods|Delmar Chemical|"
        "Eastfold Insurance|"
        "Fjordline Shipping|Grünwald Maschinenbau|Harrow & Pike|Itaro Electronics|Juniper Field Services|"
        "Kestrel International|Lumenfall Technologies|Montclair Brothers|Novaterra|Oakhurst Medical|"
        "Pallas Engineering|"
        "Quillon Bank|Redcliff Energy|Silverbrook Holdings|Talvik|Umbral Networks|Verdane Pharma|"
        "Westmark Retail Group|"
        "Xantis|Yarrow Construction|Zeltwerk|First Harbor Financial Group|Alder Point Hospital|3Tide|Bexley Rail|"
        "Cormorant Air|Dunmore Textile Works|Elmstead Paper|Farrier Steel|Goldcrest Foods".split("|")
    ),
)
HELD_OUT = Seeds(
    given=(
        *_GIVEN[8:],
        "Gabriele",
        "Håkon",
        "Siobhán",
        "Tomasz",
        "Renée",
        "Kenneth",
        "Timothy",
        "Theodore",
        "Ignacio",
        "Barbara",
    ),
    short={
        **{name: _SHORT[name] for name in _GIVEN[8:25]},
        "Kenneth": "Ken",
        "Timothy": "Tim",
        "Theodore": "Theo",
        "Ignacio": "Nacho",
        "Barbara": "Babs",
        "Gabriele": "Gabi",
    },
    surnames=tuple(
        "Schröder|Pemberton|Adeyemi|Köhler|Ibáñez|Chatterjee|Østergaard|López Herrera|von der Heide|di Lorenzo|"
        "Wiśniewski|Ishikawa|Volkov|Bergström|MacAllister|Ravensworth|Großmann|Takahashi|Ferrante|"
        "Stillwater|Sjöberg|"
        "Lefèvre|Bianchi|Eze|Böhm|Ng|Wu|Chen|Kobayashi|Souza Lima|Gallagher|Dvořák|Szabó|Yılmaz|Conti|Brown|Davies|"
        "Holloway|Foxglove|Quintana".split("|")
    ),
    companies=tuple(
        "Arcwell Industries|Birchmere Freight|Cendrillon Mode|Dornbach Werkzeuge|Elbfeld Reederei|"
        "Fenwick Assurance|"
        "Glasmoor Optik|Highmoor Quarries|Inverbrae Distillers|Jadestone Mining|Korvex|Larchmont & Sons|"
        "Meridia Laboratories|Nightingale Health Services|Orsted Bay Fisheries|Pinnacle Ridge Software|Quarrystone|"
        "Rosental Pharmaceuticals|Sundial Solar Systems|Tarnwood Furniture|Ultravale|Vierland Agrar|"
        "Wexcombe Motors|"
        "Ypsilon Analytics|Zephyr National Airways|Great Lakes Paper Company|Saint Alban Trust|7Mile|"
        "Brackwater Utilities|"
        "Copperfield Bros|Drummond Castings|Evergreen Timber|Falkirk Foundry|Granby Packaging|"
        "Hartwell Lighting|Iskander".split("|")
    ),
)
