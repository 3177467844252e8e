"""`python -m tests.bench.decks_child JOB.json RESULT.json`: tailored decks by the product, then by a bare loop.

The companies are those of the shipped registry, so each deck says something else.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import rpptx
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from closeloop.adapters.decks.builder import PptxDeckBuilder
from closeloop.adapters.decks.master import DEFAULT_MASTER
from closeloop.adapters.enrichment.registry import RegistryEnricher
from closeloop.adapters.playbook.yaml_file import read_playbook
from closeloop.application.ports import AccountQuery
from closeloop.data import COMPANIES
from closeloop.domain.deck_drafting import deck_content
from closeloop.domain.playbook import Playbook
from closeloop.domain.preparation import evident_pains
from closeloop.domain.presentation_content import DeckContent, without_doubtful
from closeloop.domain.prospect import CrmIds, Prospect

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
TEN = 10
ROOT = Path(__file__).parents[2]


def contents(playbook: Playbook) -> Iterator[DeckContent]:
    """Decks of ten slides and more with a chart, each about another company; every fourth one in Thai."""
    registry = RegistryEnricher(COMPANIES, playbook.exchange_rates)
    names = [json.loads(line)["name"] for line in COMPANIES.read_text(encoding="utf-8").splitlines()]
    queries = [AccountQuery(key=name, company=name, domain=f"company{n}.example") for n, name in enumerate(names)]
    made = 0
    for key, facts in registry.lookup(queries, NOW).items():
        person = _person(key, "TH" if made % 4 == 3 else "GB").model_copy(
            update={"facts": {fact.name: fact for fact in facts}}
        )
        pains = tuple(pain.id for pain in evident_pains(person, playbook))
        content = deck_content(person.model_copy(update={"pains": pains}), playbook, NOW.date())
        content = without_doubtful(content)
        if content.value and len(content.pains) > 1:
            made += 1
            yield content


def _person(company: str, country: str) -> Prospect:
    return Prospect(
        key=company,
        crm=CrmIds(lead=company),
        owner_id="owner",
        email="anna.okafor@mail.example",
        first_name="Anna",
        last_name="Okafor",
        title="Head of Finance",
        company=company,
        country=country,
        stage_entered_at=NOW,
    )


def bare_deck(content: DeckContent, path: Path) -> None:
    """What a script would do: the same layouts, a text in each place, the same chart."""
    deck: Any = Presentation(str(DEFAULT_MASTER))
    layouts = {layout.name: layout for layout in deck.slide_layouts}
    pains = ["So what"] * len(content.pains)
    for name in ("Title", "Agenda", "Goals", "Table", *pains, "Value", "Plan", "Next step", "Table"):
        slide = deck.slides.add_slide(layouts[name])
        for place in slide.placeholders:
            if place.has_text_frame:
                place.text_frame.text = f"{content.company}: {content.title}"
        if name == "Value":
            data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
            data.categories = [point.year for point in content.value]
            data.add_series("Saving", [float(point.saving) for point in content.value])
            data.add_series("Cost", [float(point.cost) for point in content.value])
            next(p for p in slide.placeholders if p.name.startswith("Chart")).insert_chart(
                XL_CHART_TYPE.COLUMN_CLUSTERED, data
            )
        if name == "Table":
            table = next(p for p in slide.placeholders if p.name.startswith("Table"))
            _fill(table.insert_table(rows=len(content.evidence) + 1, cols=4).table, content)
        slide.notes_slide.notes_text_frame.text = content.title
    deck.save(str(path))


def _fill(table: Any, content: DeckContent) -> None:
    for row, fact in enumerate(content.evidence, 1):
        for column, text in enumerate((fact.label, fact.value, fact.source, str(fact.as_of))):
            table.cell(row, column).text = text


def looked_at(path: Path) -> tuple[int, list[str]]:
    """The number of slides, and what is wrong with the file."""
    deck = rpptx.Presentation(str(path))
    wrong = [
        f"{path.name}: {box.name} on slide {box.slide_index + 1}" for box in deck.text_layout() if box.overflow
    ]
    wrong += [f"{path.name}: {issue.kind}" for issue in deck.validate()]
    charts = sum(shape.has_chart for slide in Presentation(str(path)).slides for shape in slide.shapes)
    if charts != 1 or len(deck.slides) < TEN:
        wrong.append(f"{path.name}: {len(deck.slides)} slides, {charts} charts")
    return len(deck.slides), wrong


def main(job: Path, result: Path) -> None:
    """One measurement of each side in this process."""
    wanted = int(json.loads(job.read_text())["decks"])
    found = list(islice(contents(read_playbook(ROOT / "config/playbook.yaml")), wanted))
    ours, bare = job.parent / "ours", job.parent / "bare"
    bare.mkdir()
    wall, cpu = time.perf_counter(), time.process_time()
    builder = PptxDeckBuilder(also={"html"})
    findings = builder.build_all([(content, ours / f"{n}.pptx") for n, content in enumerate(found)])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    problems = [f"{found[n].company}: {why[0].problem}" for n, why in enumerate(findings) if why]
    bare_cpu = time.process_time()
    for number, content in enumerate(found):
        bare_deck(content, bare / f"{number}.pptx")
    bare_cpu = time.process_time() - bare_cpu
    looks = [looked_at(ours / f"{n}.pptx") for n, why in enumerate(findings) if not why]
    result.write_text(
        json.dumps(
            {
                "decks": len(found),
                "wall_seconds": wall,
                "cpu_seconds": cpu,
                "bare_cpu_seconds": bare_cpu,
                "kilobytes": _kilobytes(ours),
                "bare_kilobytes": _kilobytes(bare),
                "fewest_slides": min((slides for slides, _ in looks), default=0),
                "most_slides": max((slides for slides, _ in looks), default=0),
                "problems": [*problems, *(line for _, wrong in looks for line in wrong)],
            }
        )
    )


def _kilobytes(folder: Path) -> float:
    files = list(folder.glob("*.pptx"))
    return sum(file.stat().st_size for file in files) / 1024 / max(len(files), 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
