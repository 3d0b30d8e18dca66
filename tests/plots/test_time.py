"""Heat map, mean trace, stacked traces and quality: pictures over time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from s1r_imaging.plots import plot_heatmap, plot_mean_trace, plot_quality, plot_traces
from s1r_imaging.plots.traces import mean_and_half_width
from s1r_imaging.recording import Event, Traces


def shown(ax: Any) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.asarray(ax.images[0].get_array())


def event_words(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if text.get_gid() == "event"]


@pytest.mark.parametrize("draw", [plot_heatmap, plot_mean_trace, plot_traces])
def test_axes_in_axes_out_with_seconds_and_event_marks(draw: Callable[..., Any], scene: Any) -> None:
    ax = Figure().subplots()
    assert draw(scene.traces, scene.responses, ax=ax) is ax
    assert ax.get_xlabel() == "Time (s)"
    assert event_words(ax) == ["PRE-084 10 µM"]


@pytest.mark.parametrize("draw", [plot_heatmap, plot_mean_trace, plot_traces])
def test_traces_without_dff_and_foreign_tables_are_refused(draw: Callable[..., Any], scene: Any) -> None:
    with pytest.raises(ValueError, match="compute_dff first"):
        draw(replace(scene.traces, dff=None))
    with pytest.raises(ValueError, match="no row of recording 'other'"):
        draw(replace(scene.traces, name="other"), scene.responses)


@pytest.mark.parametrize("draw", [plot_heatmap, plot_mean_trace])
def test_unknown_events_are_refused(draw: Callable[..., Any], scene: Any) -> None:
    with pytest.raises(ValueError, match="expected one of 'PRE-084'"):
        draw(scene.traces, scene.responses, event="ATP")
    with pytest.raises(ValueError, match="give responses="):
        draw(scene.traces, event="ATP")


def test_heatmap_rows_are_responders_by_onset_then_the_others(scene: Any) -> None:
    table = scene.responses.sample(frac=1, random_state=0)
    rows = shown(plot_heatmap(scene.traces, table))
    by_label = scene.responses.set_index("label")
    responders = by_label[by_label["is_responder"]].sort_values("onset_s").index
    others = by_label[~by_label["is_responder"]].sort_values("peak_dff", ascending=False).index
    order = [scene.traces.labels.tolist().index(label) for label in [*responders, *others]]
    np.testing.assert_array_equal(rows, scene.traces.dff[order])


def test_heatmap_sorts_by_the_event_with_the_most_responders_unless_told(build: Callable[..., Any]) -> None:
    scene = build(events=(Event("BD-1047", 20.0), Event("PRE-084", 70.0)))
    assert "after PRE-084" in plot_heatmap(scene.traces, scene.responses).get_ylabel()
    assert "after BD-1047" in plot_heatmap(scene.traces, scene.responses, event="BD-1047").get_ylabel()


def test_heatmap_draws_uneven_frames_at_their_own_times() -> None:
    time_s = np.array([0.0, 1.0, 2.0, 10.0, 11.0])
    traces = Traces(time_s, f=np.ones((1, 5)), dff=np.arange(5.0)[None])
    ax = plot_heatmap(traces)
    row, (left, right, _, _) = shown(ax)[0], ax.images[0].get_extent()
    assert (left, right) == (-0.5, 11.5)
    for time, value in zip(time_s, range(5), strict=True):
        assert row[int((time - left) / (right - left) * len(row))] == value
    assert row[int((5.5 - left) / (right - left) * len(row))] == 2


def test_heatmap_scale_ignores_one_wild_cell_and_fits_the_others(build: Callable[..., Any]) -> None:
    scene = build(60, responding=1.0)
    wild = scene.traces.dff.copy()
    wild[7] *= 1000
    usual = plot_heatmap(scene.traces, scene.responses).images[0].get_clim()[1]
    assert plot_heatmap(replace(scene.traces, dff=wild), scene.responses).images[0].get_clim()[1] < 3 * usual


def test_heatmap_of_negative_going_responses_is_symmetric_about_zero(scene: Any) -> None:
    image = plot_heatmap(replace(scene.traces, dff=-scene.traces.dff), scene.responses).images[0]
    assert image.get_clim()[0] == -image.get_clim()[1]
    assert image.get_cmap().name == "RdBu_r"


def test_heatmap_masks_what_is_no_number_and_says_how_many_cells(build: Callable[..., Any]) -> None:
    scene = build(30, dead=0.3)
    ax = plot_heatmap(scene.traces, scene.responses)
    dead = int(np.isnan(scene.traces.dff).all(axis=1).sum())
    assert np.ma.getmaskarray(shown(ax)).all(axis=1).sum() == dead
    assert f"{dead} without ΔF/F0" in ax.get_ylabel()


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_mean_and_interval_agree_with_scipy(n_cells: int, seed: int) -> None:
    dff = np.random.default_rng(seed).normal(size=(n_cells, 3))
    mean, half = mean_and_half_width(dff)
    for frame in range(3):
        interval = stats.ttest_1samp(dff[:, frame], 0).confidence_interval(0.95)
        np.testing.assert_allclose(mean[frame] - half[frame], interval.low, atol=1e-12)
        np.testing.assert_allclose(mean[frame] + half[frame], interval.high, atol=1e-12)


def test_mean_leaves_out_what_is_no_number() -> None:
    mean, half = mean_and_half_width(np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]]))
    np.testing.assert_array_equal(mean, [2, 5, np.nan])
    np.testing.assert_array_equal(np.isnan(half), [False, True, True])


def test_mean_trace_says_that_its_n_is_cells(scene: Any) -> None:
    ax = plot_mean_trace(scene.traces, scene.responses)
    words = [text.get_text() for text in ax.findobj(Text)]
    k = int(scene.responses["is_responder"].sum())
    assert f"responders to PRE-084 (n = {k} cells)" in words
    assert f"non-responders (n = {40 - k} cells)" in words
    assert any("over the cells of one recording" in word for word in words)


def test_single_cells_are_few_and_drawn_as_dots_in_svg(build: Callable[..., Any]) -> None:
    scene = build(200)
    (single,) = [c for c in plot_mean_trace(scene.traces, n_single_cells=20).collections if c.get_rasterized()]
    assert len(single.get_paths()) == 20
    assert not [c for c in plot_mean_trace(scene.traces, n_single_cells=0).collections if c.get_rasterized()]
    with pytest.raises(ValueError, match="n_single_cells=-1"):
        plot_mean_trace(scene.traces, n_single_cells=-1)


def test_stacked_traces_are_the_cells_asked_for_in_their_order(scene: Any) -> None:
    ax = plot_traces(scene.traces, labels=[31, 4])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["31", "4"]
    with pytest.raises(ValueError, match="labels holds 99"):
        plot_traces(scene.traces, labels=[99])


def test_stacked_traces_mark_onset_and_peak_at_their_times(scene: Any) -> None:
    row = scene.responses[scene.responses["is_responder"]].iloc[0]
    ax = plot_traces(scene.traces, scene.responses, labels=[int(row["label"])])
    times = {
        line.get_marker(): np.ravel(line.get_xdata())[0]
        for line in ax.lines
        if len(np.ravel(line.get_xdata())) == 1
    }
    assert times["^"] == pytest.approx(30 + row["onset_s"])
    assert times["o"] == pytest.approx(30 + row["time_to_peak_s"])


def test_many_long_names_of_stimuli_are_numbers_that_leave_the_axes_their_room(build: Callable[..., Any]) -> None:
    events = tuple(Event(f"a stimulus with a long name {n}", 15.0 + 7.0 * n) for n in range(20))
    scene = build(events=events)
    ax = plot_mean_trace(scene.traces, scene.responses)
    assert event_words(ax) == [str(n) for n in range(1, 21)]
    assert "stimuli 1–20 in the order of time" in [text.get_text() for text in ax.findobj(Text)]
    ax.figure.canvas.draw()
    drawn = [text.get_window_extent() for text in ax.findobj(Text) if text.get_gid() == "event"]
    assert not any(one.overlaps(other) for n, one in enumerate(drawn) for other in drawn[:n])
    assert max(box.y1 for box in drawn) - ax.get_window_extent().y1 < ax.get_window_extent().height / 2


def test_events_with_an_end_have_a_bar_as_long_as_they_lasted(build: Callable[..., Any]) -> None:
    scene = build(events=(Event("ATP", 20.0, end_s=50.0), Event("KCl", 140.0, end_s=500.0)))
    ax = plot_mean_trace(scene.traces)
    bars = [tuple(np.asarray(line.get_xdata()).tolist()) for line in ax.lines if line.get_linewidth() == 2.0]
    assert sorted(bars) == [(20.0, 50.0), (140.0, 149.0)]


def test_quality_counts_each_flagged_cell_once_and_needs_two_shifts_a_frame(scene: Any) -> None:
    responses = scene.responses.assign(flags=scene.responses["flags"] | 16)
    axes = plot_quality(scene.traces, responses, shifts_px=np.zeros((150, 2)))
    names = [tick.get_text() for tick in axes[2].get_yticklabels()]
    counts = [bar.get_width() for bar in axes[2].patches]
    edge = int((scene.traces.cells["flags"] & 1).sum())
    assert dict(zip(names, counts, strict=True)) == {"no flag": 0, "short baseline": 40, "edge": edge}
    with pytest.raises(ValueError, match=r"shifts_px has shape \(3, 2\)"):
        plot_quality(scene.traces, shifts_px=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="axes holds 1 Axes: expected 3"):
        plot_quality(scene.traces, axes=[Figure().subplots()])


def test_quality_shades_the_frames_that_jumped(scene: Any) -> None:
    moved = np.zeros(150, dtype=bool)
    moved[[10, 11, 90]] = True
    jumps = [p for p in plot_quality(replace(scene.traces, moved=moved))[0].patches if p.get_facecolor()[0] > 0.9]
    spans = sorted((p.get_x(), p.get_x() + p.get_width()) for p in jumps if p.get_facecolor()[2] < 0.9)
    assert spans == [(9.5, 11.5), (89.5, 90.5)]


def test_a_cell_twice_in_the_table_is_refused(scene: Any) -> None:
    twice = pd.concat([scene.responses, scene.responses.iloc[:1]])
    with pytest.raises(ValueError, match="label 1 twice"):
        plot_heatmap(scene.traces, twice)
