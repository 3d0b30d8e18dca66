"""The camera: electrons to counts."""

import numpy as np
from numpy.typing import NDArray


def expose(
    light: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    offset_counts: float,
    gain_counts_per_e: float,
    read_noise_e: float,
    shot_noise: bool,
    bit_depth: int,
) -> NDArray[np.uint16]:
    """Turn expected counts into what a camera reads.

    The noise of one pixel is normal with variance ``gain * light + (gain * read_noise)**2``: that of the
    Poisson law of photons plus that of the reading. The normal form differs from the exact one only
    below some ten electrons, where the reading dominates.

    Parameters
    ----------
    light : array of float32, shape (Y, X)
        Expected counts above the offset.
    rng : numpy.random.Generator
        Source of randomness.
    offset_counts : float
        Counts without light.
    gain_counts_per_e : float
        Counts per photo-electron.
    read_noise_e : float
        SD of the reading (electrons).
    shot_noise : bool
        Whether photons arrive at random.
    bit_depth : int
        Counts are cut off at ``2**bit_depth - 1``.

    Returns
    -------
    array of uint16, shape (Y, X)
        Counts.
    """
    counts = light + np.float32(offset_counts)
    variance = np.float32((gain_counts_per_e * read_noise_e) ** 2)
    spread = np.sqrt(np.float32(gain_counts_per_e if shot_noise else 0.0) * light + variance)
    noise = rng.standard_normal(light.shape, dtype=np.float32)
    noise *= spread
    counts += noise
    np.rint(counts, out=counts)
    np.clip(counts, 0, 2**bit_depth - 1, out=counts)
    return counts.astype(np.uint16)
