"""Mean traces: n is replicates, times are the recordings' own, intervals are scipy's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from s1r_imaging.experiment.mean_traces import condition_traces, mean_and_interval, replicate_traces

COLUMNS = ["condition", "time_s", "mean_dff", "ci_low", "ci_high", "n_replicates"]


def tidy(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    tables = [
        pd.DataFrame({"recording": name, "time_s": time, "mean_dff": values})
        for name, (time, values) in curves.items()
    ]
    return pd.concat(tables, ignore_index=True)


def design_of(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["recording", "condition", "replicate"])


def test_recordings_are_averaged_within_replicates_before_the_interval() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(5.0)
    # Day 1 has three recordings: it counts once.
    names = ["day1 a", "day1 b", "day1 c", "day2 a", "day3 a"]
    curves = {name: (time, rng.normal(size=5)) for name in names}
    table = condition_traces(tidy(curves), design_of([(name, "agonist", name[:4]) for name in names]))
    assert list(table) == COLUMNS
    for frame in range(5):
        days = [
            np.mean([curves[name][1][frame] for name in names if name.startswith(day)])
            for day in ("day1", "day2", "day3")
        ]
        low, high = stats.t.interval(0.95, 2, loc=np.mean(days), scale=stats.sem(days))
        np.testing.assert_allclose(
            table[["mean_dff", "ci_low", "ci_high"]].to_numpy()[frame], [np.mean(days), low, high]
        )
    assert (table["n_replicates"] == 3).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8, unique=True), st.floats(0.5, 0.999))
def test_interval_is_that_of_scipy(values: list[float], confidence: float) -> None:
    mean, low, high = mean_and_interval([*values, np.nan], confidence=confidence)
    expected = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    found = np.array([mean, low, high], dtype=float)
    np.testing.assert_allclose(
        found, np.array([np.mean(values), expected.low, expected.high]), rtol=1e-6, atol=1e-9
    )


def test_one_replicate_has_a_mean_and_no_interval_and_none_has_neither() -> None:
    mean, low, high = mean_and_interval(np.array([[1.0, np.nan]]))
    np.testing.assert_array_equal([mean, low, high], [[1, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    with pytest.raises(ValueError, match="confidence=95"):
        mean_and_interval([1.0, 2.0], confidence=95)


def test_straight_lines_sampled_at_any_times_average_to_their_straight_mean() -> None:
    rng = np.random.default_rng(1)
    curves, slopes = {}, np.array([1.0, 2.0, 6.0])
    for number, slope in enumerate(slopes):
        time = np.sort(rng.uniform(0, 20, 60))
        curves[f"r{number}"] = (time, slope * time)
    table = condition_traces(tidy(curves), design_of([(name, "agonist", name) for name in curves]))
    whole = table[table["n_replicates"] == 3]
    assert len(whole) > 50
    np.testing.assert_allclose(whole["mean_dff"], 3.0 * whole["time_s"], atol=1e-9)
    np.testing.assert_allclose(np.diff(table["time_s"]), np.diff(table["time_s"])[0])


def test_common_frame_times_are_kept_as_they_are_also_where_a_recording_ends_early() -> None:
    time = np.array([0.0, 1.0, 2.5, 7.0])
    curves = {"a": (time, np.arange(4.0)), "b": (time[:2], np.array([2.0, 3.0]))}
    table = condition_traces(tidy(curves), design_of([("a", "veh", "1"), ("b", "veh", "2")]))
    assert table["time_s"].to_list() == time.tolist()
    assert table["mean_dff"].to_list() == [1, 2, 2, 3]
    assert table["n_replicates"].to_list() == [2, 2, 1, 1]
    assert np.isnan(table["ci_low"][2:]).all()


def test_what_is_missing_in_a_recording_is_not_filled() -> None:
    time = np.arange(5.0)
    curves = {"a": (time, np.array([1.0, 1.0, np.nan, 1.0, 1.0])), "b": (time, np.full(5, 3.0))}
    table = condition_traces(tidy(curves), design_of([("a", "veh", "1"), ("b", "veh", "2")]))
    assert table["n_replicates"].to_list() == [2, 2, 1, 2, 2]
    assert table["mean_dff"].to_list() == [2, 2, 3, 2, 2]


def test_recordings_stimulated_at_different_times_are_laid_over_each_other() -> None:
    starts = {"a": 10.0, "b": 13.7, "c": 22.25}
    time = np.arange(60.0)
    curves = {name: (time, np.where(time >= start, 1.0, 0.0)) for name, start in starts.items()}
    design = design_of([(name, "agonist", name) for name in curves])
    aligned = condition_traces(tidy(curves), design, zero_s=starts)
    before = aligned[(aligned["time_s"] < -1) & (aligned["n_replicates"] == 3)]
    after = aligned[(aligned["time_s"] > 1) & (aligned["n_replicates"] == 3)]
    assert set(before["mean_dff"]) == {0.0}
    assert set(after["mean_dff"]) == {1.0}
    raw = condition_traces(tidy(curves), design)
    assert 0.3 < raw.loc[raw["time_s"] == 16.0, "mean_dff"].item() < 0.7


def test_conditions_come_in_the_order_of_the_design_and_others_are_left_out() -> None:
    time = np.arange(2.0)
    curves = {name: (time, np.ones(2)) for name in ("x", "y", "z", "dead")}
    curves["dead"] = (time, np.full(2, np.nan))
    design = design_of(
        [("y", "vehicle", "1"), ("x", "agonist", "1"), ("dead", "maximum", "1"), ("w", "other", "1")]
    )
    table = condition_traces(tidy(curves), design)
    assert list(dict.fromkeys(table["condition"])) == ["vehicle", "agonist"]


def test_empty_tables_keep_their_columns() -> None:
    empty = pd.DataFrame({"recording": [], "time_s": [], "mean_dff": []})
    table = condition_traces(empty, design_of([("a", "vehicle", "1")]))
    assert list(table) == COLUMNS
    assert table.empty
    assert list(replicate_traces(empty, design_of([]))) == [
        "condition", "replicate", "time_s", "mean_dff", "n_recordings",
    ]  # fmt: skip


def test_tables_that_do_not_belong_together_are_refused() -> None:
    traces = tidy({"a": (np.arange(3.0), np.ones(3))})
    with pytest.raises(ValueError, match="share no recording: mean_traces has 'a', design 'b'"):
        condition_traces(traces, design_of([("b", "vehicle", "1")]))
    with pytest.raises(ValueError, match="names recording 'a' twice"):
        condition_traces(traces, design_of([("a", "vehicle", "1"), ("a", "agonist", "1")]))
    with pytest.raises(ValueError, match="mean_traces has no column 'time_s'"):
        condition_traces(traces.drop(columns="time_s"), design_of([("a", "vehicle", "1")]))


def test_inputs_are_left_as_they_are() -> None:
    traces = tidy({"a": (np.arange(3.0), np.ones(3))})
    design = design_of([("a", "vehicle", "1")])
    before = traces.copy(), design.copy()
    condition_traces(traces, design)
    pd.testing.assert_frame_equal(traces, before[0])
    pd.testing.assert_frame_equal(design, before[1])
