from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from s1r_imaging.experiment.difference import welch_difference
from s1r_imaging.experiment.sample_size import SAMPLE_SIZE_DTYPES, needed_replicates, sample_size, t_test_power
from s1r_imaging.experiment.variance import COMPONENT_DTYPES, variance_components, variance_interval

CONDITIONS = {"vehicle": 0.0, "ATP": 0.8}


def make_cells(
    *, day_sd: float, dish_sd: float, cell_sd: float, n_days: int, n_dishes: int, n_cells: int, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make cells in dishes in days; the days are the same for both conditions."""
    rng = np.random.default_rng(seed)
    days = day_sd * rng.standard_normal(n_days)
    rows, design = [], []
    for condition, level in CONDITIONS.items():
        for day in range(n_days):
            for dish in range(n_dishes):
                name = f"{condition} {day} {dish}"
                design.append(
                    {"recording": name, "condition": condition, "replicate": f"{day}/{dish}", "day": day}
                )
                centre = level + days[day] + dish_sd * rng.standard_normal()
                values = centre + cell_sd * rng.standard_normal(n_cells)
                rows.append(pd.DataFrame(design[-1] | {"label": np.arange(n_cells), "value": values}))
    return pd.concat(rows, ignore_index=True).drop(columns="day"), pd.DataFrame(design)


def test_components_of_days_dishes_and_cells_are_recovered() -> None:
    cells, design = make_cells(day_sd=0.3, dish_sd=0.2, cell_sd=0.5, n_days=300, n_dishes=2, n_cells=8)
    found = variance_components(cells, design=design).set_index("condition").loc["ATP"]
    assert found["variance_day"] == pytest.approx(0.09, rel=0.2)
    assert found["variance_replicate"] == pytest.approx(0.04, rel=0.3)
    assert found["variance_cell"] == pytest.approx(0.25, rel=0.05)
    assert found["intraclass_correlation"] == pytest.approx(0.13 / 0.38, rel=0.15)
    assert found["mean"] == pytest.approx(0.8, abs=0.06)


def test_without_days_replicates_hold_both() -> None:
    cells, _ = make_cells(day_sd=0.3, dish_sd=0.2, cell_sd=0.5, n_days=400, n_dishes=1, n_cells=8)
    found = variance_components(cells).set_index("condition").loc["vehicle"]
    assert np.isnan(found["variance_day"])
    assert found["variance_replicate"] == pytest.approx(0.13, rel=0.15)


def test_components_are_unbiased_with_few_unequal_dishes() -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(60):
        values = [0.3 * rng.standard_normal() + 0.6 * rng.standard_normal(size) for size in (3, 9, 20)]
        cells = pd.DataFrame(
            {
                "recording": np.repeat(["a", "b", "c"], [3, 9, 20]),
                "condition": "ATP",
                "replicate": np.repeat([1, 2, 3], [3, 9, 20]),
                "value": np.concatenate(values),
            }
        )
        row = variance_components(cells).iloc[0]
        found.append((row["sd"] ** 2 - row["variance_cell"] / row["cells_per_replicate"], row["variance_cell"]))
    error = np.std(found, axis=0) / np.sqrt(len(found))
    assert np.abs(np.mean(found, axis=0) - [0.09, 0.36])[0] < 3 * error[0]
    assert np.abs(np.mean(found, axis=0) - [0.09, 0.36])[1] < 3 * error[1]


def test_one_replicate_is_said_to_tell_nothing_of_the_others() -> None:
    cells, design = make_cells(day_sd=0.1, dish_sd=0.1, cell_sd=0.1, n_days=1, n_dishes=1, n_cells=5)
    found = variance_components(cells, design=design)
    assert found[["variance_replicate", "sd", "sd_ci_high"]].isna().to_numpy().all()
    assert found["variance_cell"].notna().all()
    needed = sample_size(cells, condition="ATP", reference="vehicle", effect=0.5)
    assert needed["n_replicates"].isna().all()
    assert needed["note"].str.startswith("One replicate").all()


def test_the_interval_of_a_variance_covers() -> None:
    rng = np.random.default_rng(1)
    seen = rng.standard_normal((4000, 3)).var(axis=1, ddof=1)
    ends = np.array([variance_interval(float(value), 2, 0.95) for value in seen])
    assert ((ends[:, 0] <= 1) & (ends[:, 1] >= 1)).mean() == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("d", "expected"), [(0.2, 394), (0.5, 64), (0.8, 26)])
def test_two_groups_need_what_the_textbook_says(d: float, expected: int) -> None:
    """Cohen (1988), α .05 two-sided, power .80; statsmodels gives 393.4, 63.8 and 25.5."""
    assert needed_replicates(effect=d, variances=[1, 1], power=0.8, alpha=0.05) == expected


@pytest.mark.parametrize(
    ("n", "effect", "variances", "expected"),
    [
        (5, 1.2, [1.0, 1.0], 0.38643726),
        (3, 2.0, [1.0, 1.0], 0.46264081),
        (4, 1.5, [1.0], 0.53279261),
        (8, 0.9, [1.0], 0.59129313),
    ],
)
def test_power_agrees_with_statsmodels(n: int, effect: float, variances: list[float], expected: float) -> None:
    """TTestIndPower and TTestPower of statsmodels 0.15."""
    assert t_test_power(n, effect=effect, variances=variances) == pytest.approx(expected, rel=1e-6)


def test_pairs_need_what_the_textbook_says() -> None:
    """G*Power's example of a paired test: d 0.5, α .05 two-sided, power .80."""
    assert needed_replicates(effect=0.5, variances=[1], power=0.8, alpha=0.05) == 34


@pytest.mark.parametrize(
    ("n", "effect", "variances"),
    [(4, 2.0, [1.0, 1.0]), (5, 0.4, [0.01, 0.06]), (4, 1.5, [1.0]), (8, 0.9, [1.0])],
)
def test_power_agrees_with_simulation(n: int, effect: float, variances: Sequence[float]) -> None:
    rng = np.random.default_rng(n)
    groups = [np.sqrt(v) * rng.standard_normal((1500, n)) for v in variances]
    if len(groups) == 2:
        pairs = zip(groups[0] + effect, groups[1], strict=True)
        p = np.array([welch_difference(*pair, confidence=0.95).p_value for pair in pairs])
    else:
        p = np.asarray(stats.ttest_1samp(groups[0] + effect, 0, axis=1).pvalue)
    found = (p < 0.05).mean()
    assert t_test_power(n, effect=effect, variances=variances) == pytest.approx(found, abs=0.04)


def test_needed_dishes_reach_the_power_in_new_experiments() -> None:
    cells, _ = make_cells(day_sd=0.0, dish_sd=0.25, cell_sd=0.6, n_days=200, n_dishes=1, n_cells=20)
    row = sample_size(cells, condition="ATP", reference="vehicle", effect=0.5, n_cells=[20]).iloc[0]
    n = int(row["n_replicates"])
    rng = np.random.default_rng(3)
    sd = np.sqrt(0.25**2 + 0.6**2 / 20)
    one, other = sd * rng.standard_normal((2, 20_000, n))
    p = stats.ttest_ind(one + 0.5, other, axis=1, equal_var=False).pvalue
    assert (p < 0.05).mean() == pytest.approx(row["power"], abs=0.04)
    assert row["power"] >= 0.8


def test_more_cells_help_only_until_the_dishes_are_the_limit() -> None:
    cells, _ = make_cells(day_sd=0.0, dish_sd=0.3, cell_sd=0.9, n_days=60, n_dishes=1, n_cells=40)
    table = sample_size(cells, condition="ATP", reference="vehicle", effect=0.3, n_cells=[1, 10, 100, 1000])
    needed = table["n_replicates"].to_numpy()
    assert (np.diff(needed) <= 0).all()
    assert needed[0] > 3 * needed[1]
    assert needed[2] - needed[3] <= 2
    assert (np.diff(table["percent_from_cells"]) < 0).all()


def test_days_in_common_save_dishes() -> None:
    cells, design = make_cells(day_sd=0.5, dish_sd=0.1, cell_sd=0.2, n_days=12, n_dishes=1, n_cells=30)
    table = sample_size(cells, condition="ATP", reference="vehicle", effect=0.3, design=design, n_cells=[30])
    needed = table.set_index("comparison")["n_replicates"]
    assert needed["within days"] < 0.5 * needed["independent"]


def test_three_replicates_leave_a_wide_interval() -> None:
    cells, _ = make_cells(day_sd=0.0, dish_sd=0.3, cell_sd=0.3, n_days=3, n_dishes=1, n_cells=30)
    row = sample_size(cells, condition="ATP", reference="vehicle", effect=0.5, n_cells=[30]).iloc[0]
    assert row["n_replicates_low"] <= row["n_replicates"] <= row["n_replicates_high"]
    assert row["n_replicates_high"] > 3 * row["n_replicates"]


def test_tables_have_their_columns() -> None:
    cells, design = make_cells(day_sd=0.1, dish_sd=0.1, cell_sd=0.1, n_days=3, n_dishes=2, n_cells=5)
    empty = cells.iloc[:0]
    assert variance_components(empty).dtypes.astype(str).to_dict() == COMPONENT_DTYPES
    table = sample_size(cells, condition="ATP", reference="vehicle", effect=1.0, design=design)
    assert table.dtypes.astype(str).to_dict() == SAMPLE_SIZE_DTYPES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"condition": "UTP"}, "condition='UTP': no such condition"),
        ({"effect": 0.0}, "effect=0.0"),
        ({"n_cells": []}, "n_cells="),
        ({"power": 1.0}, "power=1.0"),
    ],
)
def test_mistakes_are_named(change: dict[str, object], message: str) -> None:
    cells, _ = make_cells(day_sd=0.1, dish_sd=0.1, cell_sd=0.1, n_days=3, n_dishes=1, n_cells=5)
    arguments: dict[str, object] = {"condition": "ATP", "reference": "vehicle", "effect": 1.0} | change
    with pytest.raises(ValueError, match=message):
        sample_size(cells, **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cells has no column 'value'"):
        variance_components(cells.drop(columns="value"))
    with pytest.raises(TypeError, match="cells is a list"):
        variance_components([])  # type: ignore[arg-type]
