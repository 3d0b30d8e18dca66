"""Joint models of one competition curve: plateaus, competitor, and the radioligand's constants."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s1r_imaging.binding.curve_wells import CurveWells
from s1r_imaging.binding.joint import Curve, JointModel, with_constants
from s1r_imaging.binding.shapes import SHAPES, Shape, exact_bound, exact_shape, shift

Array = NDArray[np.float64]

_LN10 = float(np.log(10.0))
_BEYOND = 12.0  # decades beyond the concentrations measured at which the search for Ki ends
_PLATEAU = 100.0  # bound of the plateaus, in units of the largest signal
_STEP = 0.2  # decades between starting values
_SHARES = (0.3, 0.5, 0.7)
_HILLS = (0.5, 1.0, 2.0, 5.0)
_BOUNDS = {
    "bottom": (-_PLATEAU, _PLATEAU),
    "top": (-_PLATEAU, _PLATEAU),
    "hill_slope": (0.01, 100.0),
    "fraction": (0.0, 1.0),
}


@dataclass(frozen=True)
class Radioligand:
    """What is known of the radioligand and the receptor, in the units of the wells.

    Parameters
    ----------
    log_kd, log_l : float
        Log10 of dissociation constant and total concentration.
    log_kd_se, log_l_se : float
        Their standard errors (decades).
    receptor : float or None
        Total receptor; None when not known.
    signal_per_unit : float or None
        Signal of one unit of bound radioligand; None when not known.
    """

    log_kd: float
    log_l: float
    log_kd_se: float
    log_l_se: float
    receptor: float | None
    signal_per_unit: float | None


def competition_model(wells: CurveWells, ligand: Radioligand, *, model: str, exact: bool) -> JointModel:
    """Build the joint model of one curve.

    Parameters
    ----------
    wells : CurveWells
        The wells, which give starting values and bounds.
    ligand : Radioligand
        Constants of the assay; one of receptor and signal per unit is needed for the exact equilibrium.
    model : {"one_site", "variable_slope", "two_site", "homologous"}
        Kind of competition.
    exact : bool
        Whether depletion of both ligands is solved for.

    Returns
    -------
    JointModel
        Parameters ``bottom, top`` (or ``bottom, log_receptor`` where the receptor is fitted), those of the
        competitor, and ``log_kd, log_l`` where these have errors.
    """
    homologous = model == "homologous"
    bottom, top, own = _start(wells, ligand, model)
    if not exact:
        shape = SHAPES[model]
    else:
        receptor = ligand.receptor or _receptor_start(top - bottom, ligand)
        own = [exact_log_ki(own[0] + _shift(ligand, own[0], homologous=homologous), ligand, receptor)]
        if ligand.receptor is None:
            return _assembled(
                wells,
                ligand,
                *_with_receptor(ligand, homologous=homologous),
                [
                    bottom,
                    np.log10(receptor),
                    *own,
                ],
            )
        shape = exact_shape(receptor, homologous=homologous)
    return _assembled(wells, ligand, ("bottom", "top", *shape.names), _plateaus(shape), [bottom, top, *own])


def _assembled(
    wells: CurveWells, ligand: Radioligand, names: tuple[str, ...], curve: Curve, start: list[float]
) -> JointModel:
    """Fix the radioligand's constants that have no error; give those that have one a prior."""
    constants = {"log_kd": (ligand.log_kd, ligand.log_kd_se), "log_l": (ligand.log_l, ligand.log_l_se)}
    fixed = {name: value for name, (value, error) in constants.items() if error == 0 and name in names}
    priors = {name: constants[name] for name in names if name in constants and name not in fixed}
    free, reduced = with_constants(names, curve, fixed)
    doses = wells.x[np.isfinite(wells.x)]
    span = (doses.min(initial=0.0) - _BEYOND, doses.max(initial=0.0) + _BEYOND)
    bounds = np.array([_BOUNDS.get(name, (-np.inf, np.inf) if name in priors else span) for name in free])
    first = np.array([*start, *(value for value, _ in priors.values())])
    return JointModel(free, reduced, wells.x, first, bounds[:, 0], bounds[:, 1], priors)


def _plateaus(shape: Shape) -> Curve:
    def curve(x: Array, theta: Array) -> tuple[Array, Array]:
        left, slopes = shape.function(x, theta[2:])
        span = theta[1] - theta[0]
        return theta[0] + span * left, np.column_stack([1.0 - left, left, span * slopes])

    return curve


def _with_receptor(ligand: Radioligand, *, homologous: bool) -> tuple[tuple[str, ...], Curve]:
    """Return names and curve where the signal tells how much is bound, and so how much receptor there is.

    Non-specific binding is in proportion to free radioligand, which specific binding depletes.
    """
    per_unit = ligand.signal_per_unit or np.nan

    def curve(x: Array, theta: Array) -> tuple[Array, Array]:
        bottom, log_receptor, log_ki = theta[:3]
        log_kd, log_l = (log_ki, theta[3]) if homologous else theta[3:]
        bound, slopes = exact_bound(x, np.array([log_receptor, log_ki, log_kd, log_l]))
        total = 10.0**log_l
        gain = per_unit - bottom / total
        by_ki = slopes[:, 1] + slopes[:, 2] if homologous else slopes[:, 1]
        by_l = gain * slopes[:, 3] + bottom * bound / total * _LN10
        columns = [1.0 - bound / total, gain * slopes[:, 0], gain * by_ki]
        columns += [by_l] if homologous else [gain * slopes[:, 2], by_l]
        return bottom + gain * bound, np.stack(columns, axis=1)

    constants = ("log_l",) if homologous else ("log_kd", "log_l")
    return ("bottom", "log_receptor", "log_ki", *constants), curve


