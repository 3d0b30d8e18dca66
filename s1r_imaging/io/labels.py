"""Cells in and out: label images and ImageJ ROIs."""

import os
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.files import write_file
from s1r_imaging.io.rois import read_rois, rois_to_bytes, write_roi_zip
from s1r_imaging.io.stack import DECODE_ERRORS

_ROI_SUFFIXES = (".zip", ".roi")
_LARGEST = int(np.iinfo(np.int32).max)


def read_labels(path: str | os.PathLike[str], *, shape: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """Read cells from a label image or from ImageJ ROIs.

    Parameters
    ----------
    path : path
        A label image (TIFF, PNG or NPY; 0 is background, every other number one cell), or ROIs
        (``.roi``, or the ROI Manager's ``.zip``): polygon, freehand, traced, rectangle, oval, ellipse and
        composite.
    shape : tuple of int, optional
        Height and width of the recording's frames. Needed for ROIs; label images must have it.

    Returns
    -------
    array of int32, shape (Y, X)
        Labels, as they stand in the file; ROIs are numbered from 1 in the file's order unless
        `write_rois` named them.

    Raises
    ------
    S1RImagingError
        If the file cannot be read or used; the sentence names it.
    ValueError
        If `shape` is missing where it is needed.

    Warns
    -----
    UserWarning
        If ROIs overlap; shared pixels stay with the ROI that comes first.
    """
    source = Path(path)
    if not source.is_file():
        raise S1RImagingError(f"{source} does not exist: check the folder and the spelling.")
    if source.suffix.lower() in _ROI_SUFFIXES:
        if shape is None:
            raise ValueError(f"shape=None: ROIs have no frame; pass shape=(height, width) to read {source}.")
        return read_rois(source, shape)
    try:
        values = _read_image(source)
    except DECODE_ERRORS as error:
        raise S1RImagingError(f"{source} cannot be read as a label image ({error}): save it as TIFF.") from error
    if values.dtype.kind == "f" and np.all(values == np.round(values)):
        values = values.astype(np.int64)  # ImageJ saves label images as 32-bit real numbers
    try:
        return check_labels(values, shape)
    except (TypeError, ValueError) as error:
        raise S1RImagingError(f"{source} cannot be used as labels: {error}") from error


def check_labels(labels: ArrayLike, shape: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """Return labels as int32, and refuse what is no label image of the frame.

    Parameters
    ----------
    labels : array_like of int, shape (Y, X)
        0 is background, every other number one cell; numbers may have gaps.
    shape : tuple of int, optional
        Height and width that they must have.

    Returns
    -------
    array of int32, shape (Y, X)
        The same labels; a copy only where the type differs.

    Raises
    ------
    TypeError
        If they are not whole numbers.
    ValueError
        If they have another shape, or are negative or too large.

    Examples
    --------
    >>> check_labels(np.array([[0, 7], [7, 9]], dtype=np.uint8)).dtype
    dtype('int32')
    """
    values: NDArray[Any] = np.asarray(labels)
    if values.dtype.kind not in "iu":
        raise TypeError(
            f"labels has dtype {values.dtype}: expected whole numbers, one for each cell "
            "(skimage.measure.label makes them from a mask)."
        )
    if values.ndim != 2:
        raise ValueError(f"labels.shape={values.shape}: expected two axes (height, width).")
    if shape is not None and values.shape != tuple(shape):
        raise ValueError(
            f"labels.shape={values.shape} != frame shape {tuple(int(n) for n in shape)}: "
            "they must be drawn on the recording's own frames."
        )
    if values.size and int(values.min()) < 0:
        raise ValueError(
            f"labels holds {int(values.min())}: expected 0 for background and positive numbers for cells."
        )
    if values.size and int(values.max()) > _LARGEST:
        raise ValueError(f"labels holds {int(values.max())}: expected numbers up to {_LARGEST}; relabel them.")
    return values.astype(np.int32, copy=False)


def write_labels(path: str | os.PathLike[str], labels: ArrayLike) -> None:
    """Write a label image as TIFF: 16 bits, or 32 bits where labels exceed 65535.

    Parameters
    ----------
    path : path
        The file; replaced when it exists.
    labels : array_like of int, shape (Y, X)
        0 is background.

    Raises
    ------
    S1RImagingError
        If the file cannot be written.
    TypeError, ValueError
        If they are no labels.
    """
    values = check_labels(labels)
    dtype = np.uint16 if values.max(initial=0) <= np.iinfo(np.uint16).max else np.int32

    def write(target: Path) -> None:
        tifffile.imwrite(target, values.astype(dtype), compression="zlib", photometric="minisblack")

    write_file(path, write)


def write_rois(path: str | os.PathLike[str], labels: ArrayLike) -> None:
    """Write labels as ROIs for ImageJ's ROI Manager, one named ROI per label.

    `read_labels` gives the same pixels and numbers again. A cell of several pieces or with holes is
    written as a composite ROI.

    Parameters
    ----------
    path : path
        The ``.zip`` file; replaced when it exists.
    labels : array_like of int, shape (Y, X)
        0 is background.

    Raises
    ------
    S1RImagingError
        If the file cannot be written.
    TypeError, ValueError
        If they are no labels.
    """
    rois = rois_to_bytes(check_labels(labels))
    write_file(path, lambda target: write_roi_zip(target, rois))


def _read_image(source: Path) -> NDArray[Any]:
    suffix = source.suffix.lower()
    if suffix == ".npy":
        values: NDArray[Any] = np.load(source, allow_pickle=False)
    elif suffix in (".tif", ".tiff"):
        values = tifffile.imread(source)
    else:
        values = imagecodecs.imread(source)
    return values.squeeze() if values.ndim > 2 else values
