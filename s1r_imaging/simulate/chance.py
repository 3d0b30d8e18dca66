"""Streams of chance: each aspect of a simulation has its own."""

import numpy as np


def streams(seed: object, n: int) -> list[np.random.Generator]:
    """Make independent sources of randomness.

    Parameters
    ----------
    seed : int
        Seed, 0 or more.
    n : int
        Number of streams; the first ones do not depend on how many follow.

    Returns
    -------
    list of numpy.random.Generator
        The streams.

    Raises
    ------
    ValueError
        If the seed is not a whole number, 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed={seed!r}: expected a whole number, 0 or more.")
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(n)]
