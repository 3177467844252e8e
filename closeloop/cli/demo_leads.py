"""The lead file of a demo: the shipped sample, cut or lengthened to the number that was asked for."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

from closeloop.adapters.leads.sample import COLUMNS, SAMPLE_SEED, SAMPLE_SIZE, invent_leads, sample_rows


def write_leads(path: Path, number: int) -> None:
    """`number` rows as a company would export them; behind the sample's 300 come clean invented ones."""
    rows = sample_rows()[:number]
    more = islice(invent_leads(number, SAMPLE_SEED), SAMPLE_SIZE, None)
    rows += [[lead[column] for column in COLUMNS] for lead in more]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *rows])
