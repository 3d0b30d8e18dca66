"""What the recordings of an experiment say together: comparisons, EC50 and IC50, pA2."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.compare import Comparison, compare_conditions
from s1r_imaging.experiment.concentration import ConcentrationResponse, fit_concentration_response
from s1r_imaging.experiment.design_notes import design_notes
from s1r_imaging.experiment.replicates import FRACTION
from s1r_imaging.experiment.schild import SchildFit, fit_schild, schild_pairs
from s1r_imaging.experiment_options import ExperimentOptions

_SHARED = ("measure", "event", "leave_out_flags")  # options of the comparison that hold for the fits too
_LEAST_DOSES = 2  # with one concentration of a compound nobody looks for a curve


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """What could be said, and why the rest could not.

    Attributes
    ----------
    comparisons : dict of str to Comparison
        By measure.
    concentration_response : ConcentrationResponse or None
        EC50 and IC50, where the design has curves.
    schild : tuple of SchildFit
        pA2 of each antagonist against each agonist that the design has curves of, with and without it.
    notes : tuple of str
        What could not be said, and what the design leaves open.
    """

    comparisons: dict[str, Comparison]
    concentration_response: ConcentrationResponse | None
    schild: tuple[SchildFit, ...]
    notes: tuple[str, ...]


def answer_design(responses: pd.DataFrame, design: pd.DataFrame, options: ExperimentOptions) -> Answers:
    """Compare the conditions of a design, and fit the curves it holds.

    Parameters
    ----------
    responses : DataFrame
        Responses of all recordings.
    design : DataFrame
        The checked design.
    options : ExperimentOptions
        Options of every stage.

    Returns
    -------
    Answers
        What could not be compared or fitted is absent, and a note says why.
    """
    comparisons, unequal = _compare(responses, design, options)
    fitted, unfitted = _fit_concentrations(responses, design, options)
    schild, unshifted = _fit_schild(responses, design, options)
    notes = (*unequal, *unfitted, *unshifted, *design_notes(design))
    return Answers(comparisons=comparisons, concentration_response=fitted, schild=schild, notes=notes)


def _compare(
    responses: pd.DataFrame, design: pd.DataFrame, options: ExperimentOptions
) -> tuple[dict[str, Comparison], list[str]]:
    """Compare by the chosen measure and by the fraction of responders."""
    found: dict[str, Comparison] = {}
    problems = []
    for measure in dict.fromkeys((options.compare.measure, FRACTION)):
        given: Any = options.compare.to_dict() | {"measure": measure}
        try:
            found[measure] = compare_conditions(responses, design, **given)
        except (S1RImagingError, ValueError) as error:
            problems.append(f"Conditions could not be compared by {measure}: {error}")
    return found, problems


def _fit_concentrations(
    responses: pd.DataFrame, design: pd.DataFrame, options: ExperimentOptions
) -> tuple[ConcentrationResponse | None, list[str]]:
    if not _has_several_doses(design):
        return None, []
    own: Any = options.concentration_response.to_dict()
    try:
        found = fit_concentration_response(responses, design, **_shared(options), **own)
    except (S1RImagingError, ValueError) as error:
        return None, [f"No EC50 or IC50: {error}"]
    return (found if len(found.table) else None), list(found.problems)


def _fit_schild(
    responses: pd.DataFrame, design: pd.DataFrame, options: ExperimentOptions
) -> tuple[tuple[SchildFit, ...], list[str]]:
    pairs = schild_pairs(design) if _has_several_doses(design) else ()
    given: Any = _shared(options) | options.schild.to_dict()
    found, problems = [], []
    for agonist, antagonist in pairs:
        try:
            found.append(fit_schild(responses, design, agonist=agonist, antagonist=antagonist, **given))
        except (S1RImagingError, ValueError) as error:
            of_pair = f" of {antagonist} against {agonist}" if len(pairs) > 1 else ""
            problems.append(f"No pA2{of_pair}: {error}")
    return tuple(found), problems


def _shared(options: ExperimentOptions) -> dict[str, Any]:
    return {name: value for name, value in options.compare.to_dict().items() if name in _SHARED}


def _has_several_doses(design: pd.DataFrame) -> bool:
    doses = [design[name].dropna().nunique() for name in ("agonist_M", "antagonist_M") if name in design]
    return max(doses, default=0) >= _LEAST_DOSES
