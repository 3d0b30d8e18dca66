"""A log axis of concentrations that also has a place for none and for a saturating one.

Zero has no logarithm, but wells without competitor are measurements like any other: they stand beside the
decades, behind a break of the axis line. Non-specific wells stand behind a second break at the other end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import ArrayLike, NDArray

from s1r_imaging.plots.style import INK, figure_of

ConcentrationUnit = Literal["M", "mM", "µM", "nM", "pM", "log10 M"]
UNITS_M: dict[str, float] = {"M": 1.0, "log10 M": 1.0, "mM": 1e-3, "µM": 1e-6, "nM": 1e-9, "pM": 1e-12}

_MARGIN, _GAP = 0.3, 0.5  # decades beyond the outermost doses, and from there to what has no logarithm
_SHELF = 0.3  # half the width of the place behind a break (decades)
_TICK_PT = 24.0  # room for the number of a decade (points)
_SLASH: Any = [(-0.45, -1.0), (0.45, 1.0)]


@dataclass(frozen=True, kw_only=True)
class ConcentrationAxis:
    """Where each concentration stands on x.

    Parameters
    ----------
    low, high : float
        The decades shown (log10 M), with a margin around the doses.
    zero_at : float or None
        Where wells without competitor stand; None when there are none.
    end_at : float or None
        Where non-specific wells stand; None when there are none.
    unit : str
        Unit of the ticks.

    Examples
    --------
    >>> axis = concentration_axis([0, 1e-9, 1e-6], has_end=False)
    >>> axis.place([1e-8, 0]).round(1).tolist()
    [-8.0, -10.1]
    """

    low: float
    high: float
    zero_at: float | None
    end_at: float | None
    unit: ConcentrationUnit = "M"

    def place(self, concentration_M: ArrayLike) -> NDArray[np.float64]:
        """Return the x of concentrations (M): log10, or the place of none (0) and of saturation (inf).

        Parameters
        ----------
        concentration_M : array_like
            Concentrations (mol/L); what has no place is NaN.

        Returns
        -------
        numpy.ndarray of float
            Positions, of the same shape.
        """
        given = np.asarray(concentration_M, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.log10(given)
        x = np.where(given == 0, np.nan if self.zero_at is None else self.zero_at, x)
        return np.where(np.isposinf(given), np.nan if self.end_at is None else self.end_at, x)

    def doses(self, n: int = 201) -> NDArray[np.float64]:
        """Return concentrations (M) that span the decades shown, for a smooth curve."""
        return np.asarray(10 ** np.linspace(self.low, self.high, n))

    def shelf(self, x: float) -> NDArray[np.float64]:
        """Return both ends of the place behind a break, on which a level is drawn."""
        return np.array([x - 0.7 * _SHELF, x + 0.7 * _SHELF])


def concentration_axis(
    concentration_M: ArrayLike, *, has_end: bool = False, unit: ConcentrationUnit = "M"
) -> ConcentrationAxis:
    """Plan an axis for doses.

    Parameters
    ----------
    concentration_M : array_like
        All doses (mol/L); a zero asks for the place of none.
    has_end : bool
        Whether non-specific wells need a place.
    unit : {'M', 'mM', 'µM', 'nM', 'pM', 'log10 M'}
        Unit of the ticks.

    Returns
    -------
    ConcentrationAxis
        The axis; nine decades to 1 M stand in where there is no dose at all.

    Raises
    ------
    ValueError
        If the unit is unknown.
    """
    if unit not in UNITS_M:
        raise ValueError(f"unit={unit!r}: expected one of {', '.join(UNITS_M)}.")
    given = np.asarray(concentration_M, dtype=np.float64).ravel()
    doses = given[np.isfinite(given) & (given > 0)]
    low, high = (-9.0, -5.0) if not doses.size else (np.log10(doses.min()), np.log10(doses.max()))
    low, high = float(low) - _MARGIN, float(high) + _MARGIN
    return ConcentrationAxis(
        low=low,
        high=high,
        zero_at=low - _GAP - _SHELF if bool(np.any(given == 0)) else None,
        end_at=high + _GAP + _SHELF if has_end else None,
        unit=unit,
    )


def dress_concentration_axis(ax: Axes, axis: ConcentrationAxis, *, label: str, end_label: str = "NS") -> None:
    """Give axes the limits, decades, breaks and label of a concentration axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    axis : ConcentrationAxis
        The plan.
    label : str
        What is dosed; the unit is added. An empty label leaves the numbers out too.
    end_label : str
        What stands under the non-specific wells.
    """
    parts = [(axis.low, axis.high)]
    if axis.zero_at is not None:
        parts.insert(0, (axis.zero_at - _SHELF, axis.zero_at + _SHELF))
    if axis.end_at is not None:
        parts.append((axis.end_at - _SHELF, axis.end_at + _SHELF))
    ax.set_xlim(parts[0][0], parts[-1][1])
    _draw_line(ax, parts)
    places, words = _decades(axis, _decade_pt(ax))
    if axis.zero_at is not None:
        places, words = [axis.zero_at, *places], ["0", *words]
    if axis.end_at is not None:
        places, words = [*places, axis.end_at], [*words, end_label]
    ax.xaxis.set_major_locator(FixedLocator(places))
    ax.xaxis.set_major_formatter(FixedFormatter(words if label else [""] * len(places)))
    ax.xaxis.set_minor_locator(FixedLocator(_minor(axis)))
    ax.tick_params(axis="x", which="minor", width=0.5, length=1.5, color=INK)
    if label:
        ax.set_xlabel(
            rf"$\log_{{10}}$ {label} (M)" if axis.unit == "log10 M" else f"{label} ({axis.unit})", color=INK
        )


def _draw_line(ax: Axes, parts: Sequence[tuple[float, float]]) -> None:
    """Draw the axis line in parts, with a pair of slashes at each break."""
    ax.spines["bottom"].set_visible(False)
    edge: Any = {"transform": ax.get_xaxis_transform(), "clip_on": False, "color": INK, "zorder": 2.5}
    for number, (start, stop) in enumerate(parts):
        ax.plot([start, stop], [0, 0], linewidth=0.7, solid_capstyle="butt", gid="axis line", **edge)
        broken = ([start] if number else []) + ([stop] if number < len(parts) - 1 else [])
        ax.plot(
            broken, [0.0] * len(broken), linestyle="none", marker=_SLASH, markersize=6, markeredgewidth=0.7,
            gid="axis break", **edge,
        )  # fmt: skip


def _decade_pt(ax: Axes) -> float:
    low, high = ax.get_xlim()
    return float(ax.get_window_extent().width * 72 / figure_of(ax).dpi / (high - low))


def _decades(axis: ConcentrationAxis, decade_pt: float) -> tuple[list[float], list[str]]:
    """Return the decades that get a number: as many as there is room for."""
    unit = np.log10(UNITS_M[axis.unit])
    exponents = np.arange(np.ceil(axis.low - unit - 1e-9), np.floor(axis.high - unit + 1e-9) + 1)
    exponents = exponents[:: max(int(np.ceil(_TICK_PT / decade_pt)), 1)]
    return [float(exponent + unit) for exponent in exponents], [_power(int(e), axis.unit) for e in exponents]


def _power(exponent: int, unit: str) -> str:
    if unit == "log10 M":
        return f"{exponent}".replace("-", "−")
    if unit != "M" and -2 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return f"$10^{{{exponent}}}$"


def _minor(axis: ConcentrationAxis) -> list[float]:
    digits = np.log10(np.arange(2, 10))
    decades = np.arange(np.floor(axis.low), np.ceil(axis.high) + 1)
    places = (decades[:, None] + digits).ravel()
    return [float(x) for x in places if axis.low <= x <= axis.high]
