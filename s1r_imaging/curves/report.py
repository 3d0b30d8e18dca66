"""A fit in words, as it would be read out in a lab meeting."""

from typing import TYPE_CHECKING

import numpy as np

from s1r_imaging.curves.diagnostics import ambiguous, unstable
from s1r_imaging.curves.potency import Censored
from s1r_imaging.flags import CURVE_FLAG_MEANING, CurveFlag

if TYPE_CHECKING:
    from s1r_imaging.curves.curve_fit import CurveFit

_UNITS = ((1.0, "M"), (1e-3, "mM"), (1e-6, "µM"), (1e-9, "nM"), (1e-12, "pM"), (1e-15, "fM"))


def report(fit: "CurveFit") -> str:
    """Write a fit as a pharmacologist would: best-fit values with intervals, goodness of fit, verdicts.

    Parameters
    ----------
    fit : CurveFit
        The fit.

    Returns
    -------
    str
        Lines of text. Midpoints are given in log10 M and as a concentration; what the data do not determine
        has no number.
    """
    name = fit.equation.name or "equation"
    lines = [f"{name}: {fit.equation.formula}" if fit.equation.formula else name]
    lines += ["", *_table(fit), "", _goodness(fit)]
    if fit.n_left_out:
        lines.append(f"{fit.n_left_out} point{_s(fit.n_left_out)} left out: not a finite number.")
    return "\n".join([*lines, *_verdicts(fit)]) + "\n"


def concentration_text(molar: float, *, digits: int = 3) -> str:
    """Write a concentration in the unit in which it is between 1 and 1000.

    >>> concentration_text(1.04e-7), concentration_text(2.5e-5), concentration_text(0.0)
    ('104 nM', '25 µM', '0 M')
    """
    if not np.isfinite(molar) or molar <= 0:
        return "∞" if molar > 0 else "0 M" if molar == 0 else "?"
    scale, unit = next(
        (item for item in _UNITS if float(f"{molar:.{digits}g}") >= item[0] * (1 - 1e-9)), _UNITS[-1]
    )
    return f"{_number(molar / scale, digits)} {unit}"


def _table(fit: "CurveFit") -> list[str]:
    level = f"{100 * fit.confidence:.4g} % CI (profile)"
    rows = [("", "best fit", "SE", level)]
    log10 = set(fit.to_frame().query("estimate_M == estimate_M or relation != '='")["parameter"])
    numbers = fit.parameters[["estimate", "standard_error", "ci_low", "ci_high"]].to_numpy(dtype=np.float64)
    for name, (estimate, error, low, high) in zip(fit.model.names, numbers.tolist(), strict=True):
        if name in fit.fixed:
            rows.append((name, f"= {_number(estimate, 4)}", "", "fixed"))
            continue
        said = fit.midpoints.get(name, Censored("=", estimate))
        best = _best(said, estimate)
        rows.append((name, best, _number(error, 3), _interval(_number(low, 4), _number(high, 4), low, high)))
        if name in log10 and said.relation:
            limits = [concentration_text(10.0 ** min(max(end, -300.0), 300.0), digits=4) for end in (low, high)]
            relation = "" if said.relation == "=" else f"{said.relation} "
            molar = f"{relation}{concentration_text(10.0**said.value, digits=4)}"
            rows.append((f"  {_plain(name)}", molar, "", _interval(limits[0], limits[1], low, high)))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _best(said: Censored, estimate: float) -> str:
    if said.relation in {">", "<"}:
        return str(said)
    return _number(estimate, 4) if np.isfinite(estimate) else "not determined"


def _interval(low: str, high: str, low_value: float, high_value: float) -> str:
    if np.isnan(low_value) and np.isnan(high_value):
        return "not known"
    if np.isinf(low_value) and np.isinf(high_value):
        return "open on both sides"
    if np.isinf(low_value):
        return f"below {high} (open)"
    return f"above {low} (open)" if np.isinf(high_value) else f"{low} to {high}"


def _plain(name: str) -> str:
    """Turn log_ic50 into IC50, keeping the label of a curve."""
    head, bracket, label = name.partition("[")
    stem, _, suffix = head.removeprefix("log_").partition("_")
    stem = stem[0].upper() + stem[1:] if stem.lower() in {"ki", "kd", "ka", "kb"} else stem.upper()
    return f"{stem} {suffix}".rstrip() + bracket + label


def _number(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return "–" if np.isnan(value) else ("−∞" if value < 0 else "∞")
    return f"{value:.{digits}g}".replace("-", "−")


def _goodness(fit: "CurveFit") -> str:
    n_doses = np.unique(np.atleast_2d(fit.x), axis=1).shape[1] if fit.y.size else 0
    parts = [f"n = {fit.y.size} point{_s(fit.y.size)} at {n_doses} dose{_s(n_doses)}", f"df = {fit.df}"]
    if fit.x.ndim == 1 and not fit.equation.x_kind.endswith("_M"):
        parts[0] = f"n = {fit.y.size} point{_s(fit.y.size)} at {n_doses} value{_s(n_doses)} of x"
    weighted = " (weighted)" if np.any(fit.weights != 1.0) else ""
    parts += [f"R² = {_number(fit.r_squared, 4)}", f"Sy.x = {_number(fit.residual_sd, 4)}{weighted}"]
    parts.append(f"sum of squares = {_number(fit.sum_of_squares, 4)}{weighted}")
    return ", ".join(parts) + "."


def _verdicts(fit: "CurveFit") -> list[str]:
    dependency = dict(zip(fit.model.names, fit.parameters["dependency"].to_numpy().tolist(), strict=True))
    named = {
        CurveFlag.AMBIGUOUS: ambiguous(fit.intervals, dependency),
        CurveFlag.UNSTABLE: unstable(fit.intervals),
        CurveFlag.OPEN_INTERVAL: [name for name, item in fit.intervals.items() if item.is_open],
    }
    lines = []
    for flag in CurveFlag:
        if flag & fit.flags:
            who = ", ".join(named.get(flag, ()))
            lines.append(f"! {CURVE_FLAG_MEANING[flag]}" + (f" ({who})" if who else ""))
    return lines


def _s(count: int) -> str:
    return "" if count == 1 else "s"
