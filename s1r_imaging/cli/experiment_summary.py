"""The answer of an experiment in a few lines of text."""

import pandas as pd

from s1r_imaging.experiment_run import Experiment
from s1r_imaging.plots.comparison_groups import measure_label


def experiment_lines(experiment: Experiment) -> list[str]:
    """Say what was analysed, what the comparison gives, and what must be known beside it.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    list of str
        One line per fact.
    """
    lines = [_counts(experiment)]
    for measure, comparison in experiment.comparisons.items():
        lines += ["", f"{measure_label(measure)}:", *comparison.sentences]
    if experiment.concentration_response is not None:
        lines += ["", "Concentration–response:", *experiment.concentration_response.sentences]
    return [*lines, *(["", "To be known:", *experiment.notes] if experiment.notes else []), ""]


def _counts(experiment: Experiment) -> str:
    status = experiment.recordings["status"]
    done, kept, failed = ((status == word).sum() for word in ("done", "kept", "failed"))
    design = experiment.design
    parts = [f"{done + kept} of {len(status)} recordings analysed"]
    if kept:
        parts.append(f"{kept} of them in an earlier run")
    if failed:
        parts.append(f"{failed} failed")
    groups = f"{_number(design['condition'])} conditions, {_number(design['replicate'])} replicates"
    return f"{', '.join(parts)}: {int(experiment.recordings['n_cells'].sum())} cells, {groups}."


def _number(values: "pd.Series[str]") -> int:
    return int(values.nunique())
