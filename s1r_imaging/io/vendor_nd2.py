"""Nikon ND2 files, read with the library nd2.

NIS-Elements writes two kinds of times: the nominal ones of the experiment, which are 0 where it ran as fast as it
could, and those at which each frame was taken. The latter are used wherever they are there.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.units import to_micrometres, to_seconds
from s1r_imaging.io.vendor import Contents, MakeStack, PlaneStack

_AS_ARRAY = "read_recording(nd2.imread(path)[…], frame_interval_s=…)"


def open_contents(path: Path, nd2: Any) -> tuple[Contents, MakeStack]:
    """Say what an ND2 file holds, and how its planes become a stack.

    Parameters
    ----------
    path : Path
        The file.
    nd2 : module
        The library.

    Returns
    -------
    contents : Contents
        What it holds.
    make_stack : callable
        Takes numbers of planes.

    Raises
    ------
    S1RImagingError
        If it holds several positions, or colours.
    """
    with nd2.ND2File(path) as file:
        sizes = {axis: int(n) for axis, n in file.sizes.items()}
        _check(path, sizes, is_rgb=bool(file.is_rgb))
        contents = _contents(file, sizes)
    n_channels = sizes.get("C", 1)

    def make_stack(planes: NDArray[np.intp]) -> PlaneStack:
        located = np.stack(np.divmod(planes, n_channels), axis=-1)  # image in the file, channel in the image
        shape = (len(planes), sizes["Y"], sizes["X"])
        return PlaneStack(shape, contents.dtype, path, located, read_planes)

    return contents, make_stack


def read_planes(path: Path, planes: NDArray[np.intp], block: NDArray[Any]) -> None:
    """Read planes, each given by its image in the file and its channel in the image, into `block`."""
    import nd2  # noqa: PLC0415  (optional)

    with nd2.ND2File(path) as file:
        for row, (image, channel) in enumerate(planes.tolist()):
            block[row] = np.asarray(file.read_frame(image)).reshape(-1, *block.shape[1:])[channel]


def _check(path: Path, sizes: dict[str, int], *, is_rgb: bool) -> None:
    if is_rgb or "S" in sizes:
        raise S1RImagingError(f"{path} is a colour (RGB) image, no camera counts: export the grey recording.")
    if sizes.get("P", 1) > 1:
        raise S1RImagingError(
            f"{path} holds {sizes['P']} positions: split them in NIS-Elements (File > Import/Export), or pass one "
            f"as an array: {_AS_ARRAY}."
        )


def _contents(file: Any, sizes: dict[str, int]) -> Contents:
    # Channels are inside an image, whatever place they take among the axes.
    outer = [axis for axis in sizes if axis not in "CYX"]
    axes = [*outer, *("C" for _ in sizes.keys() & {"C"}), "Y", "X"]
    n_images = math.prod(sizes[axis] for axis in outer)
    size = file.voxel_size()
    images_s, time_from = _image_times(file, n_images)
    return Contents(
        sizes={axis: sizes[axis] for axis in axes},
        dtype=np.dtype(file.dtype).newbyteorder("="),
        as_array=_AS_ARRAY,
        channels=tuple(str(item.channel.name) for item in (getattr(file.metadata, "channels", None) or ())),
        time_s=None if images_s is None else np.repeat(images_s, sizes.get("C", 1)),
        time_from=time_from,
        interval_s=_nominal_interval(file),
        interval_from="ND2 nominal period",
        pixel_size_um=to_micrometres(size.x, "µm"),
        pixel_height_um=to_micrometres(size.y, "µm"),
        bit_depth=getattr(file.attributes, "bitsPerComponentSignificant", None),
    )


def _image_times(file: Any, n_images: int) -> tuple[NDArray[np.float64] | None, str]:
    """Return when each image was taken (s): from the recorded data, or from the images' own metadata."""
    times = np.full(n_images, np.nan)
    for row in file.events():
        index = row.get("Index")  # of the image; rows of stimulation and the like have none
        if isinstance(index, int | np.integer) and 0 <= index < n_images:
            times[index] = row.get("Time [s]", math.nan)
    if np.all(np.isfinite(times)) and np.all(np.diff(times) > 0):
        return times, "ND2 recorded data, Time [s]"
    for number in range(n_images):
        channels = getattr(file.frame_metadata(number), "channels", None)
        times[number] = channels[0].time.relativeTimeMs / 1e3 if channels else math.nan
    return (times, "ND2 relativeTimeMs") if np.all(np.isfinite(times)) else (None, "")


def _nominal_interval(file: Any) -> float | None:
    for loop in file.experiment:
        period = getattr(loop.parameters, "periodMs", None) if loop.type == "TimeLoop" else None
        if period is not None:
            return to_seconds(period, "ms")
    return None
