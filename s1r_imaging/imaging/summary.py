"""Images that sum up a recording: mean, maximum, standard deviation, local correlation, response.

One pass over the frames, a second one when there is a stimulus; memory does not grow with their number.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.imaging.frames import bin_edges, iter_frames
from s1r_imaging.progress import Progress, silent
from s1r_imaging.recording import Recording

FloatImage = NDArray[np.float32]
SummaryKind = Literal["mean", "maximum", "standard_deviation", "local_correlation", "response"]

_PAIRS = ((0, 1), (1, 0), (1, 1), (1, -1))  # half of the 8 neighbours; the others are the same pairs
_RESPONSE_WINDOWS = 32
_TINY = 1e-6  # correlations of series that vary less than this part of their size are rounding errors


@dataclass(frozen=True, eq=False)
class SummaryImages:
    """Images that sum up a recording, each of shape (Y, X) and float32; NaN where a pixel holds NaN.

    Parameters
    ----------
    mean : array, shape (Y, X)
        Mean over time (counts).
    maximum : array, shape (Y, X)
        Largest value over time (counts).
    standard_deviation : array, shape (Y, X)
        Standard deviation over time (counts).
    local_correlation : array, shape (Y, X)
        Mean correlation over time with the 8 neighbours, once what the whole field does is taken out; 0 where
        nothing varies.
    response : array, shape (Y, X)
        Rise of fluorescence after the first stimulus (counts).
    """

    mean: FloatImage
    maximum: FloatImage
    standard_deviation: FloatImage
    local_correlation: FloatImage
    response: FloatImage


def summary_images(recording: Recording, *, progress: Progress = silent) -> SummaryImages:
    """Compute the images that sum up a recording.

    The local correlation is taken between series averaged to at most 512 points, after each pixel's
    regression on the field's mean series is removed: bleaching, lamp drift and a response shared by all cells
    would otherwise make every pixel resemble its neighbour, cells and gaps alike.

    The response is a weighted mean of the frames from the first stimulus to the next, less the mean of the
    frames before it. A frame weighs as much as the field's mean then lies above its baseline, so that the
    frames of the response count, whenever they come; where the field never rises, all frames weigh the same.
    Without a stimulus it is the largest mean over a thirty-second of the recording, less the mean.

    Parameters
    ----------
    recording : Recording
        The recording.
    progress : callable
        Told how far the work is, see `s1r_imaging.progress`.

    Returns
    -------
    SummaryImages
        The images.

    References
    ----------
    Smith and Häusser (2010) Nature Neuroscience 13:1144 (local correlation images).
    """
    statistics = _Statistics(recording.frame_shape, recording.n_frames)
    for index, frame in iter_frames(recording.data, stage="summary images", progress=progress):
        statistics.add(index, frame)
    weights = _response_weights(recording, statistics.field_mean)
    mean = statistics.mean
    response = statistics.peak - mean
    if weights is not None:
        response = np.zeros(recording.frame_shape, dtype=np.float32)
        for index, frame in iter_frames(recording.data, stage="response image", progress=progress):
            if weights[index]:
                response += weights[index] * (frame - mean)
    return SummaryImages(
        mean=mean,
        maximum=statistics.maximum,
        standard_deviation=statistics.standard_deviation,
        local_correlation=statistics.local_correlation,
        response=response.astype(np.float32),
    )


def summary_image(recording: Recording, kind: SummaryKind = "mean", *, progress: Progress = silent) -> FloatImage:
    """Compute one of the images that sum up a recording.

    Parameters
    ----------
    recording : Recording
        The recording.
    kind : {'mean', 'maximum', 'standard_deviation', 'local_correlation', 'response'}
        Which one, see `SummaryImages`.
    progress : callable
        Told how far the work is, see `s1r_imaging.progress`.

    Returns
    -------
    array of float32, shape (Y, X)
        The image.

    Raises
    ------
    ValueError
        If there is no such image.
    """
    kinds = [item.name for item in dataclasses.fields(SummaryImages)]
    if kind not in kinds:
        raise ValueError(f"{kind=}: expected one of {', '.join(kinds)}.")
    image: FloatImage = getattr(summary_images(recording, progress=progress), kind)
    return image


class _Statistics:
    """Running sums over frames: float32 within a bin of time, float64 over bins, relative to the first frame."""

    def __init__(self, shape: tuple[int, int], n_frames: int) -> None:
        self._n = n_frames
        self._edges = bin_edges(n_frames)
        self._bin = 0
        self._first: FloatImage = np.zeros(shape, dtype=np.float32)
        self._bin_sum, self._bin_square, self._window = (np.zeros(shape, dtype=np.float32) for _ in range(3))
        self._windowed = 0
        self._sum, self._square = np.zeros(shape), np.zeros(shape)
        self.maximum: FloatImage = np.full(shape, -np.inf, dtype=np.float32)
        self.peak: FloatImage = np.full(shape, -np.inf, dtype=np.float32)
        self.field_mean = np.zeros(n_frames)
        self._correlation = _NeighbourCorrelation(shape)

    def add(self, index: int, frame: FloatImage) -> None:
        """Take in the next frame."""
        if index == 0:
            self._first = frame
        np.maximum(self.maximum, frame, out=self.maximum)
        self.field_mean[index] = _finite_mean(frame)
        change = frame - self._first
        self._bin_sum += change
        self._bin_square += change * change
        if index + 1 == self._edges[self._bin + 1]:
            self._close_bin(index)

    def _close_bin(self, index: int) -> None:
        size = int(self._edges[self._bin + 1] - self._edges[self._bin])
        self._sum += self._bin_sum
        self._square += self._bin_square
        self._correlation.add(self._bin_sum / np.float32(size))
        self._window += self._bin_sum
        self._windowed += size
        if self._windowed * _RESPONSE_WINDOWS >= self._n or index + 1 == self._n:
            np.maximum(self.peak, self._window / np.float32(self._windowed) + self._first, out=self.peak)
            self._window[...] = 0
            self._windowed = 0
        self._bin_sum[...] = 0
        self._bin_square[...] = 0
        self._bin += 1

    @property
    def mean(self) -> FloatImage:
        return (self._first + self._sum / self._n).astype(np.float32)

    @property
    def standard_deviation(self) -> FloatImage:
        variance = self._square / self._n - (self._sum / self._n) ** 2
        return np.sqrt(np.maximum(variance, 0)).astype(np.float32)

    @property
    def local_correlation(self) -> FloatImage:
        return self._correlation.image()


def _finite_mean(frame: FloatImage) -> float:
    """Mean of what is finite; 0 when nothing is."""
    mean = float(frame.mean())
    if np.isfinite(mean):
        return mean
    finite = frame[np.isfinite(frame)]
    return float(finite.mean()) if finite.size else 0.0


class _NeighbourCorrelation:
    """Sums for the correlation of neighbouring pixels, the field's mean series regressed out."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._n = 0
        self._sum, self._square, self._with_field = (np.zeros(shape) for _ in range(3))
        self._products = [np.zeros(_pair(self._sum, *step)[0].shape) for step in _PAIRS]
        self._field_sum = self._field_square = 0.0

    def add(self, frame: FloatImage) -> None:
        """Take in the next series value of every pixel."""
        field = _finite_mean(frame)
        self._n += 1
        self._sum += frame
        self._square += frame * frame
        self._with_field += frame * np.float32(field)
        self._field_sum += field
        self._field_square += field * field
        for total, step in zip(self._products, _PAIRS, strict=True):
            first, second = _pair(frame, *step)
            np.add(total, first * second, out=total)

    def image(self) -> FloatImage:
        """Return the mean correlation of each pixel with its neighbours."""
        n = self._n
        field_variance = self._field_square / n - (self._field_sum / n) ** 2
        shared = self._with_field / n - self._sum * (self._field_sum / n**2)
        slope = shared / field_variance if field_variance > 0 else np.zeros_like(shared)
        variance = self._square / n - (self._sum / n) ** 2 - slope * shared
        usable = variance > _TINY * (self._square / n)
        scale = np.zeros_like(variance)
        np.divide(1.0, np.sqrt(np.maximum(variance, 0)), out=scale, where=usable)
        total, count = np.zeros_like(variance), np.zeros_like(variance)
        for products, step in zip(self._products, _PAIRS, strict=True):
            (sum_a, sum_b), (slope_a, _) = _pair(self._sum, *step), _pair(slope, *step)
            (scale_a, scale_b), (_, shared_b) = _pair(scale, *step), _pair(shared, *step)
            covariance = products / n - sum_a * sum_b / n**2 - slope_a * shared_b
            for values, ones in zip(_pair(total, *step), _pair(count, *step), strict=True):
                np.add(values, np.nan_to_num(covariance * scale_a * scale_b), out=values)
                np.add(ones, 1, out=ones)
        correlation = np.clip(total / np.maximum(count, 1), -1, 1)
        correlation[np.isnan(self._sum)] = np.nan
        return correlation.astype(np.float32)


def _pair(image: NDArray[np.floating], dy: int, dx: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return two views of an image such that ``second[i]`` is the neighbour (dy, dx) of ``first[i]``."""
    height, width = image.shape
    left, right = slice(max(0, -dx), width - max(0, dx)), slice(max(0, dx), width + min(0, dx))
    return image[: height - dy, left], image[dy:, right]


def _response_weights(recording: Recording, field_mean: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """Weight of each frame in the response image: negative before the stimulus, positive after, sum 0."""
    if not recording.events:
        return None
    start_s = recording.events[0].start_s
    later = [event.start_s for event in recording.events[1:] if event.start_s > start_s]
    before = recording.time_s < start_s
    after = (recording.time_s >= start_s) & (recording.time_s < (later[0] if later else np.inf))
    if not before.any() or not after.any():
        return None
    rise = np.clip(field_mean - field_mean[before].mean(), 0, None) * after
    weights = rise if rise.sum() > 0 else after.astype(np.float64)
    balanced: NDArray[np.float32] = (weights / weights.sum() - before / before.sum()).astype(np.float32)
    return balanced
