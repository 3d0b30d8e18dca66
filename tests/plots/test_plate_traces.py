from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from s1r_imaging.plots.conditions import condition_colours
from s1r_imaging.plots.plate_traces import plot_plate_traces, plot_plate_values
from s1r_imaging.plots.style import figure_of
from s1r_imaging.recording import Event, Traces

TIMES = np.arange(60.0) * 2


def plate(n_rows: int = 8, n_columns: int = 12, **more: Any) -> Traces:
    wells = [f"{'ABCDEFGHIJKLMNOP'[row]}{column + 1}" for row in range(n_rows) for column in range(n_columns)]
    height = np.linspace(0.2, 2.0, len(wells))[:, None]
    dff = height * np.where(TIMES > 40, np.exp(-(TIMES - 40) / 40), 0.0)
    dff = dff + np.random.default_rng(0).normal(0, 0.03, dff.shape)
    return Traces(
        TIMES, 100 * (1 + dff), dff=more.pop("dff", dff), name="p1",
        cells=pd.DataFrame({"well": wells}, index=range(1, len(wells) + 1)), **more,
    )  # fmt: skip


def part(ax: Axes, name: str, kind: type) -> Any:
    return next(item for item in ax.findobj(kind) if item.get_gid() == name)


def lines(ax: Axes) -> list[Any]:
    found: list[Any] = part(ax, "traces", LineCollection).get_segments()
    return found


def _first(line: Line2D) -> tuple[float, float]:
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    return float(x[0]), float(y[0])


@pytest.mark.parametrize("shape", [(8, 12), (16, 24), (3, 5)])
def test_each_trace_stands_in_its_well(shape: tuple[int, int], check_layout: Callable[[Figure], None]) -> None:
    traces = plate(*shape, events=[Event("PRE-084", 40.0, concentration_M=1e-5), Event("ATP", 90.0, end_s=100.0)])
    ax = plot_plate_traces(traces)
    check_layout(figure_of(ax))
    places = [(row, column) for row in range(shape[0]) for column in range(shape[1])]
    for (row, column), line in zip(places, lines(ax), strict=True):
        assert np.abs(line - (column, row)).max() < 0.5
    n_wells = (8 * 12) if shape[0] <= 8 else (16 * 24)
    assert len(part(ax, "read", PatchCollection).get_paths()) == len(places)
    assert len(part(ax, "empty", PatchCollection).get_paths()) == n_wells - len(places)


def test_all_wells_share_their_scales() -> None:
    traces = plate()
    assert traces.dff is not None
    drawn = np.array(lines(plot_plate_traces(traces)))
    rows = np.repeat(np.arange(8), 12)[:, None]
    up = (rows - drawn[:, :, 1]).ravel()
    slope, start = np.polyfit(traces.dff.ravel(), up, 1)
    assert slope > 0
    inside = (up > -0.41) & (up < 0.41)
    np.testing.assert_allclose(up[inside], start + slope * traces.dff.ravel()[inside], atol=0.02)


def test_the_shade_begins_with_the_event() -> None:
    ax = plot_plate_traces(plate(events=[Event("PRE-084", 40.0)]))
    shades = part(ax, "events", PatchCollection).get_paths()
    line = lines(ax)[0]
    at = float(np.interp(40.0, TIMES, line[:, 0]))
    assert len(shades) == 96
    assert shades[0].vertices[:, 0].min() == pytest.approx(at, abs=1e-6)


def test_colours_tell_the_role(check_layout: Callable[[Figure], None]) -> None:
    traces = plate()
    roles = ["vehicle"] * 12 + ["agonist"] * 40 + ["antagonist_agonist"] * 40
    names = [f"p1_{well}" for well in traces.cells["well"][:92]]
    design = pd.DataFrame({"recording": names, "role": roles, "condition": roles})
    ax = plot_plate_traces(traces, design=design)
    check_layout(figure_of(ax))
    used = [to_hex(colour).upper() for colour in part(ax, "traces", LineCollection).get_colors()]
    expected = condition_colours(["vehicle", "agonist", "antagonist_agonist"], {role: role for role in roles})
    assert used[:92] == [expected[role].upper() for role in roles]
    assert len(set(used[92:])) == 1
    assert used[92] not in used[:92]
    legend = ax.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["vehicle", "agonist", "antagonist + agonist", "not in the design"]


