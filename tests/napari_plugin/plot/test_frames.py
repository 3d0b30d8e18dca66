"""The slider in seconds: whatever axis is time, however irregular the frames."""

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_plugin.plot.frames import current_time, go_to_time

TIME_S = np.array([0.0, 0.4, 1.9, 2.0, 7.5])


class Scene:
    def __init__(self, viewer: Any, layer: Any) -> None:
        self.viewer, self.recording_layer = viewer, layer


@pytest.mark.parametrize(
    ("shape", "names", "axis"),
    [
        ((5, 8, 9), ("t", "y", "x"), 0),
        ((8, 5, 9), ("y", "t", "x"), 1),
        ((5, 5, 9), ("z", "time", "x"), 1),
        ((5, 8, 9), None, 0),
    ],
)
def test_the_slider_of_the_time_axis_is_followed_and_moved(
    shape: tuple[int, ...], names: tuple[str, ...] | None, axis: int
) -> None:
    viewer = ViewerModel()
    scale = [0.5, 0.5, 0.5]
    scale[axis] = 2.0
    layer = viewer.add_image(np.zeros(shape), axis_labels=names, scale=scale, translate=(3.0, 3.0, 3.0))
    viewer.add_image(np.zeros((7, *shape)))  # another layer puts an axis before those of the recording
    scene = Scene(viewer, layer)
    for frame, time_s in enumerate(TIME_S):
        viewer.dims.set_point(axis + 1, 3.0 + 2.0 * frame)
        assert current_time(scene, TIME_S) == time_s
    go_to_time(scene, TIME_S, 1.0)
    assert viewer.dims.point[axis + 1] == 3.0 + 2.0 * 1
    assert current_time(scene, TIME_S) == 0.4
    go_to_time(scene, TIME_S, 100.0)
    assert current_time(scene, TIME_S) == 7.5


def test_time_is_known_by_its_unit() -> None:
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((5, 5, 9)), units=("um", "s", "um"))
    viewer.dims.set_point(1, 2.0)
    assert current_time(Scene(viewer, layer), TIME_S) == 1.9


def test_without_the_recording_there_is_no_time() -> None:
    viewer = ViewerModel()
    assert current_time(Scene(viewer, None), TIME_S) is None
    go_to_time(Scene(viewer, None), TIME_S, 1.0)
    other = viewer.add_image(np.zeros((4, 8, 9)))
    assert current_time(Scene(viewer, other), TIME_S) is None
