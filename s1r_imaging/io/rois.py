"""ImageJ ROIs as pixels, and pixels as ImageJ ROIs."""

import re
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import roifile
from numpy.typing import NDArray
from skimage.measure import find_contours

from s1r_imaging.errors import S1RImagingError

_AREA_TYPES = (
    roifile.ROI_TYPE.POLYGON,
    roifile.ROI_TYPE.RECT,
    roifile.ROI_TYPE.OVAL,
    roifile.ROI_TYPE.FREEHAND,
    roifile.ROI_TYPE.TRACED,
)
_OWN_NAME = re.compile(r"label_0*([1-9]\d*)")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # a fixed date: the same labels give the same bytes


def read_rois(path: Path, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Draw the ROIs of a ``.roi`` or ROI Manager ``.zip`` file as labels.

    ROIs are numbered from 1 in the file's order; those that `rois_to_bytes` named keep their labels. A
    pixel belongs to a ROI when its centre lies inside (even-odd rule, so that holes stay open). Pixels
    that two ROIs claim stay with the first, with a warning.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Height and width of the frame (pixels).

    Returns
    -------
    array of int32, shape (Y, X)
        Labels; 0 is background.

    Raises
    ------
    S1RImagingError
        If the file cannot be read, or a ROI encloses no pixel of the frame.
    """
    rois = _load(path)
    labels = np.zeros(shape, dtype=np.int32)
    numbers = _numbers(rois)
    shared: list[str] = []
    for roi, number in zip(rois, numbers, strict=True):
        mask = roi_mask(roi, shape)
        if mask is None:
            kind = roifile.ROI_TYPE(roi.roitype).name.lower()
            raise S1RImagingError(
                f"{path}: ROI {roi.name!r} is a {kind}, which encloses no area: delete it in the ROI Manager."
            )
        others = np.unique(labels[mask & (labels > 0)])
        shared += [f"{rois[numbers.index(other)].name!r} and {roi.name!r}" for other in others.tolist()]
        labels[mask & (labels == 0)] = number
        if not np.any(labels == number):
            where = "lies under other ROIs" if mask.any() else "has no pixel in the frame"
            raise S1RImagingError(
                f"{path}: ROI {roi.name!r} {where} of {shape[0]} × {shape[1]} pixels: "
                "were the ROIs drawn on another image?"
            )
    if shared:
        more = f" and {len(shared) - 3} more pairs" if len(shared) > 3 else ""
        warnings.warn(
            f"{path}: ROIs overlap ({'; '.join(shared[:3])}{more}): shared pixels stay with the first of a pair.",
            UserWarning,
            stacklevel=3,
        )
    return labels


def roi_mask(roi: roifile.ImagejRoi, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    """Return the pixels inside a ROI; None when it is a line, a point or text."""
    if roi.roitype not in _AREA_TYPES:
        return None
    if roi.roitype == roifile.ROI_TYPE.RECT and roi.composite:
        return fill_paths(roi.path2coords(roi.multi_coordinates), shape)
    if roi.roitype in (roifile.ROI_TYPE.RECT, roifile.ROI_TYPE.OVAL):
        x, y, width, height = _box(roi)
        if roi.roitype == roifile.ROI_TYPE.OVAL:
            return _fill_ellipse(x, y, width, height, shape)
        corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
        return fill_paths([corners], shape)
    return fill_paths([roi.coordinates()], shape)


def fill_paths(paths: list[NDArray[np.floating]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies inside closed paths by the even-odd rule.

    Parameters
    ----------
    paths : list of array, shape (n, 2)
        Corners (x, y); the upper left corner of the image is (0, 0), the centre of its first pixel
        (0.5, 0.5). A path inside another makes a hole.
    shape : tuple of int
        Height and width (pixels).

    Returns
    -------
    array of bool, shape (Y, X)
        The pixels. Of two paths that share an edge each centre on it belongs to exactly one.
    """
    starts = np.concatenate([np.asarray(path, dtype=np.float64) for path in paths])
    ends = np.concatenate([np.roll(np.asarray(path, dtype=np.float64), -1, axis=0) for path in paths])
    mask = np.zeros(shape, dtype=np.bool_)
    first = max(0, int(np.floor(starts[:, 1].min() - 0.5)))
    last = min(shape[0], int(np.ceil(starts[:, 1].max() + 0.5)))
    centres = np.arange(shape[1]) + 0.5
    for row in range(first, last):
        y = row + 0.5
        crosses = (starts[:, 1] <= y) != (ends[:, 1] <= y)
        a, b = starts[crosses], ends[crosses]
        x = np.sort(a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
        mask[row] = np.searchsorted(x, centres, side="right") % 2 == 1
    return mask


def rois_to_bytes(labels: NDArray[np.int32]) -> dict[str, bytes]:
    """Return one ImageJ ROI per label, by name.

    A label in one piece without holes becomes a polygon; one with several pieces or holes a composite
    ROI, so that `read_rois` gives the same pixels.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        Labels; 0 is background.

    Returns
    -------
    dict of str to bytes
        ``"label_0007"`` to the content of its ``.roi`` file.
    """
    found = {}
    for number in np.unique(labels[labels > 0]).tolist():
        rows, columns = np.nonzero(labels == number)
        top, left = int(rows.min()), int(columns.min())
        window = labels[top : rows.max() + 1, left : columns.max() + 1] == number
        # One background pixel all around closes every outline. Outlines pass half-way between the centres
        # of a pixel inside and one outside; ImageJ's centres lie at (0.5, 0.5).
        outlines = find_contours(np.pad(window, 1).astype(np.float32), 0.5)
        paths = [outline[:-1, ::-1] + (left - 0.5, top - 0.5) for outline in outlines]
        name = f"label_{number:04d}"
        found[name] = _polygon(paths[0], name) if len(paths) == 1 else _composite(paths, name)
    return found


def write_roi_zip(path: Path, rois: dict[str, bytes]) -> None:
    """Write ROIs as a zip file that ImageJ's ROI Manager opens."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in rois.items():
            entry = zipfile.ZipInfo(f"{name}.roi", date_time=_ZIP_DATE)
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)


def _load(path: Path) -> list[roifile.ImagejRoi]:
    try:
        loaded = roifile.roiread(path)
    except (
        OSError,
        ValueError,
        RuntimeError,
        KeyError,
        IndexError,
        TypeError,
        struct.error,
        zipfile.BadZipFile,
    ) as e:
        raise S1RImagingError(f"{path} cannot be read as ImageJ ROIs ({e}): save them again.") from e
    rois = loaded if isinstance(loaded, list) else [loaded]
    if not rois:
        raise S1RImagingError(f"{path} holds no ROI: add the cells to the ROI Manager and save them again.")
    for number, roi in enumerate(rois, start=1):
        roi.name = roi.name or f"ROI {number}"
    return rois


def _numbers(rois: list[roifile.ImagejRoi]) -> list[int]:
    """Return each ROI's label: from the names that we give, otherwise 1, 2, 3."""
    matches = [_OWN_NAME.fullmatch(roi.name) for roi in rois]
    own = [int(match[1]) for match in matches if match]
    is_own = len(own) == len(rois) and len(set(own)) == len(own) and max(own) <= np.iinfo(np.int32).max
    return own if is_own else list(range(1, len(rois) + 1))


def _box(roi: roifile.ImagejRoi) -> tuple[float, float, float, float]:
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.widthd, roi.heightd
    return roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top


def _fill_ellipse(x: float, y: float, width: float, height: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    if width <= 0 or height <= 0:
        return np.zeros(shape, dtype=np.bool_)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    across = (columns + 0.5 - (x + width / 2)) / (width / 2)
    down = (rows + 0.5 - (y + height / 2)) / (height / 2)
    inside: NDArray[np.bool_] = across**2 + down**2 <= 1
    return inside


def _polygon(path: NDArray[np.floating], name: str) -> bytes:
    content: bytes = roifile.ImagejRoi.frompoints(path.astype(np.float32), name=name).tobytes()
    return content


def _composite(paths: list[NDArray[np.floating]], name: str) -> bytes:
    """Return a ROI of several paths: ImageJ's shape ROI, whose commands are 0 move, 1 line, 4 close."""
    commands: list[float] = []
    for path in paths:
        for number, (x, y) in enumerate(path.tolist()):
            commands += [0.0 if number == 0 else 1.0, x, y]
        commands.append(4.0)
    corners = np.concatenate(paths)
    roi = roifile.ImagejRoi()
    roi.roitype = roifile.ROI_TYPE.RECT
    roi.name = name
    roi.multi_coordinates = np.array(commands, dtype=np.float32)
    roi.shape_roi_size = len(commands)
    roi.left, roi.top = (int(n) for n in np.floor(corners.min(axis=0)))
    roi.right, roi.bottom = (int(n) for n in np.ceil(corners.max(axis=0)))
    content: bytes = roi.tobytes()
    return content