def test_many_conditions_with_long_names_fit(check_layout: Callable[[Figure], None]) -> None:
    traces = plate()
    conditions = [f"an antagonist with a long name {n // 8} $µ$M then agonist" for n in range(96)]
    design = pd.DataFrame({"well": traces.cells["well"], "condition": conditions, "role": "antagonist_agonist"})
    check_layout(figure_of(plot_plate_traces(traces, design=design, colour="condition")))


def test_signal_as_read_where_there_is_no_dff() -> None:
    ax = plot_plate_traces(plate(dff=None))
    words = " ".join(text.get_text() for text in ax.findobj(Text))
    assert "signal" in words
    assert "ΔF/F0" not in words
    assert np.isfinite(lines(ax)).all()


def test_one_outlier_does_not_flatten_the_others() -> None:
    traces = plate()
    dff = np.array(traces.dff)
    dff[3, 30] = 500.0
    heights = [np.ptp(line[:, 1]) for line in lines(plot_plate_traces(plate(dff=dff)))]
    assert max(heights) <= 0.85
    assert heights[-1] > 0.5


def test_faults_are_marked() -> None:
    traces = plate()
    dff = np.array(traces.dff)
    dff[5] = np.nan
    saturated = np.zeros(dff.shape, dtype=np.int64)
    saturated[7, 20:23] = 1
    ax = plot_plate_traces(plate(dff=dff, saturated=saturated))
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert [_first(line) for line in crosses] == [(5.0, 0.0)]
    assert len(np.asarray(part(ax, "saturated", Line2D).get_xdata())) == 3


def test_what_is_no_plate_is_refused() -> None:
    bare = Traces(np.arange(2.0), np.ones((1, 2)), name="dish 1")
    with pytest.raises(ValueError, match="'dish 1' have no wells"):
        plot_plate_traces(bare)
    with pytest.raises(ValueError, match="design has no column 'well'"):
        plot_plate_traces(plate(), design=pd.DataFrame({"role": ["agonist"]}))
    with pytest.raises(ValueError, match="expected 'role' or 'condition'"):
        plot_plate_traces(plate(), design=pd.DataFrame({"well": ["A1"]}), colour="day")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(8, 12), (16, 24)])
def test_values_stand_where_the_wells_stood(size: tuple[int, int], check_layout: Callable[[Figure], None]) -> None:
    wells = list(plate(*size).cells["well"])
    values = pd.Series(np.linspace(-0.1, 2.4, len(wells)), index=wells).drop("B3")
    values["C4"] = np.nan
    ax = plot_plate_values(values, value_label="Peak ΔF/F0")
    check_layout(figure_of(ax))
    shown: Any = ax.images[0].get_array()
    assert shown.shape == size
    assert shown[0, 1] == pytest.approx(values["A2"])
    assert shown.mask[1, 2]
    assert shown.mask[2, 3]
    crosses = [_first(line) for line in ax.lines if line.get_marker() == "x"]
    assert crosses == [(3.0, 2.0)]
    numbers = [text.get_text() for text in ax.texts]
    assert numbers[0] == "−0.10" if size == (8, 12) else numbers == []


def test_values_without_a_number_and_wells_that_are_none() -> None:
    plot_plate_values({"A1": np.nan, "B2": np.inf})
    plot_plate_values({})
    with pytest.raises(ValueError, match="well 'plate'"):
        plot_plate_values({"plate": 1.0})
    with pytest.raises(ValueError, match="two rows of one well"):
        plot_plate_values({"A1": 1.0, "A01": 2.0})


def test_an_empty_plate_says_so() -> None:
    traces = Traces(TIMES, np.zeros((0, 60)), cells=pd.DataFrame({"well": []}, index=pd.RangeIndex(0)), name="p")
    words = [text.get_text() for text in plot_plate_traces(traces).texts]
    assert "no wells" in words
