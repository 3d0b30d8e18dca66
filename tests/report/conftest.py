"""A browser for the tests of the report."""

from collections.abc import Iterator

import pytest

from tests.report.browser import Browser, find_browser, running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; skips where there is none that starts."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium or Chrome is installed: apt-get install chromium")
    with running(program) as started:
        if not started.is_alive():
            pytest.skip(f"{program} does not start without a window")
        yield started
