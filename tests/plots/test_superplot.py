"""Superplots and responder fractions: every cell and replicate is there, and n is what it says."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from s1r_imaging.experiment.compare import Comparison
from s1r_imaging.plots import plot_responder_fraction, plot_superplot
from s1r_imaging.plots.comparison_groups import difference_label, groups_of, measure_label, replicate_styles
from s1r_imaging.plots.swarm import swarm
from tests.plots.comparison_scene import FOUR, TWELVE, comparison_scene


def named(ax: Axes, gid: str) -> list[Any]:
    return [artist for artist in ax.get_children() if artist.get_gid() == gid]


def words(ax: Axes) -> str:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return " | ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text) if text.get_text())


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return comparison_scene(n_cells=25)


def test_axes_in_axes_out(comparison: Comparison) -> None:
    ax = Figure().subplots()
    assert plot_superplot(comparison, ax=ax) is ax
    assert ax.get_ylabel() == "Peak ΔF/F0"


def test_every_cell_and_every_replicate_stands_at_its_value(comparison: Comparison) -> None:
    ax = plot_superplot(comparison)
    cells = np.concatenate([np.asarray(dots.get_offsets()) for dots in named(ax, "cells")])
    np.testing.assert_allclose(np.sort(cells[:, 1]), np.sort(comparison.cells["value"]))
    replicates = [float(line.get_ydata()[0]) for line in named(ax, "replicate")]
    np.testing.assert_allclose(sorted(replicates), np.sort(comparison.replicates["value"]))
    for place, name in enumerate(FOUR):
        own = cells[np.abs(cells[:, 0] - place) < 0.5, 1]
        of_condition = comparison.cells["condition"] == name
        np.testing.assert_allclose(np.sort(own), np.sort(comparison.cells["value"][of_condition]))


def test_bars_are_the_mean_over_replicates_and_its_t_interval(comparison: Comparison) -> None:
    ax = plot_superplot(comparison)
    ends = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines if line.get_gid() is None]
    uprights = [y for y in ends if len(y) == 2 and y[0] != y[1]]
    means = [float(line.get_ydata()[0]) for line in named(ax, "mean")]
    for group, interval, mean in zip(groups_of(comparison), uprights, means, strict=True):
        expected: Any = stats.ttest_1samp(group.values, 0).confidence_interval(0.95)
        np.testing.assert_allclose(interval, [expected.low, expected.high])
        assert mean == pytest.approx(group.values.mean())


def test_n_stands_under_each_condition(comparison: Comparison) -> None:
    labels = [" ".join(tick.get_text().split()) for tick in plot_superplot(comparison).get_xticklabels()]
    assert labels == [f"{name} n = 4 100 cells" for name in FOUR]


def test_vehicle_comes_first_whatever_the_order_of_the_design() -> None:
    backwards = comparison_scene(dict(list(FOUR.items())[::-1]), n_cells=5)
    assert [group.condition for group in groups_of(backwards)] == list(FOUR)


def test_chosen_conditions_come_in_their_order_and_unknown_ones_are_refused(comparison: Comparison) -> None:
    chosen = ["BD-1047 + PRE-084", "vehicle"]
    ax = plot_superplot(comparison, conditions=chosen)
    assert [" ".join(tick.get_text().split())[:7] for tick in ax.get_xticklabels()] == ["BD-1047", "vehicle"]
    with pytest.raises(ValueError, match="conditions holds 'ATP': expected some of 'vehicle'"):
        plot_superplot(comparison, conditions=["ATP"])


def test_adjusted_p_values_stand_on_brackets_over_their_conditions(comparison: Comparison) -> None:
    ax = plot_superplot(comparison)
    assert {text.get_text() for text in named(ax, "p value")} == {
        f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001" for p in comparison.contrasts["p_adjusted"]
    }
    place = {name: number for number, name in enumerate(FOUR)}
    wanted = {
        tuple(sorted((place[row["condition"]], place[row["reference"]])))
        for row in comparison.contrasts.to_dict("records")
    }
    assert {tuple(line.get_xdata()) for line in named(ax, "bracket")} == wanted
    assert "p adjusted (Holm)" in words(ax)


def test_many_contrasts_stand_in_rows_of_numbers() -> None:
    comparison = comparison_scene(TWELVE, n_cells=5)
    ax = plot_superplot(comparison)
    assert len(comparison.contrasts) > 4
    assert not named(ax, "bracket")
    assert len(named(ax, "p value")) == np.isfinite(comparison.contrasts["p_adjusted"]).sum()
    assert "p against PRE-084 10 µM:" in words(ax).replace("\u00a0", " ")


def test_lines_join_days_only_where_days_were_compared() -> None:
    paired = comparison_scene(n_cells=5, pairing="day")
    assert len(named(plot_superplot(paired), "pair")) == 4
    assert not named(plot_superplot(comparison_scene(n_cells=5, pairing="none")), "pair")
    # Four dishes a day: the comparison pairs the means of days.
    dishes = comparison_scene(n_cells=5, n_replicates=12, dishes_a_day=4, pairing="day")
    assert len(named(plot_superplot(dishes), "pair")) == 3


def test_a_day_has_one_colour_and_its_dishes_differ_in_shape() -> None:
    groups = groups_of(comparison_scene(n_cells=2, n_replicates=6, dishes_a_day=2))
    styles = replicate_styles(groups)
    looks = {name: {styles[group.condition, name] for group in groups} for name in groups[0].replicates}
    assert all(len(found) == 1 for found in looks.values())
    assert len({next(iter(found)) for found in looks.values()}) == 6
    colours = {name.partition(" dish")[0]: next(iter(found))[0] for name, found in looks.items()}
    assert len(set(colours.values())) == 3


def test_cells_as_n_are_called_so_on_the_picture_and_give_intervals_over_cells() -> None:
    wrong = comparison_scene(n_cells=25, method="cells")
    ax = plot_superplot(wrong)
    assert "Cells were taken as n" in words(ax)
    assert "interval over CELLS" in words(ax)
    assert "Cells were taken as n" not in words(plot_superplot(comparison_scene(n_cells=25)))
    means = [float(line.get_ydata()[0]) for line in named(ax, "mean")]
    np.testing.assert_allclose(means, wrong.cells.groupby("condition", sort=False)["value"].mean().to_numpy())


def test_one_replicate_has_no_interval_and_no_bracket_and_says_why() -> None:
    ax = plot_superplot(comparison_scene(n_replicates=1))
    assert len(named(ax, "replicate")) == 4
    assert not named(ax, "bracket")
    assert "one replicate: no interval, no test" in words(ax)


def test_a_condition_without_values_keeps_its_place(comparison: Comparison) -> None:
    empty = "BD-1047 1 µM"
    replicates = comparison.replicates.copy()
    replicates.loc[replicates["condition"] == empty, ["value", "n_cells"]] = [np.nan, 0]
    cells = comparison.cells[comparison.cells["condition"] != empty]
    ax = plot_superplot(replace(comparison, replicates=replicates, cells=cells))
    assert "BD-1047 1 µM n = 0 0 cells" in words(ax)
    assert "no values" in words(ax)
    assert len(ax.get_xticks()) == 4


def test_wild_cells_do_not_stretch_the_axis_and_are_counted(comparison: Comparison) -> None:
    cells = comparison.cells.copy()
    cells.loc[cells.index[[3, 30]], "value"] = [-1e4, 1e5]
    usual, wild = plot_superplot(comparison), plot_superplot(replace(comparison, cells=cells))
    np.testing.assert_allclose(wild.get_ylim(), usual.get_ylim(), rtol=0.3, atol=0.2)
    assert "triangles: 2 cells beyond the axis" in words(wild)
    assert sum(len(dots.get_offsets()) for dots in named(wild, "cells")) == len(cells)


def test_thousands_of_cells_are_dots_in_a_vector_file_and_few_are_not(comparison: Comparison) -> None:
    assert not any(dots.get_rasterized() for dots in named(plot_superplot(comparison), "cells"))
    assert all(dots.get_rasterized() for dots in named(plot_superplot(comparison_scene(n_cells=100)), "cells"))


def test_fractions_are_per_cent_between_0_and_100() -> None:
    fractions = comparison_scene(measure="responder_fraction", n_cells=25)
    ax = plot_responder_fraction(fractions)
    values = [float(line.get_ydata()[0]) for line in named(ax, "replicate")]
    np.testing.assert_allclose(sorted(values), np.sort(100 * fractions.replicates["value"]))
    assert ax.get_ylabel() == "Responders (% of cells)"
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in ax.lines])
    assert drawn.min() >= 0
    assert drawn[drawn > 1].max() <= 100
    with pytest.raises(ValueError, match="comparison is of 'peak_dff'"):
        plot_responder_fraction(comparison_scene(n_cells=2))


def test_no_condition_at_all_is_said(comparison: Comparison) -> None:
    nothing = replace(
        comparison,
        replicates=comparison.replicates[:0],
        cells=comparison.cells[:0],
        contrasts=comparison.contrasts[:0],
    )
    assert "no conditions" in words(plot_superplot(nothing))


@pytest.mark.parametrize("n", [0, 1, 2, 50, 3000])
def test_swarm_is_the_same_each_time_and_stays_in_its_width(n: int) -> None:
    values = np.random.default_rng(0).lognormal(size=n)
    places = swarm(values, width=0.3)
    np.testing.assert_array_equal(places, swarm(values, width=0.3))
    assert np.abs(places).max(initial=0.0) <= 0.3
    if n == 1:
        assert places[0] == 0
    if n == 3000:
        order = np.argsort(values)
        dense, sparse = np.abs(places[order[500:2000]]).mean(), np.abs(places[order[-30:]]).mean()
        assert dense > 2 * sparse


def test_equal_values_stand_beside_each_other() -> None:
    places = swarm(np.zeros(40), width=0.3)
    assert len(set(places.round(9).tolist())) == 40


def test_any_measure_has_a_label_with_its_unit() -> None:
    columns = ("peak_dff", "auc_dff_s", "time_to_peak_s", "n_peaks", "responder_fraction", "dff", "x_s")
    for column in columns:
        assert re.fullmatch(r"[A-ZΔ].+", measure_label(column))
        assert difference_label(column).startswith("Difference in ")
    assert measure_label("onset_s") == "Onset (s)"
