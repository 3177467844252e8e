"""Rank and field of work out of job titles in several languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.titles import function, seniority


@pytest.mark.parametrize(
    ("title", "rank", "field"),
    [
        ("Chief Financial Officer", "c_level", "finance"),
        ("EVP & CFO", "c_level", "finance"),
        ("COO", "c_level", "operations"),
        ("Managing Director", "c_level", "other"),
        ("President", "c_level", "other"),
        ("Vice President, Operations", "vp", "operations"),
        ("SVP Supply Chain", "vp", "operations"),
        ("Assistant Vice President", "vp", "other"),
        ("IT Director", "director", "it"),
        ("Head of Procurement", "head", "procurement"),
        ("Group Controller", "head", "finance"),
        ("Accounts Payable Manager", "manager", "finance"),
        ("Key Account Manager", "manager", "sales"),
        ("Head of People", "head", "hr"),
        ("Executive Assistant to the CFO", "other", "finance"),
        ("Product Owner", "other", "other"),
        ("International Trade Analyst", "other", "other"),
        ("Software Engineer", "other", "it"),
        ("Finanzvorstand", "c_level", "finance"),
        ("Geschäftsführerin", "c_level", "other"),
        ("Leiterin Einkauf", "head", "procurement"),
        ("Einkaufsleiter", "head", "procurement"),
        ("Gerente General", "c_level", "other"),
        ("Gerente de Operaciones", "manager", "operations"),
        ("Directora Financiera", "director", "finance"),
        ("Jefe de Compras", "head", "procurement"),
        ("PDG", "c_level", "other"),
        ("Directeur Administratif et Financier", "director", "finance"),
        ("Responsable Achats", "head", "procurement"),
        ("ผู้อำนวยการฝ่ายการเงิน", "director", "finance"),
        ("ผู้จัดการฝ่ายจัดซื้อ", "manager", "procurement"),
        ("财务总监", "director", "finance"),
        ("  cfo\u00a0", "c_level", "finance"),
        ("Finance and IT Director", "director", "finance"),
    ],
)
def test_a_title_gives_rank_and_field(title: str, rank: str, field: str) -> None:
    assert (seniority(title), function(title)) == (rank, field)


def test_no_title_is_unknown_and_a_strange_one_is_other() -> None:
    assert seniority(None) == seniority("  ") == "unknown"
    assert seniority("{{7*7}}") == function("{{7*7}}") == "other"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(title: str) -> None:
    assert seniority(title)
    assert function(title)
