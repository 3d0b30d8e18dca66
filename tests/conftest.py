"""Fixtures for every room."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of real recordings and reference values beside the checkout; skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "reference" / "data"
    if not folder.is_dir():
        pytest.skip("reference data are not beside this checkout")
    return folder
