"""A saturation or kinetic fit of a radioligand: its curves with their bands, and its answer in words."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from s1r_imaging.binding.measured import MeasuredFit
from s1r_imaging.plots.binding_tables import interval_words
from s1r_imaging.plots.saturation import plot_binding_kinetics, plot_saturation

_GRID = 201
_BEYOND = 1.04  # of the largest concentration or time
_LINE = 56  # letters above a figure of one column
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NAMES = {
    "kd_M": "Kd",
    "kd_1_M": "Kd 1",
    "kd_2_M": "Kd 2",
    "bmax": "Bmax",
    "bmax_1": "Bmax 1",
    "bmax_2": "Bmax 2",
    "bmax_M": "Bmax",
    "bmax_1_M": "Bmax 1",
    "bmax_2_M": "Bmax 2",
    "k_on_per_M_min": "k_on",
    "k_off_per_min": "k_off",
    "half_life_min": "half-life",
    "k_fast_per_min": "k_fast",
    "k_slow_per_min": "k_slow",
    "fast_fraction": "fast part",
    "residence_time_min": "residence time",
    "ki_M": "Ki",
}
_UNITS = {"L/mol/min": "/M/min", "1/min": "/min"}  # as they are spoken


def radioligand_answers(fit: MeasuredFit, *, signal_unit: str = "") -> list[str]:
    """Say each number that the experiment was made for, with its interval.

    Parameters
    ----------
    fit : MeasuredFit
        What `fit_saturation`, `fit_association` or `fit_dissociation` found.
    signal_unit : str
        Unit of the signal, and so of Bmax.

    Returns
    -------
    list of str
        Such as ``"Kd 3.05 nM (2.80–3.33)"``; limits alone where the data do not determine the number.
    """
    table = fit.parameters
    return [f"{word} {_words(fit, name, signal_unit)}" for name, word in _NAMES.items() if name in table.index]


def plot_radioligand(fit: MeasuredFit, *, signal_unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw the wells of a fit with its curves and their bands, over concentration or over time.

    Parameters
    ----------
    fit : MeasuredFit
        What `fit_saturation`, `fit_association` or `fit_dissociation` found.
    signal_unit : str
        Unit of the signal.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    label = "Bound radioligand" + (f" ({signal_unit})" if signal_unit else "")
    words = _lines(radioligand_answers(fit, signal_unit=signal_unit))
    wells, curves = fit.wells, radioligand_curves(fit)
    if "time_min" not in wells:
        return plot_saturation(wells, curves, words=words, signal_label=label, ax=ax)
    if not (wells["concentration_M"] > 0).any():
        wells = wells.drop(columns="concentration_M")
    return plot_binding_kinetics(wells, curves, words=words, signal_label=label, ax=ax)


def radioligand_curves(fit: MeasuredFit) -> pd.DataFrame | None:
    """Compute the curves of a fit, from 0 to a little beyond what was measured.

    Parameters
    ----------
    fit : MeasuredFit
        What `fit_saturation`, `fit_association` or `fit_dissociation` found.

    Returns
    -------
    DataFrame or None
        ``role`` (for a saturation also ``specific``), ``concentration_M`` where there is one, ``time_min`` for
        kinetics, ``signal, ci_low, ci_high``; None where nothing was fitted.
    """
    if fit.predict is None:
        return None
    wells, over = fit.wells, "time_min" if "time_min" in fit.wells else "concentration_M"
    if over == "time_min":
        kinds = wells[["role", "concentration_M"]].drop_duplicates()
    else:
        kinds = pd.DataFrame({"role": ["total", "nonspecific", "specific"]})
    grid = np.linspace(0.0, _BEYOND * float(wells[over].max()), _GRID)
    curves = fit.predict(kinds.merge(pd.DataFrame({over: grid}), how="cross"))
    return curves if (curves["concentration_M"] > 0).any() else curves.drop(columns="concentration_M")


def _words(fit: MeasuredFit, name: str, signal_unit: str) -> str:
    numbers = [fit.value(name, column) for column in ("estimate", "ci_low", "ci_high")]
    own_unit = str(fit.parameters["unit"][name])
    if own_unit == "mol/L":
        return interval_words(*(number * 1e9 for number in numbers))
    unit = signal_unit if name.startswith("bmax") else _UNITS.get(own_unit, own_unit)
    behind = f" {unit}" if unit else ""
    estimate, low, high = numbers
    ends = [f"> {_number(low)}" if np.isinf(high) and low > 0 else "", f"< {_number(high)}" if not low > 0 else ""]
    interval = f"{_number(low)}–{_number(high)}" if not any(ends) else next(filter(None, ends))
    if np.isnan(low) and np.isnan(high):
        return f"{_number(estimate)}{behind}" if np.isfinite(estimate) else "not determined"
    if not np.isfinite(estimate):
        return "not determined" if np.isinf(high) and not low > 0 else f"{interval}{behind}"
    return f"{_number(estimate)}{behind} ({interval})"


def _lines(answers: list[str]) -> str:
    """Put answers side by side where there is room, the first four of them."""
    lines: list[str] = []
    for answer in answers[:4]:
        together = f"{lines[-1]}, {answer}" if lines else answer
        lines[-1:] = [together] if len(together) <= _LINE or not lines else [lines[-1], answer]
    return "\n".join(lines)


def _number(value: float) -> str:
    if 1000 <= abs(value) < 1e6:
        return f"{value:.0f}"
    digits, _, power = f"{value:.3g}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}" if power else digits
