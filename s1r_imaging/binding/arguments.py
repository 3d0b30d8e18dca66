"""Checks of numbers given to the equations of this room."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def positive(name: str, value: ArrayLike, unit: str = "mol/L") -> Array:
    """Return `value` as floats, all of which are more than 0 or NaN.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : array_like
        What was given.
    unit : str
        Unit that is expected, for the message.

    Returns
    -------
    array
        The same values.

    Raises
    ------
    ValueError
        If a value is 0 or less.
    """
    array = np.asarray(value, dtype=np.float64)
    if np.any(array <= 0):
        raise ValueError(f"{name}={array[array <= 0].flat[0]:g}: expected more than 0 ({unit}).")
    return array


def not_negative(name: str, value: ArrayLike, unit: str = "mol/L") -> Array:
    """Return `value` as floats, all of which are 0, more, or NaN.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : array_like
        What was given.
    unit : str
        Unit that is expected, for the message.

    Returns
    -------
    array
        The same values.

    Raises
    ------
    ValueError
        If a value is less than 0.
    """
    array = np.asarray(value, dtype=np.float64)
    if np.any(array < 0):
        raise ValueError(f"{name}={array[array < 0].flat[0]:g}: expected 0 or more ({unit}).")
    return array
