"""Fixtures for every room."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, on slow and busy machines too.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of real recordings and reference values beside the checkout; skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "reference" / "data"
    if not folder.is_dir():
        pytest.skip("reference data are not beside this checkout")
    return folder
