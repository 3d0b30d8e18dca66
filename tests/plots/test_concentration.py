from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from s1r_imaging.experiment.concentration import ConcentrationResponse, fit_concentration_response
from s1r_imaging.experiment.potency_table import potency_table
from s1r_imaging.experiment.schild import SchildFit, fit_schild_points
from s1r_imaging.plots import (
    plot_concentration_response,
    plot_potency,
    plot_schild,
    plot_schild_regression,
    save_figure,
)
from s1r_imaging.plots.style import figure_of
from tests.benchmarks.schild_coverage import simulate
from tests.experiment.dose_scene import DOSES, agonist_rows, inhibition_rows, split


@pytest.fixture(scope="module")
def result() -> ConcentrationResponse:
    rng = np.random.default_rng(0)
    return fit_concentration_response(*split(agonist_rows(rng) + inhibition_rows(rng, name="BD_1047 $x$")))


@pytest.fixture(scope="module")
def schild() -> SchildFit:
    return fit_schild_points(
        simulate(np.random.default_rng(3), n=4, day=1.0), agonist="PRE-084", antagonist="BD-1047"
    )


def lines(ax: Axes, gid: str) -> list[Any]:
    return [line for line in ax.lines if line.get_gid() == gid]


def texts_apart(ax: Axes) -> bool:
    figure = figure_of(ax)
    figure.draw_without_rendering()
    legend = ax.get_legend()
    words = [] if legend is None else [item for item in legend.get_texts() if item.get_text()]
    boxes = [item.get_window_extent() for item in [*words, *ax.get_xticklabels(), ax.xaxis.label]]
    return not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[k + 1 :])


def test_every_replicate_is_a_point_and_every_dose_has_a_mean(result: ConcentrationResponse) -> None:
    ax = plot_concentration_response(result)
    (small,), (large,) = lines(ax, "replicates"), lines(ax, "means")
    assert len(small.get_xdata()) == 4 * (len(DOSES) + 1)
    x = np.sort(np.asarray(large.get_xdata()))
    np.testing.assert_allclose(x[1:], np.log10(DOSES))
    assert x[0] < ax.get_xlim()[1] - 1.0
    own = result.points[result.points["curve"] == "ATP"]
    np.testing.assert_allclose(np.sort(large.get_ydata()), np.sort(own.groupby("concentration_M")["value"].mean()))


def test_ec50_stands_where_the_table_says_with_its_interval(result: ConcentrationResponse) -> None:
    ax = plot_concentration_response(result)
    row = result.table.iloc[0]
    np.testing.assert_allclose(lines(ax, "ec50")[0].get_xdata(), [row["log_ec50"]])
    np.testing.assert_allclose(lines(ax, "ec50 interval")[0].get_xdata(), [row["log_ci_low"], row["log_ci_high"]])
    assert texts_apart(ax)


def test_agonists_are_drawn_by_default_and_others_when_named(result: ConcentrationResponse) -> None:
    assert len(lines(plot_concentration_response(result), "means")) == 1
    ax = plot_concentration_response(result, curves=list(result.table["curve"]), unit="µM")
    assert len(lines(ax, "means")) == 2
    assert texts_apart(ax)
    with pytest.raises(ValueError, match="curves holds 'no'"):
        plot_concentration_response(result, curves=["no"])


def test_names_are_shown_as_they_are(result: ConcentrationResponse, tmp_path: Any) -> None:
    ax = plot_concentration_response(result, curves=["BD_1047 $x$ on ATP 1 µM"])
    save_figure(figure_of(ax), tmp_path / "curve.svg")
    legend = ax.get_legend()
    assert legend is not None
    assert r"BD_1047 \$x\$" in legend.get_texts()[0].get_text()


def test_an_ec50_above_the_top_dose_is_an_arrow_and_no_point() -> None:
    doses = [*np.logspace(-9, -6.8, 5)]
    rows = agonist_rows(np.random.default_rng(3), noise=0.004, doses=doses)
    ax = plot_concentration_response(fit_concentration_response(*split(rows), fixed_hill_slope=1.0))
    assert not lines(ax, "ec50")
    assert [line for line in ax.lines if line.get_marker() == ">"]
    legend = ax.get_legend()
    assert legend is not None
    assert "> 158 nM" in legend.get_texts()[0].get_text()


def test_nothing_to_draw_is_said() -> None:
    responses, design = split(agonist_rows(np.random.default_rng(0), n=1, doses=[1e-6]))
    ax = plot_concentration_response(fit_concentration_response(responses, design))
    assert [text.get_text() for text in ax.texts] == ["no concentration–response curves"]


def test_schild_curves_are_those_of_the_fit(schild: SchildFit) -> None:
    ax = plot_schild(schild)
    assert len(lines(ax, "means")) == 4
    curves = lines(ax, "curve")
    x, y = np.asarray(curves[0].get_xdata()), np.asarray(curves[0].get_ydata())
    wanted = schild.curves(10.0**x)
    np.testing.assert_allclose(y, wanted.loc[wanted["antagonist_M"] == 0, "response"], rtol=1e-9)
    assert texts_apart(ax)


def test_the_schild_plot_crosses_zero_at_pa2(schild: SchildFit) -> None:
    ax = plot_schild_regression(schild)
    (line,) = lines(ax, "line")
    x, y = (np.asarray(values, dtype=float) for values in (line.get_xdata(), line.get_ydata()))
    row = schild.table.iloc[0]
    np.testing.assert_allclose(np.interp(0.0, y, x), -row["pa2"], atol=1e-9)
    np.testing.assert_allclose(lines(ax, "pa2 interval")[0].get_xdata(), [-row["pa2_ci_high"], -row["pa2_ci_low"]])
    np.testing.assert_allclose((y[1] - y[0]) / (x[1] - x[0]), row["schild_slope"])


def test_without_a_shift_the_schild_plot_says_so() -> None:
    points = simulate(np.random.default_rng(6), n=4, antagonist=(1e-13, 1e-12, 1e-11))
    ax = plot_schild_regression(fit_schild_points(points))
    assert "no shift" in ax.texts[-1].get_text()
    assert not lines(ax, "pa2")


def test_potencies_stand_against_the_line_on_which_they_are_equal() -> None:
    functional = pd.DataFrame(
        {"compound": ["A", "B", "C"], "pkb": [7.5, 8.5, 6.0], "pkb_ci_low": [7.2, 8.2, np.nan],
         "pkb_ci_high": [7.8, 8.8, np.nan]}
    )  # fmt: skip
    binding = pd.DataFrame(
        {"compound": ["a", "B"], "mean_pki": [7.6, 9.0], "pki_ci_low": [7.4, 8.8], "pki_ci_high": [7.8, 9.2]}
    )
    ax = plot_potency(potency_table(functional, binding))
    assert ax.get_xlim() == ax.get_ylim()
    assert len(ax.containers) == 2
    words = [text.get_text() for text in ax.texts]
    assert words[:2] == ["A", "B"]
    assert "1 compound with only one of the two not shown" in words
    alone = plot_potency(potency_table(functional, binding.iloc[:0]))
    assert alone.texts[0].get_text() == "no compound with both pKB and pKi"
    with pytest.raises(ValueError, match="no column"):
        plot_potency(functional)
