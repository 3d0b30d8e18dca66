from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import NDArray

from s1r_imaging.plots import (
    competition_figure,
    plot_binding_kinetics,
    plot_competition,
    plot_competition_residuals,
    plot_plate,
    plot_saturation,
    save_figure,
)
from s1r_imaging.plots.binding_tables import interval_words, means_and_spread
from s1r_imaging.plots.concentration_axis import concentration_axis
from tests.plots.binding_scene import BOTTOM, KI_M, TOP, BindingScene, binding_scene


@pytest.fixture(scope="module")
def drawn() -> BindingScene:
    return binding_scene()


def bars(ax: Axes) -> list[ErrorbarContainer]:
    return [container for container in ax.containers if isinstance(container, ErrorbarContainer)]


def positions(container: ErrorbarContainer) -> tuple[Any, Any]:
    line = container[0]
    assert line is not None
    x, y = line.get_xydata().T
    return x, y


@given(st.lists(st.floats(1e-14, 1.0), min_size=1, max_size=12), st.booleans())
def test_every_dose_stands_at_its_logarithm_and_none_apart_from_all(doses: list[float], has_end: bool) -> None:
    axis = concentration_axis([0.0, *doses], has_end=has_end)
    x = axis.place(doses)
    np.testing.assert_allclose(x, np.log10(doses))
    assert axis.place(0.0) < axis.low < x.min()
    assert x.max() < axis.high
    assert not has_end or axis.place(np.inf) > axis.high
    assert np.isnan(axis.place([np.nan, -1.0])).all()


def test_points_are_means_with_their_sd_or_sem_at_their_doses(drawn: BindingScene) -> None:
    wells = drawn.plate[drawn.plate["compound"] == "PRE-084"]
    by_dose = wells.groupby("concentration_M")["signal"]
    for spread, expected in (("sd", by_dose.std()), ("sem", by_dose.sem())):
        ax = plot_competition(drawn.plate, compounds=["PRE-084"], spread=spread)  # type: ignore[arg-type]
        x, y = positions(bars(ax)[0])
        np.testing.assert_allclose(10**x, expected.index)
        np.testing.assert_allclose(y, by_dose.mean())
        (segments,) = [line.get_segments() for line in bars(ax)[0][2]]
        np.testing.assert_allclose([np.ptp(segment[:, 1]) / 2 for segment in segments], expected)


def test_totals_stand_left_of_a_break_and_non_specific_wells_right_of_one(drawn: BindingScene) -> None:
    ax = plot_competition(drawn.plate, drawn.curves)
    low, high = ax.get_xlim()
    ends = [positions(container) for container in bars(ax)[-2:]]
    means = [drawn.plate.loc[drawn.plate["role"] == role, "signal"].mean() for role in ("total", "nonspecific")]
    for (x, y), mean, edge in zip(ends, means, (low, high), strict=True):
        np.testing.assert_allclose(y, [mean])
        assert abs(x[0] - edge) < 0.5
    breaks = [x for line in ax.lines if line.get_gid() == "axis break" for x in np.asarray(line.get_xdata())]
    assert len(breaks) == 4
    assert ends[0][0][0] < min(breaks)
    assert max(breaks) < ends[1][0][0]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert (labels[0], labels[-1]) == ("0", "NS")


def test_no_curve_is_drawn_across_a_break(drawn: BindingScene) -> None:
    ax = plot_competition(drawn.plate, drawn.curves, compounds=["PRE-084"])
    pieces = [np.asarray(line.get_xdata()) for line in ax.lines if line.get_gid() == "curve"]
    gaps = [x for line in ax.lines if line.get_gid() == "axis break" for x in np.asarray(line.get_xdata())]
    assert len(pieces) == 3
    for piece in pieces:
        assert not any(piece.min() < gap < piece.max() for gap in gaps)


def test_levels_are_those_of_the_fit(drawn: BindingScene) -> None:
    ax = plot_competition(drawn.plate, drawn.curves)
    dashed = sorted(float(np.asarray(line.get_ydata())[0]) for line in ax.lines if line.is_dashed())
    assert dashed == [BOTTOM, TOP]


