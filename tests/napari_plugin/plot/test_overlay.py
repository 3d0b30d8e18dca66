"""The nearest trace, and lines with fewer points."""

import numpy as np

from napari_plugin.plot.overlay import nearest_row, thinned


def test_the_line_that_passes_nearest_is_found() -> None:
    x = np.array([0.0, 10.0, 20.0])
    y = np.array([[0.0, 0.0, 0.0], [0.0, 40.0, 0.0], [50.0, 50.0, 50.0]])
    assert nearest_row(x, y, 5.0, 2.0) == 0
    assert nearest_row(x, y, 5.0, 21.0) == 1  # between two frames, on the steep line
    assert nearest_row(x, y, 15.0, 48.0) == 2
    assert nearest_row(x, y, 5.0, 90.0) is None
    assert nearest_row(x, y[:0], 5.0, 5.0) is None


def test_gaps_are_no_lines() -> None:
    x = np.array([0.0, 10.0, 20.0])
    y = np.array([[0.0, np.nan, 0.0], [8.0, 8.0, 8.0]])
    assert nearest_row(x, y, 5.0, 0.0) == 1
    assert nearest_row(x, np.full((2, 3), np.nan), 5.0, 0.0) is None


def test_few_frames_are_drawn_as_they_are() -> None:
    time_s, values = np.arange(100.0), np.ones((2, 100))
    assert thinned(time_s, values, 100)[1] is values


def test_many_frames_keep_the_extremes_of_every_pixel() -> None:
    rng = np.random.default_rng(0)
    time_s, values = np.arange(10_000.0), rng.normal(size=(3, 10_000))
    values[0, 4321], values[1] = 50.0, np.nan
    few_s, few = thinned(time_s, values, 200)
    assert few.shape == (3, 400) == (3, len(few_s))
    assert np.all(np.diff(few_s) >= 0)
    assert few[0].max() == 50.0
    assert few[2].min() == values[2].min()
    assert np.isnan(few[1]).all()
