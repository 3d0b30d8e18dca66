"""OME-Zarr images (versions 0.1 to 0.5), and plain Zarr arrays of frames, read with the library zarr."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.lazy import LazyFrames
from s1r_imaging.io.units import to_micrometres, to_seconds
from s1r_imaging.io.vendor import Contents, MakeStack

_AS_ARRAY = "read_recording(zarr.open_array(path)[…], frame_interval_s=…)"
_AXES_OF_OLD = "tczyx"  # versions 0.1 and 0.2 name none


@dataclass(frozen=True, eq=False)
class ZarrFrames(LazyFrames):
    """A (T, Y, X) stack in a Zarr array, which may have channels beside; read on demand.

    Attributes
    ----------
    shape : tuple of int
        (T, Y, X).
    dtype : dtype
        Type of the counts.
    array : zarr.Array
        The array; height and width are its last axes.
    frames_axis : int
        Number of the axis that runs over time.
    fixed : tuple of int
        What is taken of each axis before height and width; that of `frames_axis` is not used.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    array: Any
    frames_axis: int
    fixed: tuple[int, ...]

    @property
    def chunks(self) -> tuple[int, ...]:
        """Lengths of the pieces that are stored: frames, height, width."""
        return (self.array.chunks[self.frames_axis], *self.array.chunks[-2:])

    def _read(self, frames: NDArray[np.intp]) -> NDArray[Any]:
        block = np.empty((len(frames), *self.shape[1:]), dtype=self.dtype)
        for first, stop in _runs(frames):
            index: list[Any] = list(self.fixed)
            index[self.frames_axis] = slice(int(frames[first]), int(frames[stop - 1]) + 1)
            block[first:stop] = self.array[(*index, slice(None), slice(None))]
        return block


def open_contents(path: Path, zarr: Any) -> tuple[Contents, MakeStack]:
    """Say what a Zarr folder holds, and how its planes become a stack.

    Parameters
    ----------
    path : Path
        The folder.
    zarr : module
        The library.

    Returns
    -------
    contents : Contents
        What it holds at full resolution.
    make_stack : callable
        Takes numbers of planes.

    Raises
    ------
    S1RImagingError
        If it holds several images, a plate, or axes that are not time, channel, z, height and width.
    """
    node = zarr.open(str(path), mode="r")
    image: Mapping[str, Any] = {}
    attributes: Mapping[str, Any] = {}
    if isinstance(node, zarr.Group):
        node, attributes = _only_image(path, node)
        image = attributes["multiscales"][0]
        array = node[image["datasets"][0]["path"]]
    else:
        array = node
    names, units = _axes(path, image, array.ndim)
    scale = _scale(image, array.ndim)
    sizes = {name.upper(): int(n) for name, n in zip(names, array.shape, strict=True)}
    outer = names[:-2]
    time = names.index("t") if "t" in names else None
    contents = Contents(
        sizes=sizes,
        dtype=np.dtype(array.dtype).newbyteorder("="),
        as_array=_AS_ARRAY,
        channels=tuple(str(item.get("label", "")) for item in attributes.get("omero", {}).get("channels", ())),
        interval_s=None if time is None else to_seconds(scale[time], units[time]),
        interval_from="OME-Zarr time scale",
        pixel_size_um=to_micrometres(scale[-1], units[-1]),
        pixel_height_um=to_micrometres(scale[-2], units[-2]),
    )

    def make_stack(planes: NDArray[np.intp]) -> ZarrFrames:
        places = np.array(np.unravel_index(planes, tuple(sizes[name.upper()] for name in outer)))
        frames_axis = int(np.argmax(np.ptp(places, axis=1)))
        shape = (len(planes), sizes["Y"], sizes["X"])
        return ZarrFrames(shape, contents.dtype, array, frames_axis, tuple(places[:, 0].tolist()))

    return contents, make_stack


def _only_image(path: Path, group: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the group of the only image in a folder, and what OME says of it."""
    inside = itertools.takewhile(group.__contains__, map(str, itertools.count()))  # bioformats2raw counts images
    places = [group] if _ome(group).get("multiscales") else [group[name] for name in inside]
    found = [(place, _ome(place)) for place in places if _ome(place).get("multiscales")]
    if len(found) == 1 and len(found[0][1]["multiscales"]) == 1:
        return found[0]
    raise S1RImagingError(
        f"{path} holds {len(found)} images (a plate, several positions, or no OME-Zarr image): name the folder of "
        f"one image, or pass an array of (frames, height, width): {_AS_ARRAY}."
    )


def _ome(node: Any) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = dict(node.attrs)
    return attributes.get("ome", attributes)  # type: ignore[no-any-return]  # under "ome" from version 0.5 on


def _axes(path: Path, image: Mapping[str, Any], ndim: int) -> tuple[list[str], list[Any]]:
    """Return names and units of the axes."""
    given = image.get("axes") or (list(_AXES_OF_OLD) if image else list("tyx"))
    axes = [item if isinstance(item, Mapping) else {"name": item} for item in given]
    names = [str(item.get("name", "")).lower() for item in axes]
    if len(names) != ndim or names[-2:] != ["y", "x"] or not set(names[:-2]) <= set("tcz"):
        raise S1RImagingError(
            f"{path} has {ndim} axes ({', '.join(names)}): expected some of t, c, z, then y and x; pass an array "
            f"of (frames, height, width): {_AS_ARRAY}."
        )
    return names, [item.get("unit") for item in axes]


def _scale(image: Mapping[str, Any], ndim: int) -> list[float]:
    """Return the distance between elements along each axis: scales of the array and of all of them together."""
    total = np.ones(ndim)
    datasets = image.get("datasets") or [{}]
    for holder in (datasets[0], image):
        for step in holder.get("coordinateTransformations", ()):
            if step.get("type") == "scale":
                total = total * np.asarray(step["scale"], dtype=np.float64)
    return [float(value) for value in total]


def _runs(frames: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return where runs of consecutive frames start and stop."""
    breaks = np.flatnonzero(np.diff(frames) != 1) + 1
    edges = [0, *breaks.tolist(), len(frames)]
    return [(first, stop) for first, stop in itertools.pairwise(edges) if stop > first]