def test_percent_of_specific_binding_is_that_of_each_experiment() -> None:
    scene = binding_scene(experiments=3, noise=1e-9)
    ax = plot_competition(scene.plate, scene.curves, compounds=["PRE-084"], scale="percent")
    x, y = positions(bars(ax)[0])
    np.testing.assert_allclose(y, 100 / (1 + 10**x / (KI_M["PRE-084"] * (1 + 3.5 / 3))), rtol=1e-5, atol=1e-4)
    assert positions(bars(ax)[-2])[1] == pytest.approx(100)
    assert positions(bars(ax)[-1])[1] == pytest.approx(0, abs=1e-4)


def test_over_experiments_each_counts_once() -> None:
    wells = pd.DataFrame({"dose_M": 1e-8, "experiment": ["a"] * 9 + ["b"], "signal": [1.0] * 9 + [3.0]})
    table = means_and_spread(wells, "sem")
    assert table.loc[1e-8].to_dict() == pytest.approx({"mean": 2.0, "spread": 1.0, "n": 2.0})


def test_the_legend_says_ki_with_its_interval(drawn: BindingScene) -> None:
    ax = plot_competition(drawn.plate, drawn.curves, drawn.results)
    legend = ax.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words[1].startswith("PRE-084")
    assert words[1].endswith("44.0 nM (35.2–55.0)")
    assert legend.get_title().get_text() == "mean ± SD of 3 wells; 95 % CI in brackets"


def test_what_was_not_found_is_said_so() -> None:
    assert interval_words(np.nan, np.nan, np.nan) == "not determined"
    assert interval_words(np.nan, 10_000, np.inf) == "> 10.0 µM"
    assert interval_words(np.nan, 0, 0.1) == "< 100 pM"
    assert interval_words(250, -np.inf, 900) == "250 nM (< 900)"


def test_a_compound_keeps_its_colour_in_every_picture(drawn: BindingScene) -> None:
    together = plot_competition(drawn.plate)
    for number, name in enumerate(KI_M):
        alone = plot_competition(drawn.plate, compounds=[name])
        assert bars(alone)[0][0].get_color() == bars(together)[number][0].get_color()
        assert bars(alone)[0][0].get_marker() == bars(together)[number][0].get_marker()


def test_residuals_of_every_well_are_drawn(drawn: BindingScene) -> None:
    ax = plot_competition_residuals(drawn.plate, drawn.residuals)
    heights = np.concatenate([np.asarray(line.get_ydata()) for line in ax.lines if line.get_gid() is None][1:])
    assert sorted(heights) == sorted(drawn.residuals["residual"])


ODD = {
    "one compound": lambda: binding_scene({"haloperidol": 3.5e-9}),
    "one well a dose": lambda: binding_scene(replicates=1),
    "nine compounds": lambda: binding_scene(
        {f"compound number {n} of $many_{n}$": 10.0**-n for n in range(1, 10)}
    ),
    "three experiments": lambda: binding_scene(experiments=3),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize(("apart", "unit"), [(False, "nM"), (True, "M")])
def test_texts_stay_on_the_page_and_apart(
    case: str, apart: bool, unit: Any, check_layout: Callable[[Figure], None]
) -> None:
    scene = ODD[case]()
    check_layout(
        competition_figure(scene.plate, scene.curves, scene.results, scene.residuals, apart=apart, unit=unit)
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda plate: plate.iloc[:0],
        lambda plate: plate[plate["role"] == "competitor"],
        lambda plate: plate[plate["role"] != "competitor"],
        lambda plate: plate.assign(signal=np.nan),
        lambda plate: plate.assign(signal=0.0),
        lambda plate: plate.assign(signal=-plate["signal"]),
        lambda plate: plate.assign(concentration_M=1e-8),
        lambda plate: plate.drop(columns=["experiment"]),
    ],
)
def test_any_plate_is_drawn_without_a_warning(
    change: Callable[[pd.DataFrame], pd.DataFrame], drawn: BindingScene, check_layout: Callable[[Figure], None]
) -> None:
    check_layout(competition_figure(change(drawn.plate)))


