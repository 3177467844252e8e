"""Files are named for the company, in letters that every file system keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.domain.file_names import named_for, slug


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Marriott International", "Marriott-International_00Qg.pptx"),
        ("Société Générale", "Societe-Generale_00Qg.pptx"),
        ("A/S ../../etc\\passwd", "A-S-etc-passwd_00Qg.pptx"),
        ("H&M: Hennes & Mauritz", "H-M-Hennes-Mauritz_00Qg.pptx"),
        ("บริษัท ปตท", "บริษัท-ปตท_00Qg.pptx"),
        ("🚀", "00Qg.pptx"),
        ("x" * 300, "x" * 60 + "_00Qg.pptx"),
    ],
)
def test_a_deck_is_found_by_its_company_and_unique_by_its_record(company: str, name: str) -> None:
    assert named_for(company, "00Qg", "pptx") == name


@given(st.text(max_size=400))
def test_no_company_name_leaves_the_folder_or_grows_too_long(company: str) -> None:
    found = slug(company)
    assert not set(found) & set('/\\:*?"<>|. \0\n')
    assert len(named_for(company, "00Q" + "k" * 15, "pptx").encode()) < 255
