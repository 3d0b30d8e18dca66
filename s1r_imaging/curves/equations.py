"""The equations by name.

>>> get_equation("inhibition_4pl").parameters
('bottom', 'top', 'log_ic50', 'hill_slope')
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from s1r_imaging.curves import antagonism, binding_shapes, exponentials, logistic
from s1r_imaging.curves.equation import Equation, from_function

_ALL = (*logistic.EQUATIONS, *binding_shapes.EQUATIONS, *exponentials.EQUATIONS, *antagonism.EQUATIONS)
_BY_NAME = {name: item for item in _ALL for name in (item.name, *item.aliases)}


def equations() -> tuple[Equation, ...]:
    """Return all equations that have a name.

    Returns
    -------
    tuple of Equation
        Logistic curves, binding isotherms, exponentials, antagonism.
    """
    return _ALL


def get_equation(equation: str | Callable[..., Any] | Equation) -> Equation:
    """Find an equation by name, or make one of a function.

    Parameters
    ----------
    equation : str, callable or Equation
        A name or alias; a function whose first argument is x and whose other arguments are the parameters; or
        an equation, which is returned as it is.

    Returns
    -------
    Equation
        The equation.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If no equation has the name.
    """
    if isinstance(equation, Equation):
        return equation
    if isinstance(equation, str):
        key = equation.strip().lower().replace("-", "_").replace(" ", "_")
        if key in _BY_NAME:
            return _BY_NAME[key]
        near = get_close_matches(key, _BY_NAME, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"equation={equation!r} is unknown: {hint}Expected one of {', '.join(item.name for item in _ALL)}."
        )
    if callable(equation):
        return from_function(equation)
    raise TypeError(f"equation={equation!r}: expected a name, a function of x and parameters, or an Equation.")
