from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text

from s1r_imaging.plots import plot_cells
from s1r_imaging.plots.outlines import cell_shapes, neighbour_colours
from s1r_imaging.plots.style import MISSING, ORANGE, SKY


def numbers(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if text.get_gid() == "number"]


def outlines(ax: Axes) -> list[LineCollection]:
    return [artist for artist in ax.collections if isinstance(artist, LineCollection)]


def test_draws_on_the_given_axes_and_returns_them(scene: Any) -> None:
    ax = Figure().subplots()
    assert plot_cells(scene.image, scene.labels, ax=ax) is ax
    assert plot_cells(scene.image, scene.labels).get_figure() is not None


def test_every_cell_is_outlined_and_numbered_by_its_label(scene: Any) -> None:
    labels = scene.labels * 7
    ax = plot_cells(scene.image, labels)
    assert sorted(map(int, numbers(ax))) == [label for label in np.unique(labels) if label]
    assert sum(len(lines.get_segments()) for lines in outlines(ax)) >= 40


def test_outlines_hold_the_pixels_of_their_cell_and_of_no_other(scene: Any) -> None:
    y, x = np.indices(scene.labels.shape)
    points = np.column_stack([x.ravel(), y.ravel()])
    for shape in cell_shapes(scene.labels)[:10]:
        inside = np.zeros(scene.labels.size, dtype=bool)
        for line in shape.outlines:
            inside ^= Path(line).contains_points(points)
        own = scene.labels.ravel() == shape.label
        assert not (inside & ~own).any()
        assert (inside & own).sum() > 0.85 * own.sum()
        assert scene.labels[round(shape.centre[1]), round(shape.centre[0])] == shape.label


def test_a_cell_of_one_pixel_and_one_that_fills_the_image_have_outlines() -> None:
    single = np.zeros((5, 5), dtype=int)
    single[0, 4] = 3
    assert all(
        len(shape.outlines) == 1 for labels in (single, np.ones((4, 6), int)) for shape in cell_shapes(labels)
    )


def test_neighbours_differ_in_colour(scene: Any) -> None:
    colours = neighbour_colours(scene.labels, 6)
    for here, there in ((scene.labels[1:], scene.labels[:-1]), (scene.labels[:, 1:], scene.labels[:, :-1])):
        for one, other in np.unique(np.stack([here, there], -1).reshape(-1, 2), axis=0):
            assert one == other or 0 in (one, other) or colours[one] != colours[other]


def test_calls_colour_the_outlines_and_are_counted() -> None:
    labels = np.array([[1, 1, 0, 2, 2, 0, 5, 5]] * 2)
    ax = plot_cells(np.ones_like(labels), labels, values={1: True, 2: False, 9: True})
    colours = [tuple(colour) for lines in outlines(ax) for colour in np.asarray(lines.get_edgecolor())]
    assert colours == [to_rgba(ORANGE), to_rgba(SKY), to_rgba(MISSING)]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "responder (1)", "non-responder (1)", "not measured (1)"
    ]  # fmt: skip


def test_numbers_colour_by_a_scale_with_its_name(scene: Any) -> None:
    values = pd.Series(np.linspace(0, 1, 40), index=range(1, 41))
    ax = plot_cells(scene.image, scene.labels, values=values, values_label="Peak $a_b$")
    assert ax.child_axes[0].get_ylabel() == r"Peak \$a_b\$"
    assert len({tuple(colour) for lines in outlines(ax) for colour in np.asarray(lines.get_edgecolor())}) >= 35


def test_flagged_cells_are_dashed_and_counted(scene: Any) -> None:
    ax = plot_cells(scene.image, scene.labels, flags={3: 1, 4: 0})
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["flagged (1)"]
    assert len(outlines(ax)) == 2


def test_numbers_that_do_not_fit_are_left_out_and_counted(scene: Any) -> None:
    figure = Figure(figsize=(0.3, 0.3))
    ax = plot_cells(scene.image, scene.labels, ax=figure.subplots())
    assert numbers(ax) == []
    assert ax.get_xlabel() == "40 cells, not numbered"
    assert plot_cells(scene.image, scene.labels, numbers=False).get_xlabel() == "40 cells"


@pytest.mark.parametrize(("pixel_size_um", "words"), [(0.65, "20 µm"), (6.5, "200 µm"), (0.01, "0.2 µm")])
def test_scale_bar_has_a_round_length(pixel_size_um: float, words: str) -> None:
    labels = np.zeros((100, 160), dtype=int)
    ax = plot_cells(labels, labels, pixel_size_um=pixel_size_um)
    left, right = np.asarray(ax.lines[0].get_xdata())
    assert words in [text.get_text() for text in ax.texts]
    assert (right - left) * pixel_size_um == pytest.approx(float(words.split(maxsplit=1)[0]))


def test_odd_images_are_shown_without_a_warning() -> None:
    labels = np.array([[0, 1], [1, 1]])
    for image in (np.zeros((2, 2)), np.full((2, 2), np.nan), np.array([[np.inf, 1], [2, np.nan]])):
        image.setflags(write=False)
        figure = plot_cells(image, labels).get_figure(root=True)
        assert figure is not None
        figure.draw_without_rendering()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="labels has dtype float64"):
        plot_cells(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(ValueError, match="expected the same"):
        plot_cells(np.ones((2, 2)), np.ones((2, 3), int))
    with pytest.raises(ValueError, match="one plane"):
        plot_cells(np.ones((2, 2, 2)), np.ones((2, 2, 2), int))
