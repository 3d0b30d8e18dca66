from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from s1r_imaging.plots import plot_response_distributions
from s1r_imaging.plots.responses import responder_fraction


def table(n: int, k: int) -> pd.DataFrame:
    return pd.DataFrame({"peak_dff": np.ones(n), "is_responder": np.arange(n) < k})


def test_fraction_has_wilsons_interval() -> None:
    # Newcombe, Stat. Med. 17 (1998) 857-872, table I: 81/263, 15/148, 0/20 and 1/29.
    for k, n, percent, low, high in (
        (81, 263, 31, 26, 37),
        (15, 148, 10, 6, 16),
        (0, 20, 0, 0, 16),
        (1, 29, 3, 1, 17),
    ):
        words = responder_fraction(table(n, k))
        assert words == f"{percent} % respond (95 % CI {low}–{high} %, Wilson; n = {n} cells)"


def test_cells_that_were_not_measured_do_not_count() -> None:
    rows = table(10, 5)
    rows.loc[8:, "peak_dff"] = np.nan
    assert responder_fraction(rows).startswith("62 % respond")
    assert responder_fraction(rows).endswith("n = 8 cells, 2 not measured)")


def test_several_recordings_have_no_interval_over_cells() -> None:
    rows = table(10, 5).assign(recording=["a"] * 5 + ["b"] * 5)
    assert responder_fraction(rows) == "50 % respond (n = 10 cells of 2 recordings)"


def test_every_measured_cell_is_in_a_bar(scene: Any) -> None:
    axes = plot_response_distributions(scene.responses)
    responses = scene.responses
    k = responses["is_responder"].sum()
    heights = [sum(bar.get_height() for bar in ax.patches) for ax in axes]
    assert heights == [len(responses), k, k, k]
    assert [ax.get_xlabel() for ax in axes] == ["Peak ΔF/F0", "Time to peak (s)", "FWHM (s)", "Decay constant (s)"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=40))
def test_any_values_are_binned_whole(values: list[float]) -> None:
    rows = pd.DataFrame({"peak_dff": values, "is_responder": [i % 2 == 0 for i in range(len(values))]})
    axes = Figure().subplots(1, 4)
    heights = sum(bar.get_height() for bar in plot_response_distributions(rows, axes=axes)[0].patches)
    assert heights == np.isfinite(np.array(values, dtype=float)).sum()


def test_axes_in_axes_out_and_the_wrong_number_is_refused(scene: Any) -> None:
    axes = Figure().subplots(2, 2)
    assert list(plot_response_distributions(scene.responses, axes=axes.ravel())) == list(axes.ravel())
    with pytest.raises(ValueError, match="axes holds 2 Axes: expected 4"):
        plot_response_distributions(scene.responses, axes=axes[0])


def test_threshold_and_rate_of_the_calls_are_shown(scene: Any) -> None:
    ax = plot_response_distributions(scene.responses)[0]
    (line,) = [line for line in ax.lines if line.get_label() == "threshold"]
    assert np.asarray(line.get_xdata()).tolist() == [0.2, 0.2]
    assert ax.get_title(loc="left").splitlines()[-1] == "4 % false responders in the baselines"


def test_far_outliers_do_not_stretch_the_axis(build: Callable[..., Any]) -> None:
    rows = build(100).responses
    usual = plot_response_distributions(rows)[0].get_xlim()[1]
    rows.loc[3, "peak_dff"] = 1e5
    assert plot_response_distributions(rows)[0].get_xlim()[1] < 2 * usual
