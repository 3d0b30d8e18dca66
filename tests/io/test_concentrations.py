from typing import Any

import numpy as np
import pytest

from s1r_imaging.binding.layers import property_of
from s1r_imaging.io.concentrations import parse_unit, to_molar, unit_in_heading


@pytest.mark.parametrize(
    ("text", "molar"),
    [
        ("10 nM", 1e-8), ("10nM", 1e-8), ("0.5 µM", 5e-7), ("0.5 \u03bcM", 5e-7), ("2 uM", 2e-6), ("1 mM", 1e-3),
        ("3e-9 M", 3e-9), ("7 pM", 7e-12), ("20 nmol/L", 2e-8), ("-7.5 log M", 10**-7.5), ("1,000 nM", 1e-6),
    ],
)  # fmt: skip
def test_concentrations_with_their_unit(text: str, molar: float) -> None:
    value, problem = to_molar(text, unit=None, decimal=".")
    assert value == pytest.approx(molar, rel=1e-12)
    assert problem == ""


@pytest.mark.parametrize(
    ("heading", "factor", "sign"),
    [
        ("concentration_M", 1.0, 0), ("conc_nM", 1e-9, 0), ("Conc. [µM]", 1e-6, 0),
        ("Concentration (uM)", 1e-6, 0), ("compound concentration / nM", 1e-9, 0),
        ("nM", 1e-9, 0), ("log M", 1.0, 1), ("logM", 1.0, 1), ("log[M]", 1.0, 1), ("log10 M", 1.0, 1),
        ("log concentration (M)", 1.0, 1), ("log[competitor] (M)", 1.0, 1), ("[compound] nM", 1e-9, 0),
        ("dose, pM", 1e-12, 0), ("Concentration log M", 1.0, 1), ("-log M", 1.0, -1),
    ],
)  # fmt: skip
def test_headings_of_concentrations(heading: str, factor: float, sign: int) -> None:
    unit = unit_in_heading(heading)
    assert unit is not None
    assert (unit.factor_M, unit.log_sign) == (factor, sign)
    assert property_of(heading) == "concentration"


@pytest.mark.parametrize("text", ["mg/mL", "%", "M/s", "nanometer", "", "m", "conc"])
def test_what_is_no_unit(text: str) -> None:
    assert parse_unit(text) is None


@pytest.mark.parametrize(
    ("value", "unit"), [(7.0, "log M"), (1000.0, "M"), ("ten", "nM"), ("10 mg", "nM"), (-1, "nM")]
)
def test_impossible_concentrations_are_problems(value: Any, unit: str) -> None:
    molar, problem = to_molar(value, unit=parse_unit(unit), decimal=".")
    assert np.isnan(molar)
    assert problem
