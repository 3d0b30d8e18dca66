"""What the microscope does to the light: blur, haze, vignette, drift."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

Floats = NDArray[np.float64]


def vignette_image(shape: tuple[int, int], strength: float) -> Floats:
    """Compute how much light arrives at each pixel relative to the middle of the field.

    Parameters
    ----------
    shape : tuple of int
        Height and width (pixels).
    strength : float
        Loss in the corners.

    Returns
    -------
    array, shape (Y, X)
        ``1 - strength * r**2`` with *r* the distance from the middle, 1 in the corners.
    """
    y, x = (np.linspace(-1, 1, size) for size in shape)
    return 1 - strength * 0.5 * (y[:, np.newaxis] ** 2 + x**2)


def gaussian_transfer(shape: tuple[int, int], sd_px: float) -> Floats:
    """Compute the transfer function of a Gaussian blur for `scipy.fft.rfft2`.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image (pixels).
    sd_px : float
        SD of the blur (pixels).

    Returns
    -------
    array, shape (Y, X // 2 + 1)
        Factor of each frequency.
    """
    y, x = fft.fftfreq(shape[0]), fft.rfftfreq(shape[1])
    return np.exp(-2 * (np.pi * sd_px) ** 2 * (y[:, np.newaxis] ** 2 + x**2))


class Microscope:
    """Turns the light of the specimen into the light at the camera, one frame at a time.

    Blur, haze and displacement are one multiplication in Fourier space, so displacements are exact.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the specimen with its margins (pixels).
    field : tuple of slice
        The part of it that the camera sees.
    blur_px : float
        SD of the blur (pixels).
    haze_px : float
        SD of the out-of-focus light (pixels).
    haze_fraction : float
        Out-of-focus light relative to the light in focus.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        field: tuple[slice, slice],
        *,
        blur_px: float,
        haze_px: float,
        haze_fraction: float,
    ) -> None:
        """Prepare the transfer function."""
        transfer = gaussian_transfer(shape, blur_px) + haze_fraction * gaussian_transfer(shape, haze_px)
        self._shape, self._field = shape, field
        self._transfer = transfer.astype(np.float32)
        self._is_plain = blur_px == 0 and haze_fraction == 0
        self._frequencies = (
            fft.fftfreq(shape[0]).astype(np.float32)[:, np.newaxis],
            fft.rfftfreq(shape[1]).astype(np.float32),
        )

    def image(self, light: NDArray[np.float32], shift_px: Floats) -> NDArray[np.float32]:
        """Form the image of the specimen.

        Parameters
        ----------
        light : array of float32, shape (Y, X)
            In-focus light of the specimen with its margins.
        shift_px : array, shape (2,)
            Displacement (y, x) of the specimen (pixels).

        Returns
        -------
        array of float32
            The part that the camera sees; never negative.
        """
        moves = bool(np.any(shift_px))
        if self._is_plain and not moves:
            return light[self._field]
        spectrum = fft.rfft2(light) * self._transfer
        if moves:
            for frequency, shift in zip(self._frequencies, shift_px, strict=True):
                spectrum *= np.exp(np.complex64(-2j * np.pi * shift) * frequency)
        seen: NDArray[np.float32] = fft.irfft2(spectrum, s=self._shape)[self._field]
        return np.maximum(seen, np.float32(0))


def haze_between(labels: NDArray[np.int32], light: Floats, weights: Floats, n: int, haze_px: float) -> Floats:
    """Compute how much out-of-focus light each cell throws on each cell.

    Done on a coarser grid: the haze is smooth.

    Parameters
    ----------
    labels : array of int32, shape (Y, X)
        Cells 1 to n, with margins; height and width are multiples of 8.
    light : array, shape (Y, X)
        In-focus light of the specimen.
    weights : array, shape (Y, X)
        Weight with which each pixel counts for its cell; 0 where the camera does not see it.
    n : int
        Number of cells.
    haze_px : float
        SD of the out-of-focus light (pixels).

    Returns
    -------
    array, shape (n, n)
        Sum over the weighted pixels of cell *i* of the light that comes from cell *j*.
    """
    step = next(step for step in (8, 4, 2, 1) if step == 1 or step <= haze_px / 3)
    height, width = labels.shape[0] // step, labels.shape[1] // step
    row, column = np.nonzero(labels)
    cell = labels[row, column] - 1
    place = row // step * width + column // step

    def gather(values: Floats) -> Floats:
        entries = (values[row, column], (cell, place))
        return sparse.coo_array(entries, shape=(n, height * width)).toarray()

    spectrum = fft.rfft2(gather(light).reshape(n, height, width)) * gaussian_transfer(
        (height, width), haze_px / step
    )
    spread = fft.irfft2(spectrum, s=(height, width)).reshape(n, -1)
    return gather(weights) @ spread.T / step**2