def test_the_same_figure_gives_the_same_bytes(drawn: BindingScene, tmp_path: Path) -> None:
    paths = [
        save_figure(competition_figure(drawn.plate, drawn.curves, drawn.results), tmp_path / f"{name}.svg")
        for name in "ab"
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_wrong_tables_are_refused_in_a_sentence(drawn: BindingScene) -> None:
    with pytest.raises(ValueError, match=r"compounds holds 'water'.*PRE-084"):
        plot_competition(drawn.plate, compounds=["water"])
    with pytest.raises(ValueError, match="no column 'signal'"):
        plot_competition(drawn.plate.drop(columns="signal"))
    with pytest.raises(ValueError, match="role 'TB'"):
        plot_competition(drawn.plate.assign(role="TB"))
    with pytest.raises(ValueError, match="unit='g'"):
        plot_competition(drawn.plate, unit="g")  # type: ignore[arg-type]


def saturation_points() -> pd.DataFrame:
    dose = np.repeat([0.5, 1.0, 3.0, 10.0, 30.0], 3) * 1e-9
    other = 4e10 * dose
    total = 2500 * dose / (3e-9 + dose) + other
    tables = {"total": total, "nonspecific": other}
    return pd.concat(
        [pd.DataFrame({"role": role, "concentration_M": dose, "signal": y}) for role, y in tables.items()]
    )


def test_specific_points_are_total_less_non_specific(check_layout: Callable[[Figure], None]) -> None:
    points = saturation_points()
    points.loc[points["role"] == "nonspecific", "signal"] *= np.tile([0.9, 1.0, 1.1], 5)
    ax = plot_saturation(points, words="Kd 3.0 nM")
    x, y = positions(bars(ax)[2])
    np.testing.assert_allclose(y, 2500 * x / (3 + x))
    check_layout(ax.get_figure(root=True))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unit='log10 M'"):
        plot_saturation(points, unit="log10 M")


def test_each_concentration_has_a_curve_over_time(check_layout: Callable[[Figure], None]) -> None:
    times = np.tile([1.0, 5.0, 20.0, 60.0], 4)
    doses = np.repeat([1e-9, 1e-9, 1e-8, 1e-8], 4)
    points = pd.DataFrame({"time_min": times, "concentration_M": doses, "signal": 100 * (1 - np.exp(-times / 9))})
    ax = plot_binding_kinetics(points, points)
    assert len(bars(ax)) == 2
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["1 nM", "10 nM"]
    check_layout(ax.get_figure(root=True))  # type: ignore[arg-type]


def test_non_specific_wells_stand_apart_from_the_totals_of_their_curve() -> None:
    points = pd.DataFrame({"time_min": 5.0, "role": ["total", "nonspecific", "blank"], "signal": [9.0, 2.0, 0.1]})
    ax = plot_binding_kinetics(points)
    assert [positions(container)[1].tolist() for container in bars(ax)] == [[9.0], [2.0]]


@pytest.mark.parametrize(("rows", "columns"), [("ABCDEFGH", 12), ("ABCDEFGHIJKLMNOP", 24)])
def test_a_plate_shows_every_well_where_it_stood(
    rows: str, columns: int, check_layout: Callable[[Figure], None]
) -> None:
    wells = [f"{row}{column:02d}" for row in rows for column in range(1, columns + 1)]
    plate = pd.DataFrame({"well": wells, "role": "competitor", "concentration_M": 1e-8})
    plate = plate.assign(signal=np.arange(len(wells), dtype=float)).iloc[::-1]
    plate.loc[0, "role"] = "total"
    ax = plot_plate(plate.drop(index=5))
    shown: NDArray[np.float64] = np.ma.filled(np.ma.asarray(ax.images[0].get_array()), np.nan)
    expected = np.arange(len(wells), dtype=float)
    expected[5] = np.nan
    np.testing.assert_array_equal(shown, expected.reshape(len(rows), columns))
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts[0, 0] == "T"
    assert texts[1, 0] == "8.0"
    check_layout(ax.get_figure(root=True))  # type: ignore[arg-type]


def test_wells_that_are_none_or_twice_are_refused() -> None:
    plate = pd.DataFrame({"well": ["A1", "A1"], "role": "blank", "concentration_M": 0.0, "signal": 1.0})
    with pytest.raises(ValueError, match="two rows of one well"):
        plot_plate(plate)
    with pytest.raises(ValueError, match="well '1A'"):
        plot_plate(plate.assign(well=["1A", "A2"]))
