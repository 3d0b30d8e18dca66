from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.curves import fit_curve, fit_curves, get_equation
from s1r_imaging.flags import CurveFlag

DOSES = np.repeat(10.0 ** np.linspace(-9, -4.5, 10), 3)


def plate(n_curves: int, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    truth = [
        rng.normal(0, 5, n_curves),
        rng.normal(100, 10, n_curves),
        rng.uniform(-8, -5.5, n_curves),
        -rng.uniform(0.7, 1.6, n_curves),
    ]
    curves = get_equation("4pl").function(DOSES, *(values[:, None] for values in truth))
    noisy: NDArray[np.float64] = curves + rng.normal(0, 4, curves.shape)
    return noisy


@pytest.mark.parametrize("weights", [None, "1/y2", np.linspace(1, 2, DOSES.size)])
def test_the_batch_agrees_with_fits_one_by_one(weights: Any) -> None:
    y = plate(12) + 30.0
    y[4, [2, 11]] = np.nan
    table: Any = fit_curves("4pl", DOSES, y, weights=weights)
    for index, row in enumerate(y):
        one: Any = fit_curve("4pl", DOSES, row, weights=weights)
        for name in one.parameters.index:
            values = one.parameters.loc[name]
            assert table.loc[index, name] == pytest.approx(values["estimate"], rel=1e-7, abs=1e-7)
            assert table.loc[index, f"{name}_se"] == pytest.approx(values["standard_error"], rel=1e-6)
            assert table.loc[index, f"{name}_ci_low"] == pytest.approx(values["wald_low"], rel=1e-6, abs=1e-6)
        assert table.loc[index, "sum_of_squares"] == pytest.approx(one.sum_of_squares, rel=1e-9)
        assert table.loc[index, "r_squared"] == pytest.approx(one.r_squared, rel=1e-9)
    assert table["converged"].all()


def test_thousands_all_converge() -> None:
    table: Any = fit_curves("4pl", DOSES, plate(3000))
    assert table["converged"].all()
    assert not table["flags"].any()


def test_plain_functions_are_fitted_too() -> None:
    def complex_works(x: Any, a: Any, k: Any) -> Any:
        return a * np.exp(-k * x)

    def complex_does_not(x: Any, a: Any, k: Any) -> Any:
        return a * np.exp(-(np.hypot(k + 1.0, 0.0) - 1.0) * x)

    x = np.linspace(0, 10, 20)
    y = np.array([[3.0], [5.0]]) * np.exp(-np.array([[0.3], [0.7]]) * x) + np.random.default_rng(0).normal(
        0, 0.01, 20
    )
    for function in (complex_works, complex_does_not):
        table: Any = fit_curves(function, x, y, start={"a": 1.0, "k": 0.5})
        for index, row in enumerate(y):
            one: Any = fit_curve(function, x, row, start={"a": 1.0, "k": 0.5}).parameters
            np.testing.assert_allclose(table.loc[index, ["a", "k"]].astype(float), one["estimate"], rtol=1e-7)


def test_units_do_not_matter() -> None:
    y = plate(50)
    one, other = fit_curves("4pl", DOSES, y), fit_curves("4pl", DOSES * 1e9, y * 1e-6)
    np.testing.assert_allclose(other["log_ic50"] - 9.0, one["log_ic50"], rtol=1e-9)
    np.testing.assert_allclose(other["hill_slope"], one["hill_slope"], rtol=1e-9)
    np.testing.assert_allclose(other["top"] * 1e6, one["top"], rtol=1e-9)


def test_bad_curves_stay_rows_with_flags() -> None:
    y = plate(6)
    y[0] = np.nan
    y[1] = 0.0
    y[2, 2:] = np.nan
    y[3] = np.random.default_rng(1).normal(100, 10, DOSES.size)
    y[4] = np.where(DOSES > 1e-7, 0.0, 100.0)
    table: Any = fit_curves("4pl", DOSES, y)
    assert len(table) == 6
    assert table.loc[[0, 1, 3], "log_ic50"].isna().all()
    for index, flag in {
        0: CurveFlag.NOT_CONVERGED,
        1: CurveFlag.NO_CONCENTRATION_DEPENDENCE,
        2: CurveFlag.TOO_FEW_POINTS,
        3: CurveFlag.NO_CONCENTRATION_DEPENDENCE,
    }.items():
        assert table.loc[index, "flags"] & flag
    alone: Any = fit_curves("4pl", DOSES, y[5:])
    np.testing.assert_allclose(table.iloc[5].to_numpy(float), alone.iloc[0].to_numpy(float), rtol=1e-9)


def test_no_curve_is_a_table_without_rows() -> None:
    table: Any = fit_curves("4pl", DOSES, np.zeros((0, DOSES.size)))
    assert len(table) == 0
    assert {"log_ic50", "log_ic50_se", "flags"} <= set(table.columns)


def test_fixed_parameters_are_held() -> None:
    table: Any = fit_curves("4pl", DOSES, plate(5), fixed={"bottom": 0.0})
    assert (table["bottom"] == 0.0).all()
    assert (table["df"] == DOSES.size - 3).all()
    one: Any = fit_curve("4pl", DOSES, plate(5)[2], fixed={"bottom": 0.0})
    assert table.loc[2, "top"] == pytest.approx(one.parameters.loc["top", "estimate"], rel=1e-8)


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="one curve in each row"):
        fit_curves("4pl", DOSES, plate(1)[0])
    with pytest.raises(ValueError, match="no guess"):
        fit_curves(lambda x, a: a * x, DOSES, plate(2))
