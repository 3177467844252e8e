"""A fresh company in memory for every test of the use cases."""

from __future__ import annotations

import pytest

from tests.fakes.services import Company


@pytest.fixture
def company() -> Company:
    return Company()
