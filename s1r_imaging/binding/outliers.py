"""Wells that lie too far from their curve: they are named, and nothing is removed."""

import pandas as pd

from s1r_imaging.binding.result import BindingFit
from s1r_imaging.curves.outliers import find_outliers

_NAMED = ("experiment", "plate", "well", "compound", "role", "concentration_M")


def outlying_wells(fit: BindingFit, plate: pd.DataFrame, *, false_discovery_rate: float = 0.01) -> pd.DataFrame:
    """Name the wells that ROUT finds too far from their curve.

    Parameters
    ----------
    fit : BindingFit
        What `fit_competition` made of the plate.
    plate : DataFrame
        The plate.
    false_discovery_rate : float
        Q: the share of the wells named that may be named wrongly.

    Returns
    -------
    DataFrame
        One row per well: its columns ``experiment, plate, well, compound, role, concentration_M`` as far as the
        plate has them, ``signal``, and ``fitted``, the curve from which it is farthest; indexed as the plate.

    See Also
    --------
    s1r_imaging.curves.outliers.find_outliers : The method, and when it marks nothing.

    Examples
    --------
    >>> from s1r_imaging.binding.competition import fit_competition
    >>> from s1r_imaging.simulate import simulate_binding_plate
    >>> plate, _ = simulate_binding_plate(n_experiments=1)
    >>> plate.loc[30, "signal"] *= 4
    >>> fit = fit_competition(plate, radioligand_M=3e-9, kd_M=3e-9)
    >>> outlying_wells(fit, plate)["well"].tolist() == [plate.loc[30, "well"]]
    True
    """
    table, parts = plate.reset_index(drop=True), []
    for item in fit.fits:
        if item.joint is not None:
            found = find_outliers(
                item.joint.problem, item.joint.solution, false_discovery_rate=false_discovery_rate
            )
            parts.append(item.wells[found.is_outlier[: len(item.wells)]])  # behind them are measured constants
    names = [name for name in _NAMED if name in table]
    if not parts:
        return table.loc[[], [*names, "signal"]].assign(fitted=0.0)
    found_all = pd.concat(parts)
    farthest = found_all.loc[found_all["weighted_residual"].abs().sort_values(ascending=False).index]
    farthest = farthest[~farthest.index.duplicated()].sort_index()  # totals belong to several curves
    return table.loc[farthest.index, [*names, "signal"]].assign(fitted=farthest["fitted"])