def _shift(ligand: Radioligand, log_ki: float, *, homologous: bool) -> float:
    return shift(log_ki if homologous else ligand.log_kd, ligand.log_l)[0]


def _receptor_start(window: float, ligand: Radioligand) -> float:
    """Return the receptor that would bind what was bound, with half of the radioligand free at least."""
    total, kd = float(10.0**ligand.log_l), float(10.0**ligand.log_kd)
    bound: float = min(max(window / (ligand.signal_per_unit or np.nan), 1e-6 * total), 0.5 * total)
    return bound * (1.0 + kd / (total - bound))


def exact_log_ki(log_ic50: float, ligand: Radioligand, receptor: float) -> float:
    """Return log10 Ki at which the exact equilibrium is half displaced by a total competitor of 10^`log_ic50`.

    Parameters
    ----------
    log_ic50 : float
        Log10 of total competitor.
    ligand : Radioligand
        Constants of the assay.
    receptor : float
        Total receptor, in the unit of the wells.

    Returns
    -------
    float
        Where less competitor is present than must be bound for that, a hundredth of the smallest IC50.
    """
    bound, _ = exact_bound(np.array([-np.inf]), np.array([np.log10(receptor), 0.0, ligand.log_kd, ligand.log_l]))
    half = 0.5 * float(bound[0])
    free = half * 10.0**ligand.log_kd / (10.0**ligand.log_l - half)
    taken = receptor - free - half
    return float(np.log10(free * max(10.0**log_ic50 / taken - 1.0, 0.01)))


def _start(wells: CurveWells, ligand: Radioligand, model: str) -> tuple[float, float, list[float]]:
    """Return plateaus and the competitor's parameters of the best of many curves, unweighted."""
    doses = wells.x[np.isfinite(wells.x)]
    middles = np.arange(doses.min(initial=0.0) - 2.0, doses.max(initial=0.0) + 2.0 + _STEP, _STEP)
    candidates, curves = _candidates(wells.x, middles, model)
    bottoms, tops, ss = _best_plateaus(curves, wells.y)
    best = int(np.argmin(ss))
    own = list(candidates[best])
    n_affinities = 2 if model == "two_site" else 1
    for place in range(n_affinities):
        own[place] -= _log_ratio(own[place], ligand, homologous=model == "homologous")
    return float(bottoms[best]), float(tops[best]), own


def _log_ratio(log_ic50: float, ligand: Radioligand, *, homologous: bool) -> float:
    """Return log10 of IC50/Ki."""
    if homologous:
        own = max(10.0**log_ic50 - 10.0**ligand.log_l, 0.05 * 10.0**log_ic50)
        return float(log_ic50 - np.log10(own))
    return shift(ligand.log_kd, ligand.log_l)[0]


def _candidates(x: Array, middles: Array, model: str) -> tuple[list[tuple[float, ...]], Array]:
    if model == "variable_slope":
        pairs = list(itertools.product(middles.tolist(), _HILLS))
        curves = np.concatenate([_logistics(x, middles, hill)[:, None] for hill in _HILLS], axis=1)
        return list(pairs), curves.reshape(-1, x.size)
    if model == "two_site":
        wide = middles[::3].tolist()
        single = dict(zip(wide, _logistics(x, middles[::3], 1.0), strict=True))
        triples = [(*pair, part) for pair in itertools.combinations(wide, 2) for part in _SHARES]
        mixed = [part * single[high] + (1.0 - part) * single[low] for high, low, part in triples]
        return list(triples), np.array(mixed)
    return [(middle,) for middle in middles.tolist()], _logistics(x, middles, 1.0)


def _logistics(x: Array, middles: Array, hill: float) -> Array:
    finite = np.where(np.isfinite(x), x, np.where(x > 0, 1.0, -1.0) * 40.0)
    curves: Array = 1.0 / (1.0 + 10.0 ** (hill * (finite - middles[:, None])))
    return curves


def _best_plateaus(curves: Array, y: Array) -> tuple[Array, Array, Array]:
    """Fit bottom and top to each curve (m, n), kept near the data; return them and the sums of squares."""
    part = curves - curves.mean(axis=1, keepdims=True)
    away = y - y.mean()
    spread = np.maximum((part**2).sum(axis=1), 1e-9 * y.size)
    reach = max(float(np.ptp(y)), 1e-12)
    span = (part @ away) / spread
    bottom = np.clip(y.mean() - span * curves.mean(axis=1), y.min() - reach, y.max() + reach)
    top = np.clip(bottom + span, y.min() - reach, y.max() + reach)
    ss = ((y - bottom[:, None] - (top - bottom)[:, None] * curves) ** 2).sum(axis=1)
    return bottom, top, ss
