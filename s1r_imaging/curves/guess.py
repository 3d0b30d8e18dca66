"""Starting guesses: the best point of a grid, with the linear parameters solved for."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_RIDGE = 1e-9  # keeps two columns that are alike on the data from taking huge opposite values


def best_on_grid(
    function: Callable[..., Any],
    parameters: Sequence[str],
    x: Vector,
    y: Vector,
    *,
    linear: Sequence[str],
    grid: Mapping[str, Vector],
    ordered: Sequence[str] = (),
) -> dict[str, Vector]:
    """Find the grid point with the smallest sum of squares, for one or many curves measured at the same x.

    Parameters
    ----------
    function : callable
        ``function(x, *parameters)``, with parameters of shape (g, 1).
    parameters : sequence of str
        Names of the parameters.
    x : array, shape (n,) or (k, n)
        Where the curves were measured.
    y : array, shape (..., n)
        The curves.
    linear : sequence of str
        Parameters in which the function is linear.
    grid : mapping
        Values to try for each other parameter.
    ordered : sequence of str
        Two linear parameters, of which the first is to be the smaller; none when empty.

    Returns
    -------
    dict
        Parameter name to values (...).
    """
    names = [name for name in parameters if name not in linear]
    nodes = np.array(list(product(*(grid[name] for name in names))), dtype=np.float64)
    values = {name: nodes[:, j : j + 1] for j, name in enumerate(names)}
    values |= {name: np.zeros((len(nodes), 1)) for name in linear}
    with np.errstate(all="ignore"):
        offset = np.broadcast_to(function(x, *(values[name] for name in parameters)), (len(nodes), y.shape[-1]))
        columns = np.empty((len(nodes), len(linear), y.shape[-1]))
        for j, name in enumerate(linear):
            one = values | {name: np.ones((len(nodes), 1))}
            columns[:, j] = function(x, *(one[key] for key in parameters)) - offset
    order = [linear.index(name) for name in ordered if name in linear]
    best, amplitudes = _solve(offset, columns, y.reshape(-1, y.shape[-1]), order)
    found = {name: nodes[best, j] for j, name in enumerate(names)}
    found |= {name: amplitudes[:, j] for j, name in enumerate(linear)}
    return {name: found[name].reshape(y.shape[:-1]) for name in parameters}


def _solve(
    offset: Vector, columns: Vector, curves: Vector, order: Sequence[int]
) -> tuple[NDArray[np.intp], Vector]:
    """Return the best node of each curve (m,) and its linear parameters (m, k)."""
    n_linear = columns.shape[1]
    gram = columns @ columns.transpose(0, 2, 1)
    trace = np.einsum("gkk->g", gram)[:, None, None]
    ridged = gram + (_RIDGE * trace + np.finfo(np.float64).tiny) * np.eye(n_linear)
    weights = np.linalg.solve(ridged, columns) if n_linear else columns
    # SS = |y − offset|² − what the columns explain; the part that is the same for all nodes is left out.
    onto = curves @ columns.reshape(-1, curves.shape[1]).T
    onto = onto.reshape(len(curves), -1, n_linear) - np.einsum("gkn,gn->gk", columns, offset)
    by = curves @ weights.reshape(-1, curves.shape[1]).T
    by = by.reshape(len(curves), -1, n_linear) - np.einsum("gkn,gn->gk", weights, offset)
    ss = np.einsum("gn,gn->g", offset, offset) - 2.0 * curves @ offset.T - np.einsum("mgk,mgk->mg", onto, by)
    if len(order) == 2:
        ss[by[..., order[0]] > by[..., order[1]]] = np.inf
    best = np.argmin(np.where(np.isfinite(ss), ss, np.inf), axis=1)
    return best, by[np.arange(len(curves)), best]


def decades(x: Vector, *, beyond: float, per_decade: float) -> Vector:
    """Return log10 values from below the lowest to above the highest positive x.

    Parameters
    ----------
    x : array
        Positive numbers and zeros.
    beyond : float
        Decades to go beyond the data at either end.
    per_decade : float
        Values in a decade.

    Returns
    -------
    array
        At least three values; around 0 where no x is positive.

    Examples
    --------
    >>> decades(np.array([0.0, 1e-9, 1e-7]), beyond=0.0, per_decade=1.0)
    array([-9., -8., -7.])
    """
    positive = x[(x > 0) & np.isfinite(x)]
    low, high = (np.log10(positive.min()), np.log10(positive.max())) if positive.size else (0.0, 0.0)
    low, high = low - beyond, high + beyond
    count = int(np.clip(np.ceil(round((high - low) * per_decade, 6)) + 1, 3, 60))
    return np.linspace(low, high, count)
