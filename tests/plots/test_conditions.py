"""Traces of conditions: means and bands are those of the table, stimuli stand where they were."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from s1r_imaging.experiment.mean_traces import condition_traces
from s1r_imaging.plots import plot_condition_traces
from s1r_imaging.plots.conditions import condition_colours
from s1r_imaging.plots.stimuli import common_events, stimulus_times
from s1r_imaging.recording import Event
from tests.plots.comparison_scene import FOUR, TWELVE, ExperimentScene, experiment_scene


def draw(scene: ExperimentScene, **options: Any) -> Any:
    return plot_condition_traces(scene.mean_traces, scene.design, scene.events, **options)


def named(ax: Axes, gid: str) -> list[Any]:
    return [artist for artist in ax.get_children() if artist.get_gid() == gid]


def words(ax: Axes) -> str:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return " | ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text) if text.get_text())


@pytest.fixture(scope="module")
def scene() -> ExperimentScene:
    return experiment_scene(n_cells=2)


def test_lines_and_bands_are_the_table_over_replicates(scene: ExperimentScene) -> None:
    (ax,) = draw(scene)
    table = condition_traces(scene.mean_traces, scene.design)
    for line, band, singles, name in zip(
        named(ax, "mean"), named(ax, "band"), named(ax, "replicates"), FOUR, strict=True
    ):
        rows = table[table["condition"] == name]
        np.testing.assert_allclose(line.get_ydata(), rows["mean_dff"])
        y = band.get_paths()[0].vertices[:, 1]
        np.testing.assert_allclose([y.min(), y.max()], [rows["ci_low"].min(), rows["ci_high"].max()])
        assert len(singles.get_segments()) == 4
    assert "vehicle (n = 4)" in words(ax)
    assert "t interval over replicates" in words(ax)


def test_the_mean_ends_where_the_shortest_recording_does(scene: ExperimentScene) -> None:
    traces, first = scene.mean_traces, scene.design["recording"].iloc[0]
    end = traces["time_s"].max() / 2
    short = traces[(traces["recording"] != first) | (traces["time_s"] <= end)]
    (ax,) = plot_condition_traces(short, scene.design, scene.events)
    name = scene.design["condition"].iloc[0]
    line = next(line for line, own in zip(named(ax, "mean"), FOUR, strict=True) if own == name)
    drawn = np.isfinite(np.asarray(line.get_ydata(), dtype=float))
    time = np.asarray(line.get_xdata())
    assert drawn[time <= end - 1].all()
    assert not drawn[time > end + 1].any()
    assert "means only while all were recorded" in words(ax)
    assert "means only" not in words(draw(scene)[0])


def test_two_replicates_have_no_band_and_one_recording_is_enough(scene: ExperimentScene) -> None:
    (ax,) = draw(experiment_scene(n_replicates=2, n_cells=2))
    assert len(named(ax, "mean")) == 4
    assert not named(ax, "band")
    (ax,) = plot_condition_traces(scene.mean_traces, scene.design.iloc[:1])
    assert len(named(ax, "mean")) == 1


def test_more_than_five_conditions_have_a_panel_each_on_one_scale() -> None:
    twelve = experiment_scene(TWELVE, n_cells=2)
    panels = draw(twelve)
    assert len(panels) == 12
    assert len({ax.get_ylim() for ax in panels}) == 1
    assert all(len(named(ax, "mean")) == 1 for ax in panels)
    assert len(draw(twelve, apart=False)) == 1


def test_axes_given_are_drawn_on_and_counted(scene: ExperimentScene) -> None:
    ax = Figure().subplots()
    assert draw(scene, axes=[ax])[0] is ax
    with pytest.raises(ValueError, match="axes holds 1 Axes: expected 4"):
        draw(scene, axes=[ax], apart=True)
    with pytest.raises(ValueError, match="conditions holds 'ATP'"):
        draw(scene, conditions=["ATP"])
    with pytest.raises(ValueError, match="design has no column 'role'"):
        plot_condition_traces(scene.mean_traces, scene.design.drop(columns="role"))


def test_only_the_chosen_conditions_are_drawn(scene: ExperimentScene) -> None:
    (ax,) = draw(scene, conditions=["PRE-084 10 µM", "vehicle"])
    assert len(named(ax, "mean")) == 2
    assert "BD-1047" not in words(ax)


def test_stimuli_are_named_once_and_those_of_some_recordings_have_a_star(scene: ExperimentScene) -> None:
    (ax,) = draw(scene)
    marks = [text.get_text() for text in ax.findobj(Text) if text.get_gid() == "event"]
    assert sorted(marks) == ["BD-1047 1 µM*", "KCl 50 mM", "buffer or PRE-084 10 µM"]
    assert "* not in every recording" in words(ax)
    assert ax.get_xlabel() == "Time (s)"


def test_stimuli_at_different_times_are_laid_over_each_other() -> None:
    scattered = experiment_scene(start_jitter_s=20.0, n_cells=2)
    (ax,) = draw(scattered)
    assert ax.get_xlabel() == "Time from stimulus (s)"
    agonist = named(ax, "mean")[1]
    time, mean = np.asarray(agonist.get_xdata()), np.asarray(agonist.get_ydata())
    assert np.nanmax(np.abs(mean[time < -1])) < 0.05  # at the ends not all recordings have a value
    assert mean[(time > 3) & (time < 10)].min() > 0.4


def test_controls_with_a_time_of_their_own_shift_nothing() -> None:
    design = pd.DataFrame(
        {"recording": ["a", "b"], "role": ["agonist", "positive_control"], "agonist": ["ATP", "ionomycin"]}
    )
    events = {"a": [Event("ATP", 30.0)], "b": [Event("ionomycin", 90.0)]}
    assert stimulus_times(design, events) == ({}, "")
    later = design.assign(role="agonist")
    assert stimulus_times(later, events) == ({"a": 30.0, "b": 90.0}, "stimulus")
    assert stimulus_times(later, {"a": events["a"]}) == ({}, "")


def test_common_events_share_a_mark_where_they_share_their_time() -> None:
    design = pd.DataFrame({"recording": ["a", "b"]})
    events = {"a": [Event("ATP", 30.0, 60.0)], "b": [Event("buffer", 30.2, 60.1), Event("KCl", 90.0)]}
    marks = common_events(design, events, {})
    assert [mark.name for mark in marks] == ["ATP or buffer", "KCl*"]
    assert [mark.end_s for mark in marks] == [60.0, None]


def test_nothing_to_draw_is_said(scene: ExperimentScene) -> None:
    (ax,) = plot_condition_traces(scene.mean_traces[:0], scene.design)
    assert "no ΔF/F0" in words(ax)
    (ax,) = plot_condition_traces(scene.mean_traces[:0], scene.design[:0])
    assert "no recordings" in words(ax)


def test_colours_follow_the_role_and_do_not_repeat_below_ten() -> None:
    names = list(TWELVE)[:10]
    colours = condition_colours(names, {name: role for name, (role, _) in TWELVE.items()})
    assert len(set(colours.values())) == 10
    assert condition_colours(["x"], {"x": "vehicle"})["x"] == colours["vehicle (0.1 % DMSO)"]
