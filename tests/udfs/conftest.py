"""The functions that read the published plan find the store of their examples."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _example_store(example_store: None) -> None:
    """For every test of this folder."""
