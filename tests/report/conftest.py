"""An experiment, its report, and a browser to open it in."""

from collections.abc import Iterator

import pytest

from s1r_imaging.experiment_run import Experiment
from s1r_imaging.report import report_html
from tests.report.browser import Browser, find_browser, running
from tests.report.scene import made_up_experiment


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


@pytest.fixture(scope="session")
def experiment() -> Experiment:
    """Three days, four conditions, one recording that failed."""
    return made_up_experiment()


@pytest.fixture(scope="session")
def page(experiment: Experiment) -> str:
    """Its report."""
    return report_html(experiment)
