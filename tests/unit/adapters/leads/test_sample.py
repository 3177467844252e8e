"""The sample of 300 leads and the generator behind it: shipped as made, safe, dirty in the known places."""

from __future__ import annotations

import csv
import re
from itertools import islice

import pytest

from closeloop.adapters.leads.csv_file import read_lead_file
from closeloop.adapters.leads.sample import SAMPLE_SIZE, invent_leads, sample_csv, sample_rows
from closeloop.adapters.leads.sample_dirt import DIRT
from closeloop.adapters.leads.sample_people import NAMES
from closeloop.data import SAMPLE_LEADS
from closeloop.domain.lead_rows import read_rows
from closeloop.domain.leads import LeadFile
from closeloop.domain.mail_addresses import address_kind
from closeloop.domain.titles import seniority


@pytest.fixture(scope="module")
def sample() -> LeadFile:
    return read_lead_file(SAMPLE_LEADS)


def _line_of_row() -> dict[int, int]:
    """Data row to the line of the file it begins on."""
    with SAMPLE_LEADS.open(encoding="utf-8", newline="") as handle:
        reader, lines = csv.reader(handle), [1]
        lines.extend(reader.line_num + 1 for _ in reader)
    return dict(enumerate(lines[1:-1], 1))


def test_the_shipped_sample_is_what_the_maker_prints() -> None:
    assert SAMPLE_LEADS.read_text("utf-8") == sample_csv()


def test_the_sample_has_300_rows_each_in_one_list(sample: LeadFile) -> None:
    assert len(sample_rows()) == SAMPLE_SIZE == 300
    assert len(sample.drafts) + len(sample.quarantined) == SAMPLE_SIZE


def test_exactly_the_rows_meant_to_be_bad_are_kept_out(sample: LeadFile) -> None:
    lines = _line_of_row()
    bad = [lines[dirt.row] for dirt in sorted(DIRT) if dirt.fate == "kept out"]
    assert [refused.line for refused in sample.quarantined] == bad


def test_about_an_eighth_of_the_sample_is_dirty() -> None:
    assert 0.10 < len({dirt.row for dirt in DIRT}) / SAMPLE_SIZE < 0.18


def test_every_address_in_the_sample_is_under_a_reserved_domain() -> None:
    text = SAMPLE_LEADS.read_text("utf-8")
    hosts = re.findall(r"@([\w.-]*\w)", text.lower())
    mail_hosts = {host for host in hosts if "." in host}
    assert len(hosts) > 280
    assert {host.rpartition(".")[2] for host in mail_hosts} == {"example"}


def test_the_sample_holds_all_kinds_of_addresses_and_ranks(sample: LeadFile) -> None:
    assert {address_kind(draft.email) for draft in sample.drafts} == {"corporate", "free", "role", "disposable"}
    assert {seniority(draft.title) for draft in sample.drafts} >= {"c_level", "vp", "director", "head", "manager"}
    assert sample.unknown_columns == ("Event", "Rating note")


def test_scripts_and_injections_reach_the_leads_unchanged(sample: LeadFile) -> None:
    names = {name for draft in sample.drafts for name in (draft.first_name, draft.last_name)}
    assert {"สมหญิง", "欧阳", "الحسيني", "{{7*7}}"} <= names
    assert any("OR Name LIKE '%" in draft.last_name for draft in sample.drafts)
    assert any("{% for x in y %}" in draft.company for draft in sample.drafts)


def test_about_a_dozen_accounts_have_several_people() -> None:
    companies = [lead["Company"] for lead in invent_leads(SAMPLE_SIZE, 7)]
    teams = [name for name in set(companies) if companies.count(name) > 1]
    assert 10 <= len(teams) <= 16


def test_the_generator_gives_any_number_of_different_people_and_all_are_clean() -> None:
    leads = list(invent_leads(2_000, seed=5))
    header = list(leads[0])
    file = read_rows(header, [(n, [lead[name] for name in header]) for n, lead in enumerate(leads, 2)])
    assert file.quarantined == ()
    assert len({lead["Email"] for lead in leads}) == 2_000
    assert {note for draft in file.drafts for note in draft.notes} == set()


def test_the_same_seed_gives_the_same_leads_and_another_seed_others() -> None:
    assert list(invent_leads(50, 1)) == list(islice(invent_leads(80, 1), 50))
    assert list(invent_leads(50, 1)) != list(invent_leads(50, 2))


def test_names_do_not_run_out_when_every_pair_was_used() -> None:
    from closeloop.adapters.leads.sample_people import person

    size = len(NAMES["IT first"]) * len(NAMES["IT last"])
    people = [person("IT", 3, number) for number in range(size * 12)]
    assert len(set(people)) == len(people)
    assert all(len(NAMES[f"{tongue} first"]) == len(NAMES[f"{tongue} last"]) for tongue in {n[:2] for n in NAMES})
