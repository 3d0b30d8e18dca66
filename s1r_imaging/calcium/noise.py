"""How noisy a trace is: robust standard deviations and autocorrelation, one row at a time.

All functions take (n, T) values (a single (T,) row counts as n = 1), treat what is not finite as missing,
and return NaN for a row with too little to go by; nothing warns.

- `robust_sd`: spread around the median, from the median absolute deviation; counts slow changes as noise.
- `difference_sd`: spread from one frame to the next; blind to slow changes, too low for autocorrelated noise.
- `von_neumann_ratio`: 2 for white noise, lower where neighbours are alike.
- `autocorrelation`: lag-1 autocorrelation of many cells' baselines together, with the bias of short
  windows taken out.
- `mean_variance_factor`: how many times the variance of a mean of n frames exceeds the variance of one
  frame.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAD_TO_SD = 1.482602218505602  # 1 / (third quartile of the standard normal distribution)
_SMALL_SAMPLE = np.array([np.nan, np.nan, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107])
_AR_GRID = np.linspace(-0.9, 0.99, 379)


def robust_sd(values: ArrayLike) -> NDArray[np.float64]:
    """Estimate the standard deviation of each row from its median absolute deviation.

    Half of the frames may be anything (spontaneous transients, a jump) without it breaking down.
    Slow changes count as noise; use `difference_sd` for what is left without them.

    Parameters
    ----------
    values : array_like, shape (n, T) or (T,)
        Traces; what is not finite is left out.

    Returns
    -------
    array, shape (n,)
        Standard deviations in the unit of `values`; NaN for rows with fewer than two finite values.

    Notes
    -----
    SD = b(T) × 1.4826 × median(abs(x − median(x))). The factor b(T) removes the small-sample bias for
    normal noise: tabulated for T < 10, T/(T − 0.8) from there on [1]_.

    References
    ----------
    .. [1] Croux C., Rousseeuw P. J. (1992), Time-efficient algorithms for two highly robust estimators of
       scale, Computational Statistics 1, 411–428.

    Examples
    --------
    >>> robust_sd([1.0, 2.0, 3.0, 4.0, 100.0]).round(2)
    array([1.79])
    """
    rows = _rows(values)
    deviation = np.abs(rows - row_median(rows)[:, None])
    count = np.isfinite(rows).sum(axis=1)
    sd: NDArray[np.float64] = _small_sample_factor(count) * MAD_TO_SD * row_median(deviation)
    return sd


def difference_sd(values: ArrayLike) -> NDArray[np.float64]:
    """Estimate the frame-to-frame noise of each row from the differences of neighbours.

    Blind to anything slow: baseline drift, bleaching, a plateau, most of a transient. It can therefore be
    taken over a whole trace. Noise that is autocorrelated (lag-1 coefficient φ) comes out too low by the
    factor √(1 − φ): 0.55 for φ = 0.7.

    Parameters
    ----------
    values : array_like, shape (n, T) or (T,)
        Traces; differences with a value that is not finite are left out.

    Returns
    -------
    array, shape (n,)
        Standard deviations in the unit of `values`; NaN for rows without two finite neighbours.

    Notes
    -----
    SD = 1.4826 × median(abs(x[t + 1] − x[t])) / √2.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 3, 2000)
    >>> difference_sd(noise + 0.1 * np.arange(2000)).round(1)
    array([3.])
    """
    differences = np.abs(np.diff(_rows(values), axis=1))
    sd: NDArray[np.float64] = MAD_TO_SD * row_median(differences) / np.sqrt(2.0)
    return sd


def von_neumann_ratio(values: ArrayLike) -> NDArray[np.float64]:
    """Return the mean squared successive difference over the variance of each row.

    Parameters
    ----------
    values : array_like, shape (n, T) or (T,)
        Traces; what is not finite is left out.

    Returns
    -------
    array, shape (n,)
        About 2 for white noise, 2(1 − φ) for lag-1 autocorrelation φ, near 0 for a slow trend; NaN for
        rows that are constant or have fewer than three finite values.

    References
    ----------
    .. [1] von Neumann J. (1941), Distribution of the ratio of the mean square successive difference to the
       variance, Annals of Mathematical Statistics 12, 367–395.
    """
    rows = _rows(values)
    variance = _mean(_squared_deviation(rows)) * _ratio_of_counts(rows)
    successive = _mean(np.diff(rows, axis=1) ** 2)
    usable = (variance > 0) & (np.isfinite(rows).sum(axis=1) >= 3)
    ratio = np.full(rows.shape[0], np.nan)
    np.divide(successive, variance, out=ratio, where=usable)
    return ratio


def autocorrelation(values: ArrayLike) -> float:
    """Estimate the lag-1 autocorrelation that the noise of all rows has in common.

    Give it baseline frames. Each row's own mean is taken out, which in a short window lowers the apparent
    autocorrelation (by 1/T for white noise, more for slow noise); this is undone with the exact
    expectation under a first-order autoregressive process. Rows are combined by their interquartile mean,
    so that up to a quarter of them may be active.

    Parameters
    ----------
    values : array_like, shape (n, T) or (T,)
        Baselines; what is not finite is left out.

    Returns
    -------
    float
        Coefficient φ between −0.9 and 0.99; 0.0 when no row has three finite values that vary.

    Notes
    -----
    For each row r = Σ y[t] y[t + 1] / Σ y[t]², y being x minus its mean. With γ(k) = φ^k,
    S = Σᵢⱼ φ^abs(i − j), E Σ y² = T − S/T and
    E Σ y[t] y[t + 1] = (T − 1) φ − 2 S/T + 2 (1 − φ^T)/(T (1 − φ)) + (T − 1) S/T²; the estimate is the φ at
    which their ratio equals r. See [1]_ for the bias this removes. What stays is small: φ = 0.7 reads 0.65 in
    windows of 20 frames and 0.69 in windows of 60.

    References
    ----------
    .. [1] Marriott F. H. C., Pope J. A. (1954), Bias in the estimation of autocorrelations, Biometrika 41,
       390–402.

    Examples
    --------
    >>> white = np.random.default_rng(0).normal(size=(200, 20))
    >>> abs(autocorrelation(white)) < 0.05
    True
    """
    rows = _rows(values)
    count = np.isfinite(rows).sum(axis=1)
    centred = rows - _mean(rows)[:, None]
    power = _mean(centred**2) * count
    usable = (count >= 3) & (power > 0)
    if not usable.any():
        return 0.0
    centred, power, count = centred[usable], power[usable], count[usable]
    products = _mean(centred[:, 1:] * centred[:, :-1]) * (count - 1)
    r = products / power
    r = np.sort(r[np.isfinite(r)])
    if not r.size:
        return 0.0
    cut = r.size // 4
    n_frames = int(np.median(count))
    return float(np.interp(np.mean(r[cut : r.size - cut]), _expected_ratios(n_frames), _AR_GRID))


def mean_variance_factor(phi: float, n_frames: int) -> float:
    """Return n × variance(mean of n frames) / variance(one frame) for autocorrelated noise.

    Parameters
    ----------
    phi : float
        Lag-1 autocorrelation of a first-order autoregressive process.
    n_frames : int
        Number of frames in the mean.

    Returns
    -------
    float
        1 for white noise, up to (1 + φ)/(1 − φ) for many frames; the number of independent frames is
        ``n_frames`` divided by it.

    Examples
    --------
    >>> mean_variance_factor(0.0, 20)
    1.0
    >>> round(mean_variance_factor(0.7, 1000), 2)
    5.65
    """
    lags = np.arange(1, n_frames)
    return float(1.0 + 2.0 * np.sum((1.0 - lags / n_frames) * phi**lags))


def row_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of the finite values of each row; NaN where there is none.

    Parameters
    ----------
    values : array, shape (n, T)
        Rows of numbers.

    Returns
    -------
    array, shape (n,)
        Medians.
    """
    finite = np.isfinite(values)
    medians = np.full(values.shape[0], np.nan)
    whole = finite.all(axis=1) & (values.shape[1] > 0)
    if whole.any():  # many times faster than looking for gaps that are not there
        medians[whole] = _median_without_gaps(values[whole])
    gappy = finite.any(axis=1) & ~whole
    if gappy.any():
        medians[gappy] = np.nanmedian(np.where(finite[gappy], values[gappy], np.nan), axis=1)
    return medians


