"""Contrasts and block: estimates and ends where they are, open ends as arrow heads, nothing flattened."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.plots import plot_block, plot_contrasts
from s1r_imaging.plots.block import block_words
from s1r_imaging.plots.intervals import limits_for
from tests.plots.comparison_scene import TWELVE, comparison_scene


def named(ax: Axes, gid: str) -> list[Any]:
    return [artist for artist in ax.get_children() if artist.get_gid() == gid]


def words(ax: Axes) -> str:
    return " | ".join(" ".join(text.get_text().split()) for text in ax.findobj(Text) if text.get_text())


def lines_of(ax: Axes) -> list[np.ndarray]:
    """Return every line with two points, (2, n): x and y."""
    lines = [np.array([line.get_xdata(), line.get_ydata()], dtype=float) for line in ax.lines]
    return [line for line in lines if line.shape == (2, 2)]


def rows_of_lines(ax: Axes) -> dict[float, tuple[float, float]]:
    """Return the ends of each horizontal interval by its row."""
    return {y[0]: (min(x), max(x)) for x, y in lines_of(ax) if y[0] == y[1]}


def with_blocks(comparison: Comparison, rows: list[tuple[float, float, float, str]]) -> Comparison:
    block = pd.concat([comparison.block.iloc[:1]] * len(rows), ignore_index=True)
    block[["estimate", "ci_low", "ci_high", "verdict"]] = pd.DataFrame(rows)
    return replace(comparison, block=block)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return comparison_scene(n_cells=20)


def test_contrasts_stand_in_their_rows_with_interval_and_p_value(comparison: Comparison) -> None:
    ax = Figure().subplots()
    assert plot_contrasts(comparison, ax=ax) is ax
    table = comparison.contrasts
    np.testing.assert_allclose([line.get_xdata()[0] for line in named(ax, "estimate")], table["estimate"])
    for row, (low, high) in rows_of_lines(ax).items():
        np.testing.assert_allclose([low, high], table[["ci_low", "ci_high"]].to_numpy()[int(row)])
    assert len(named(ax, "p value")) == len(table)
    assert "n = 4 and 4" in words(ax)
    assert ax.get_xlabel().startswith("Difference in peak ΔF/F0")
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first one on top


def test_contrasts_of_fractions_are_in_percentage_points() -> None:
    fractions = comparison_scene(measure="responder_fraction", n_cells=20)
    ax = plot_contrasts(fractions)
    estimates = [line.get_xdata()[0] for line in named(ax, "estimate")]
    np.testing.assert_allclose(estimates, 100 * fractions.contrasts["estimate"])
    assert "percentage points" in ax.get_xlabel()


def test_one_replicate_leaves_an_estimate_and_says_that_nothing_was_tested() -> None:
    single = comparison_scene(n_replicates=1, n_cells=5)
    ax = plot_contrasts(single)
    assert len(named(ax, "estimate")) == len(single.contrasts)
    assert not rows_of_lines(ax)
    assert words(ax).count("no test") == len(single.contrasts)


def test_a_contrast_that_is_not_known_says_why(comparison: Comparison) -> None:
    contrasts = comparison.contrasts.copy()
    contrasts.loc[0, ["estimate", "ci_low", "ci_high", "p_value", "p_adjusted"]] = np.nan
    contrasts.loc[0, "note"] = "The condition has no cells."
    assert "The condition has no cells." in words(plot_contrasts(replace(comparison, contrasts=contrasts)))


def test_open_and_far_ends_are_arrow_heads_and_leave_the_scale(comparison: Comparison) -> None:
    contrasts = comparison.contrasts.copy()
    contrasts.loc[0, "ci_low"] = -np.inf
    contrasts.loc[1, "ci_high"] = 1e6
    ax = plot_contrasts(replace(comparison, contrasts=contrasts))
    assert sorted(line.get_marker() for line in named(ax, "open end")) == ["<", ">"]
    usual = plot_contrasts(comparison)
    assert np.ptp(ax.get_xlim()) < 6 * np.ptp(usual.get_xlim())
    for x, _ in lines_of(ax):
        assert ax.get_xlim()[0] - 1e-9 <= x.min() <= x.max() <= ax.get_xlim()[1] + 1e-9


def test_no_contrasts_and_no_block_are_said(comparison: Comparison) -> None:
    nothing = replace(comparison, contrasts=comparison.contrasts[:0], block=comparison.block[:0])
    assert "no contrasts" in words(plot_contrasts(nothing))
    assert "no condition with antagonist and agonist" in words(plot_block(nothing))


def test_block_stands_at_its_per_cent_between_lines_at_0_and_100(comparison: Comparison) -> None:
    ax = Figure().subplots()
    assert plot_block(comparison, ax=ax) is ax
    row = comparison.block.iloc[0]
    (estimate,) = named(ax, "estimate")
    assert estimate.get_xdata()[0] == pytest.approx(row["estimate"])
    np.testing.assert_allclose(rows_of_lines(ax)[0.0], [row["ci_low"], row["ci_high"]])
    assert [x[0] for x, y in lines_of(ax) if x[0] == x[1] and y.tolist() == [0, 1]] == [0.0, 100.0]
    assert row["verdict"] in words(ax)
    assert block_words(row["estimate"], row["ci_low"], row["ci_high"]) in words(ax)


def test_block_beyond_0_and_100_is_not_clipped(comparison: Comparison) -> None:
    ax = plot_block(
        with_blocks(comparison, [(-20.0, -60.0, 15.0, "does not block"), (120.0, 95.0, 145.0, "blocks")])
    )
    assert rows_of_lines(ax) == {0.0: (-60.0, 15.0), 1.0: (95.0, 145.0)}
    assert ax.get_xlim()[0] < -60
    assert ax.get_xlim()[1] > 145
    assert not named(ax, "open end")


def test_huge_open_and_missing_block_intervals_keep_a_sensible_axis(comparison: Comparison) -> None:
    rows = [
        (50.0, -np.inf, np.inf, "cannot be said: the agonist's effect is not clear of zero"),
        (80.0, -9e5, 1200.0, "cannot be said: too wide"),
        (60.0, np.nan, np.nan, "cannot be said: one replicate"),
        (np.nan, np.nan, np.nan, "cannot be said: no vehicle"),
        (75.0, 40.0, 95.0, "blocks partly"),
        (4000.0, -np.inf, np.inf, "cannot be said: the agonist does nothing"),
    ]
    ax = plot_block(with_blocks(comparison, rows))
    low, high = ax.get_xlim()
    assert -130 < low <= 0
    assert 100 <= high < 230
    assert len(named(ax, "open end")) == 6
    assert len(named(ax, "estimate")) == 5
    for said in ("50 % (interval open)", "60 % (no interval)", "not known", "cannot be said: one replicate"):
        assert said in words(ax)


def test_rows_too_low_for_verdicts_keep_name_and_interval() -> None:
    comparison = comparison_scene(TWELVE, n_cells=5)
    ax = plot_block(comparison, ax=Figure(figsize=(4, 3)).subplots())
    assert len(ax.get_yticks()) == len(comparison.block) == 9
    for row in comparison.block.to_dict("records"):
        assert block_words(row["estimate"], row["ci_low"], row["ci_high"]) in words(ax)


def test_cells_as_n_are_named_on_both() -> None:
    wrong = comparison_scene(n_cells=10, method="cells")
    assert "Cells were taken as n" in words(plot_contrasts(wrong))
    assert "Cells were taken as n for the P values" in words(plot_block(wrong))


def test_limits_hold_values_always_and_ends_only_when_near() -> None:
    assert limits_for([], []) == (-0.05, 1.05)
    low, high = limits_for([0.0, 1.0], [-np.inf, 1.5, np.nan])
    assert -1 < low < 0
    assert 1.5 < high < 2
    low, high = limits_for([np.nan, 3.0], [])
    assert low < 3 < high
