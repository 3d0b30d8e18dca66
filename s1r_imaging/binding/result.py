"""What a competition fit gives: one answer per experiment and compound, as table, curves and text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.binding.joint import JointFit
from s1r_imaging.binding.noise import NoiseModel
from s1r_imaging.binding.words import fit_words
from s1r_imaging.curves.bands import band
from s1r_imaging.curves.potency import Relation
from s1r_imaging.flags import BindingFlag, flag_names

Array = NDArray[np.float64]

_N_GRID = 121
_MARGIN = 0.5  # decades of a curve beyond the concentrations measured


@dataclass(frozen=True, eq=False)
class CompetitionFit:
    """One compound in one experiment.

    Attributes
    ----------
    experiment, compound : object
        As the plate has them.
    model, equilibrium : str
        What was fitted.
    relation : {"=", ">", "<", ""}
        Whether Ki is a number, lies above or below `log_ki_limit`, or is not known at all.
    log_ki, log_ki_se, log_ki_low, log_ki_high : float
        Log10 of Ki (M), its standard error and interval; an end that the data do not limit is ±inf. The estimate
        is NaN unless `relation` is ``"="``.
    log_ki_limit : float
        Log10 of the limit where there is one.
    log_ic50 : float
        Log10 of the total competitor (M) that halves specific binding.
    hill_slope, hill_low, hill_high : float
        Slope of the same wells with a variable slope, and its interval.
    parameters : DataFrame
        All parameters as fitted, in units of the signal and log10 M: ``estimate, standard_error, ci_low,
        ci_high``, indexed by ``parameter``. Here the estimates stand whatever they are worth.
    wells : DataFrame
        Wells of the fit: ``role, concentration_M, signal, fitted, residual, weighted_residual``.
    bound_fraction : float
        Part of the radioligand that is bound without competitor; NaN when not known.
    receptor_M : float
        Receptor given or found (mol/L); NaN when not known.
    r_squared : float
        Weighted, about the weighted mean.
    df : int
        Wells minus parameters.
    confidence : float
        Level of all intervals.
    flags : int
        Sum of `BindingFlag` bits.
    notes : tuple of str
        What to do about them.
    centre, scale : float
        Log10 of the unit of concentration (M) and unit of the signal in `joint`.
    joint : JointFit or None
        The fit itself; None where there was nothing to fit.
    """

    experiment: object
    compound: object
    model: str
    equilibrium: str
    wells: pd.DataFrame
    parameters: pd.DataFrame
    relation: Relation = ""
    log_ki: float = np.nan
    log_ki_se: float = np.nan
    log_ki_low: float = np.nan
    log_ki_high: float = np.nan
    log_ki_limit: float = np.nan
    log_ic50: float = np.nan
    hill_slope: float = np.nan
    hill_low: float = np.nan
    hill_high: float = np.nan
    bound_fraction: float = np.nan
    receptor_M: float = np.nan
    r_squared: float = np.nan
    df: int = 0
    confidence: float = 0.95
    flags: int = 0
    notes: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    joint: JointFit | None = field(default=None, repr=False)

    def parameter(self, name: str, column: str = "estimate") -> float:
        """Return one number of the table of parameters, NaN where there is none.

        Parameters
        ----------
        name : str
            Parameter.
        column : str
            Column.

        Returns
        -------
        float
            The number.
        """
        return float(self.parameters[column].get(name, np.nan))

    def curve(self, concentration_M: Array | None = None) -> pd.DataFrame:
        """Return the fitted curve with its confidence band.

        Parameters
        ----------
        concentration_M : array, optional
            Competitor (mol/L); when not given, 0, a grid over what was measured, and infinity, where only
            non-specific binding is left.

        Returns
        -------
        DataFrame
            Columns ``experiment, compound, concentration_M, signal, ci_low, ci_high``; no rows without a fit.
        """
        columns = ["experiment", "compound", "concentration_M", "signal", "ci_low", "ci_high"]
        if self.joint is None:
            return pd.DataFrame(columns=columns)
        grid = self._grid() if concentration_M is None else np.asarray(concentration_M, dtype=np.float64)
        with np.errstate(divide="ignore"):
            x = np.log10(grid) - self.centre
        mean, gradient = self.joint.model.curve(x, self.joint.theta)
        low, high = band(mean, gradient, self.joint.covariance, self.df, confidence=self.confidence)
        values = (
            [self.experiment] * x.size,
            [self.compound] * x.size,
            grid,
            *(item * self.scale for item in (mean, low, high)),
        )
        return pd.DataFrame(dict(zip(columns, values, strict=True)))

    def _grid(self) -> Array:
        concentration = self.wells["concentration_M"].to_numpy()[(self.wells["role"] == "competitor").to_numpy()]
        doses = np.log10(concentration[concentration > 0])
        if not doses.size:
            return np.array([0.0, np.inf])
        inner = np.logspace(doses.min() - _MARGIN, doses.max() + _MARGIN, _N_GRID)
        return np.concatenate([[0.0], inner, [np.inf]])

    def to_row(self) -> dict[str, object]:
        """Return the answer as one row of `BindingFit.to_frame`."""
        nM = {name: 10.0 ** (value + 9.0) for name, value in self._logs().items()}
        doses = self.wells.loc[self.wells["role"] == "competitor", "concentration_M"]
        return {
            "experiment": self.experiment,
            "compound": self.compound,
            "relation": self.relation,
            "pki": -self.log_ki,
            "pki_se": self.log_ki_se,
            "pki_ci_low": -self.log_ki_high,
            "pki_ci_high": -self.log_ki_low,
            "ki_nM": nM["ki"],
            "ki_ci_low_nM": nM["low"],
            "ki_ci_high_nM": nM["high"],
            "pki_limit": -self.log_ki_limit,
            "ki_limit_nM": nM["limit"],
            "ic50_nM": nM["ic50"],
            "hill_slope": self.hill_slope,
            "hill_ci_low": self.hill_low,
            "hill_ci_high": self.hill_high,
            "top": self.parameter("top"),
            "bottom": self.parameter("bottom"),
            "pki_2": -self.parameter("log_ki_2"),
            "pki_2_ci_low": -self.parameter("log_ki_2", "ci_high"),
            "pki_2_ci_high": -self.parameter("log_ki_2", "ci_low"),
            "fraction": self.parameter("fraction"),
            "bound_fraction": self.bound_fraction,
            "receptor_nM": self.receptor_M * 1e9,
            "r_squared": self.r_squared,
            "n_wells": len(self.wells),
            "n_concentrations": int(doses[doses > 0].nunique()),
            "model": self.model,
            "equilibrium": self.equilibrium,
            "flags": self.flags,
            "flag_names": flag_names(self.flags, kind=BindingFlag),
        }

    def _logs(self) -> dict[str, float]:
        return {
            "ki": self.log_ki,
            "low": self.log_ki_low,
            "high": self.log_ki_high,
            "limit": self.log_ki_limit,
            "ic50": self.log_ic50 if self.relation == "=" else np.nan,
        }


@dataclass(frozen=True, eq=False)
class BindingFit:
    """Competition fits of a plate, one per experiment and compound.

    Attributes
    ----------
    fits : tuple of CompetitionFit
        In the order of the plate.
    radioligand_M, kd_M : float
        What was said of the radioligand (mol/L); `kd_M` is NaN where it was fitted.
    noise : NoiseModel
        How much wells scatter.
    confidence : float
        Level of all intervals.
    """

    fits: tuple[CompetitionFit, ...]
    radioligand_M: float
    kd_M: float
    noise: NoiseModel
    confidence: float

    def __iter__(self) -> Iterator[CompetitionFit]:
        """Go through the fits."""
        return iter(self.fits)

    def __len__(self) -> int:
        """Return the number of fits."""
        return len(self.fits)

    def fit(self, experiment: object, compound: object) -> CompetitionFit:
        """Return the fit of one compound in one experiment.

        Parameters
        ----------
        experiment, compound : object
            As the plate has them.

        Returns
        -------
        CompetitionFit
            The fit.

        Raises
        ------
        KeyError
            If there is none.
        """
        for item in self.fits:
            if item.experiment == experiment and item.compound == compound:
                return item
        raise KeyError(f"no fit of compound {compound!r} in experiment {experiment!r}.")

    def curve(self, experiment: object, compound: object) -> pd.DataFrame:
        """Return one fitted curve with its confidence band.

        Parameters
        ----------
        experiment, compound : object
            As the plate has them.

        Returns
        -------
        DataFrame
            See `CompetitionFit.curve`.
        """
        return self.fit(experiment, compound).curve()

    def curves(self) -> pd.DataFrame:
        """Return all fitted curves below each other, as `plot_competition` takes them.

        Returns
        -------
        DataFrame
            Columns ``experiment, compound, concentration_M, signal, ci_low, ci_high``.
        """
        tables = [item.curve() for item in self.fits if item.joint is not None]
        columns = ["experiment", "compound", "concentration_M", "signal", "ci_low", "ci_high"]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)

    def residuals(self) -> pd.DataFrame:
        """Return what the fits leave of every well; shared wells appear once for each compound.

        Returns
        -------
        DataFrame
            Columns ``experiment, compound, role, concentration_M, signal, fitted, residual,
            weighted_residual``.
        """
        columns = ["role", "concentration_M", "signal", "fitted", "residual", "weighted_residual"]
        tables = []
        for item in self.fits:
            table = item.wells[columns].reset_index(drop=True)
            table.insert(0, "experiment", [item.experiment] * len(table))
            table.insert(1, "compound", [item.compound] * len(table))
            tables.append(table)
        if not tables:
            return pd.DataFrame(columns=["experiment", "compound", *columns])
        return pd.concat(tables, ignore_index=True)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per experiment and compound.

        Returns
        -------
        DataFrame
            ``experiment, compound, relation``, Ki with its interval as ``pki…`` and ``ki…_nM``, a limit where Ki
            is only known to lie beyond one, ``ic50_nM``, the Hill slope with its interval, plateaus, the share
            of radioligand bound, ``flags`` and ``flag_names``. Numbers that the data do not support are NaN.
        """
        rows = [item.to_row() for item in self.fits] or [_NOTHING.to_row()]
        return pd.DataFrame(rows).iloc[: len(self.fits)]

    def report(self) -> str:
        """Return the answers in words, one paragraph per experiment and compound.

        Returns
        -------
        str
            Plain text.
        """
        assay = f"radioligand {self.radioligand_M * 1e9:.3g} nM"
        if np.isfinite(self.kd_M):
            assay += f", Kd {self.kd_M * 1e9:.3g} nM"
        rows = [(item.to_row(), item.notes) for item in self.fits]
        return "\n\n".join(fit_words(row, notes, assay=assay, confidence=self.confidence) for row, notes in rows)


_NOTHING = CompetitionFit(
    "",
    "",
    "",
    "",
    pd.DataFrame(columns=["role", "concentration_M", "signal", "fitted", "residual", "weighted_residual"]),
    pd.DataFrame(columns=["estimate", "standard_error", "ci_low", "ci_high"], dtype=np.float64),
)