def _median_without_gaps(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what `np.median` does; that partitions at three places, which takes five times as long as at one."""
    middle = rows.shape[1] // 2
    parted = np.partition(rows, middle, axis=1)
    upper: NDArray[np.float64] = parted[:, middle]
    return upper if rows.shape[1] % 2 else (parted[:, :middle].max(axis=1) + upper) / 2.0


def _rows(values: ArrayLike) -> NDArray[np.float64]:
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if rows.ndim != 2:
        raise ValueError(f"values has shape {rows.shape}: expected (n, T) or (T,).")
    return np.where(np.isfinite(rows), rows, np.nan)


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(rows)
    count = finite.sum(axis=1)
    means = np.full(rows.shape[0], np.nan)
    np.divide(np.where(finite, rows, 0.0).sum(axis=1), count, out=means, where=count > 0)
    return means


def _squared_deviation(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = (rows - _mean(rows)[:, None]) ** 2
    return squared


def _ratio_of_counts(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    count = np.isfinite(rows).sum(axis=1)
    ratio = np.full(rows.shape[0], np.nan)
    np.divide(count, count - 1, out=ratio, where=count > 1)
    return ratio


def _small_sample_factor(count: NDArray[np.intp]) -> NDArray[np.float64]:
    few = _SMALL_SAMPLE[np.minimum(count, len(_SMALL_SAMPLE) - 1)]
    many = count / np.maximum(count - 0.8, 0.2)
    return np.where(count < len(_SMALL_SAMPLE), few, many)


@lru_cache(maxsize=32)
def _expected_ratios(n_frames: int) -> NDArray[np.float64]:
    """Return the ratios of the grid; kept, because half of the time of ΔF/F0 would go into them."""
    ratios = _expected_ratio(_AR_GRID, n_frames)
    ratios.setflags(write=False)
    return ratios


def _expected_ratio(phi: NDArray[np.float64], n_frames: int) -> NDArray[np.float64]:
    n = n_frames
    total = np.array([n * mean_variance_factor(float(value), n) for value in phi])
    power = n - total / n
    edge = 2.0 * (1.0 - phi**n) / (n * (1.0 - phi))
    products = (n - 1) * phi - 2.0 * total / n + edge + (n - 1) * total / n**2
    ratio: NDArray[np.float64] = products / power
    return ratio
