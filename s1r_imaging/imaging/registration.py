"""Rigid displacement of frames against a template, to a fraction of a pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal
from skimage.registration import phase_cross_correlation

_CROP_PX = 512  # the middle of larger fields tells as much, at a fraction of the time
_FINE_PX = 1.0  # SD of the Gaussian that takes away pixel noise
_COARSE_PX = 8.0  # SD of the Gaussian above which brightness does not count
_TAPER = 0.2
_CHANCE_SD = 6.0  # a correlation this many SD above chance is one

ComplexArray = NDArray[np.complex64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Match:
    """How a frame lies on the template.

    Attributes
    ----------
    shift_px : array, shape (2,)
        Displacement (y, x) of the frame from the template (pixels); positive when its content lies
        further down and to the right.
    correlation : float
        Correlation of the two after the displacement, 0 to 1.
    """

    shift_px: FloatArray
    correlation: float


class Registration:
    """Measures displacements of frames of one shape by cross-correlation.

    The correlation is not normalised by frequency ("phase correlation"): half a field that lights up at
    once misleads that. The logarithm of the counts above the camera's floor and a band-pass keep such a
    response from outweighing everything else.

    Parameters
    ----------
    frame_shape : tuple of int
        Height and width (pixels).
    floor : float
        Counts of a dark pixel.
    scale : float
        Counts above that of an ordinary pixel.
    upsampling : int
        Displacements are found to one part in this many of a pixel.

    Attributes
    ----------
    chance_level : float
        Correlation that frames of pure noise hardly ever reach.
    """

    def __init__(self, frame_shape: tuple[int, int], *, floor: float, scale: float, upsampling: int) -> None:
        self._window = tuple(_middle(size) for size in frame_shape)
        shape = tuple(part.stop - part.start for part in self._window)
        y, x = (signal.windows.tukey(size, 2 * _TAPER).astype(np.float32) for size in shape)
        self._taper = y[:, np.newaxis] * x
        frequency = [fft.fftfreq(size).astype(np.float32) for size in shape]
        squared = frequency[0][:, np.newaxis] ** 2 + frequency[1] ** 2
        band = np.exp(-2 * np.pi**2 * _FINE_PX**2 * squared) - np.exp(-2 * np.pi**2 * _COARSE_PX**2 * squared)
        self._band = band.astype(np.float32)
        self._frequency = frequency
        self._floor, self._scale = floor, scale
        self._upsampling = upsampling
        power = band.astype(np.float64) ** 2
        n_frequencies = power.sum() ** 2 / max(float((power**2).sum()), 1e-30)
        n_independent = n_frequencies * float(np.mean(self._taper**2)) / 2
        self.chance_level = min(_CHANCE_SD / np.sqrt(max(n_independent, 1.0)), 1.0)

    def spectrum(self, frame: NDArray[Any]) -> ComplexArray:
        """Return the spectrum of a frame, ready to be compared.

        Parameters
        ----------
        frame : array, shape (Y, X)
            Counts; those that are not finite are taken as dark.

        Returns
        -------
        array of complex64
            Band-passed spectrum.
        """
        counts = frame[self._window].astype(np.float32)
        counts -= np.float32(self._floor)
        np.nan_to_num(counts, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        np.maximum(counts, 0, out=counts)
        counts += np.float32(self._scale)
        np.log(counts, out=counts)
        counts -= counts.mean()
        counts *= self._taper
        result: ComplexArray = fft.fft2(counts) * self._band
        return result

    def match(self, template: ComplexArray, spectrum: ComplexArray) -> Match:
        """Find the displacement of a frame from the template.

        Parameters
        ----------
        template, spectrum : array of complex64
            What `spectrum` made of them.

        Returns
        -------
        Match
            Zero displacement and correlation where one of them is blank.
        """
        if not (np.any(template) and np.any(spectrum)):
            return Match(np.zeros(2), 0.0)
        shift, error, _ = phase_cross_correlation(
            template, spectrum, space="fourier", upsample_factor=self._upsampling, normalization=None
        )
        return Match(-np.asarray(shift, dtype=np.float64), float(np.sqrt(max(0.0, 1 - float(error) ** 2))))

    def move(self, spectrum: ComplexArray, shift_px: FloatArray) -> ComplexArray:
        """Move the content behind a spectrum.

        Parameters
        ----------
        spectrum : array of complex64
            What `spectrum` made of a frame.
        shift_px : array, shape (2,)
            Distance (y, x) down and to the right (pixels).

        Returns
        -------
        array of complex64
            Spectrum of the moved frame.
        """
        ramps = [
            np.exp(np.complex64(-2j * np.pi * shift) * frequency)
            for shift, frequency in zip(shift_px, self._frequency, strict=True)
        ]
        moved: ComplexArray = spectrum * ramps[0][:, np.newaxis] * ramps[1]
        return moved


def _middle(size: int) -> slice:
    start = max(0, (size - _CROP_PX) // 2)
    return slice(start, min(size, start + _CROP_PX))
