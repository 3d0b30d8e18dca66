"""What a Methods section says of concentration–response curves; see `methods_imaging`."""

from collections.abc import Collection, Mapping
from typing import Any

from s1r_imaging.report.methods_imaging import plain

_MIDPOINTS = {"ec50": "EC50 of agonists", "ic50": "IC50 of antagonists"}


def concentration_text(options: Mapping[str, Any], *, kinds: Collection[str], methods: Collection[str]) -> str:
    """Say how EC50 and IC50 were found.

    Parameters
    ----------
    options : mapping
        Of the concentration–response fits.
    kinds : collection of str
        ``"ec50"``, ``"ic50"`` or both.
    methods : collection of str
        ``"replicate_curves"``, ``"one_curve"`` or both.

    Returns
    -------
    str
        Text with marks of citations.
    """
    what = " and ".join(words for kind, words in _MIDPOINTS.items() if kind in kinds)
    slope = "with a variable Hill slope"
    if "fixed_hill_slope" in options:
        slope = f"with the Hill slope held at {plain(options['fixed_hill_slope'])}"
    scale = ""
    if options["response_scale"] == "percent":
        scale = ", on responses in per cent of the controls of the same replicate"
    floor = ""
    if "ic50" in kinds and options["inhibition_floor"] == "vehicle":
        floor = "; the bottom of inhibition curves was held at the mean of vehicle"
    level = plain(100 * options["ec50_confidence"])
    return (
        f"{what} were fitted as log10 molar concentrations by a four-parameter logistic equation {slope} to the "
        f"means of replicates{scale}{floor}. {_averaging(methods, level)}"
    )


def _averaging(methods: Collection[str], level: str) -> str:
    each = (
        "Each replicate was fitted by itself and the logarithms were averaged over replicates, with a "
        f"{level} % interval from their standard deviation (Student's t)"
    )
    one = (
        "one curve was fitted to the points of all replicates, with the profile-likelihood interval "
        f"({level} %) of the logarithm [@venzon1988]"
    )
    if "replicate_curves" not in methods:
        return f"{one[0].upper()}{one[1:]}."
    if "one_curve" not in methods:
        return f"{each}."
    return f"{each}; where replicates did not hold a whole curve, {one}."


def schild_text(method: str) -> str:
    """Say how pA2 was found.

    Parameters
    ----------
    method : str
        What was fitted and what the intervals come from, from the table of the fit.

    Returns
    -------
    str
        Text with marks of citations.
    """
    return (
        "Antagonism was described by the equation of Gaddum and Schild [@arunlakshana1959], fitted to the agonist "
        f"curves of all concentrations of the antagonist together ({method})."
    )
