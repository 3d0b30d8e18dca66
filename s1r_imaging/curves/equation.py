"""What an equation is: a plain function, and what is needed to fit it."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.guess import best_on_grid

Vector = NDArray[np.float64]
XKind = Literal["concentration_M", "agonist_and_antagonist_M", "time", "any"]

_MIDPOINT = re.compile(r"(log|p)_?([ie]c50|ac50|k[idab])", re.IGNORECASE)
NO_CONCENTRATION = -400.0  # stands for log10 of zero: beyond it every curve is flat


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation with its starting guess, bounds and source.

    Attributes
    ----------
    name : str
        The name by which `fit_curve` knows it.
    function : callable
        ``function(x, *parameters)``; parameters broadcast against x.
    parameters : tuple of str
        Names of the parameters, in the function's order.
    formula : str
        The equation as a person writes it.
    reference : str
        Where it comes from.
    x_kind : str
        What x is: ``"concentration_M"``, ``"agonist_and_antagonist_M"`` (two rows), ``"time"`` or ``"any"``.
    linear : tuple of str
        Parameters in which the equation is linear while all others are held.
    grid : callable or None
        Takes x; returns values to try for each of the other parameters. None: a start must be given.
    bounds : mapping
        Parameter name to (lower, upper), where there are bounds.
    soft_bounds : tuple of str
        Parameters whose bounds are no knowledge but keep the search in order.
    ordered : tuple of str
        Two linear parameters; a guess has the first below the second, where the equation would allow both.
    mirrored : tuple of str
        Two parameters which may be exchanged if a third changes its sign; a guess has the first below the second.
    log10 : tuple of str
        Parameters that are log10 of a molar concentration.
    slopes : callable or None
        ``slopes(x, *parameters)``, the derivatives by each parameter in their order.
    aliases : tuple of str
        Other names.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    formula: str = ""
    reference: str = ""
    x_kind: XKind = "any"
    linear: tuple[str, ...] = ()
    grid: Callable[[Vector], Mapping[str, Vector]] | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    soft_bounds: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    mirrored: tuple[str, ...] = ()
    log10: tuple[str, ...] = ()
    slopes: Callable[..., tuple[Any, ...]] | None = None
    aliases: tuple[str, ...] = ()

    def start(self, x: Vector, y: Vector, *, fixed: Mapping[str, float] | None = None) -> dict[str, Vector]:
        """Guess the parameters of one or many curves: the best point of a coarse grid.

        Parameters
        ----------
        x : array, shape (n,) or (k, n)
            Where the curves were measured.
        y : array, shape (..., n)
            One or many curves, without NaN.
        fixed : mapping, optional
            Parameters that keep a value.

        Returns
        -------
        dict
            Parameter name to values (...).

        Raises
        ------
        ValueError
            If the equation has no guess.
        """
        if self.grid is None:
            raise ValueError(
                f"start=None: {self.name} has no starting guess; pass start= with a value for "
                f"{', '.join(self.parameters)}."
            )
        held = dict(fixed or {})
        values = {name: np.atleast_1d(values) for name, values in self.grid(x).items()}
        mirrored = bool(self.mirrored) and not held.keys() & set(self.mirrored)
        if self.mirrored and not mirrored:
            values[self.mirrored[2]] = np.concatenate([values[self.mirrored[2]], -values[self.mirrored[2]]])
        values |= {name: np.array([value], dtype=np.float64) for name, value in held.items()}
        linear = [name for name in self.linear if name not in held]
        found = best_on_grid(
            self.function, self.parameters, x, y, linear=linear, grid=values, ordered=self.ordered
        )
        if mirrored:
            low, high, sign = self.mirrored
            turned = found[low] > found[high]
            found[low], found[high] = np.minimum(found[low], found[high]), np.maximum(found[low], found[high])
            found[sign] = np.where(turned, -found[sign], found[sign])
        return found

    def check_x(self, x: Vector) -> None:
        """Refuse values of x that the equation cannot take.

        Parameters
        ----------
        x : array, shape (n,) or (k, n)
            Values of x.

        Raises
        ------
        ValueError
            If concentrations are negative, which logarithms of concentrations are, or an axis is missing.
        """
        if self.x_kind == "agonist_and_antagonist_M" and (x.ndim != 2 or x.shape[0] != 2):
            raise ValueError(
                f"x.shape={x.shape}: {self.name} needs two rows of molar concentrations, the agonist's and "
                "the antagonist's."
            )
        if self.x_kind.endswith("_M") and np.any(x < 0):
            raise ValueError(
                f"x holds {float(x.min()):g}: {self.name} takes molar concentrations, where 0 means none; pass "
                "10.0**x if these are logarithms."
            )


def from_function(function: Callable[..., Any]) -> Equation:
    """Make an equation of a function whose first argument is x and whose other arguments are the parameters.

    Parameters
    ----------
    function : callable
        Any Python function of x and parameters, all positional.

    Returns
    -------
    Equation
        Without guess and bounds.

    Raises
    ------
    TypeError
        If the function has no parameter besides x, or takes ``*args``.

    Examples
    --------
    >>> from_function(lambda x, slope, offset: slope * x + offset).parameters
    ('slope', 'offset')
    """
    listed = list(inspect.signature(function).parameters.values())
    positional = [item for item in listed if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
    open_ended = any(item.kind is item.VAR_POSITIONAL for item in listed)
    name = getattr(function, "__name__", type(function).__name__)
    if open_ended or len(positional) < 2:
        raise TypeError(
            f"equation={name}{inspect.signature(function)}: expected a function whose first argument is x and "
            "whose other arguments are the parameters by name, such as f(x, bottom, top)."
        )
    parameters = tuple(item.name for item in positional[1:])
    return Equation(name, function, parameters, log10=tuple(item for item in parameters if _MIDPOINT.match(item)))


def log10_molar(x: Vector) -> Vector:
    """Return log10 of concentrations; none at all becomes a number so low that every curve is flat there.

    >>> log10_molar(np.array([1e-9, 0.0]))
    array([  -9., -400.])
    """
    positive = x > 0
    return np.where(positive, np.log10(np.where(positive, x, 1.0)), NO_CONCENTRATION)


def sigmoid(z: Any) -> Any:
    """Return 1/(1 + exp(−z)), for complex numbers too and without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))
