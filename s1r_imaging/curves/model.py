"""One equation on one or several curves: which parameters each curve has of its own, and which are shared."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.curves.derivatives import numerical_jacobian
from s1r_imaging.curves.equation import Equation

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model:
    """An equation, the names of all parameters of all curves, and which curve uses which.

    Attributes
    ----------
    equation : Equation
        The equation of every curve.
    labels : tuple
        Names of the curves; one, None, where there is one curve.
    names : tuple of str
        Parameters; those that a curve has of its own are written ``name[label]``.
    columns : array of int, shape (n_curves, p)
        Position in `names` of each curve's parameters.
    """

    equation: Equation
    labels: tuple[Hashable, ...]
    names: tuple[str, ...]
    columns: NDArray[np.intp]

    def predict(self, theta: Vector, x: Vector, member: NDArray[np.intp]) -> Vector:
        """Compute the curves.

        Parameters
        ----------
        theta : array, shape (p,)
            All parameters.
        x : array, shape (n,) or (k, n)
            Where.
        member : array of int, shape (n,)
            Curve of each point.

        Returns
        -------
        array, shape (n,)
            Of complex numbers where `theta` is complex.
        """
        function, n_points = self.equation.function, x.shape[-1]
        if len(self.labels) == 1:
            values = np.asarray(function(x, *theta))
            return values if values.shape == (n_points,) else np.broadcast_to(values, (n_points,))
        result = np.zeros(n_points, dtype=theta.dtype)
        for index, columns in enumerate(self.columns):
            mine = member == index
            result[mine] = function(x[..., mine], *theta[columns])
        return result

    def slopes(self, theta: Vector, x: Vector, member: NDArray[np.intp]) -> Vector:
        """Compute the derivatives of the curves by the parameters; for equations that know their own.

        Parameters
        ----------
        theta, x, member : array
            As for `predict`.

        Returns
        -------
        array, shape (n, p)
            Derivatives.
        """
        function, n_points = self.equation.slopes, x.shape[-1]
        result = np.zeros((n_points, theta.size))
        for index, columns in enumerate(self.columns):
            mine: Any = slice(None) if len(self.labels) == 1 else member == index
            for j, values in zip(columns, function(x[..., mine], *theta[columns]), strict=True):  # type: ignore[misc]
                result[mine, j] = values
        return result

    def differentiator(
        self, at: Vector, x: Vector, member: NDArray[np.intp], *, lower: Vector, upper: Vector
    ) -> Callable[[Vector], Vector]:
        """Return the function that computes derivatives at these points, exact or numerical.

        Parameters
        ----------
        at : array, shape (p,)
            Parameters at which the curves can be computed.
        x, member : array
            As for `predict`.
        lower, upper : array, shape (p,)
            Bounds of the parameters.

        Returns
        -------
        callable
            Takes parameters (p,), returns derivatives (n, p).
        """
        if self.equation.slopes is not None:
            return lambda theta: self.slopes(theta, x, member)
        return numerical_jacobian(lambda theta: self.predict(theta, x, member), at, lower=lower, upper=upper)

    def spread(self, values: Mapping[str, Any], *, argument: str) -> dict[str, Any]:
        """Give values for an equation's parameters to every curve that has one of its own.

        Parameters
        ----------
        values : mapping
            Parameter name, with or without the curve's label, to a value.
        argument : str
            Name for the message.

        Returns
        -------
        dict
            Name in `names` to value.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        result: dict[str, Any] = {}
        for name, value in values.items():
            if name in self.names:
                result[name] = value
            elif name in self.equation.parameters:
                j = self.equation.parameters.index(name)
                result = {self.names[column]: value for column in self.columns[:, j]} | result
            else:
                raise ValueError(
                    f"{argument} names {name!r}, which is no parameter of {self.equation.name}: expected "
                    f"{', '.join(self.names)}."
                )
        return result


def make_model(equation: Equation, labels: Sequence[Hashable], shared: Collection[str] | None) -> Model:
    """Lay out the parameters of one or several curves.

    Parameters
    ----------
    equation : Equation
        The equation of every curve.
    labels : sequence
        Names of the curves.
    shared : collection of str or None
        Parameters with one value for all curves.

    Returns
    -------
    Model
        The layout.

    Raises
    ------
    ValueError
        If a shared parameter is unknown.
    """
    together = (shared,) if isinstance(shared, str) else tuple(shared or ())
    for name in together:
        if name not in equation.parameters:
            raise ValueError(
                f"shared={name!r} is no parameter of {equation.name}: expected {', '.join(equation.parameters)}."
            )
    single = len(labels) == 1
    names: list[str] = []
    columns = np.zeros((len(labels), len(equation.parameters)), dtype=np.intp)
    for j, parameter in enumerate(equation.parameters):
        for i, label in enumerate(labels):
            name = parameter if single or parameter in together else f"{parameter}[{label}]"
            if name not in names:
                names.append(name)
            columns[i, j] = names.index(name)
    return Model(equation, tuple(labels), tuple(names), columns)
