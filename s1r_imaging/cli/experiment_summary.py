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
    parts = [(measure_label(name), found.sentences) for name, found in experiment.comparisons.items()]
    fitted = experiment.concentration_response
    parts += [] if fitted is None else [("EC50 and IC50", fitted.sentences)]
    parts.append(("pA2", tuple(sentence for fit in experiment.schild for sentence in fit.sentences)))
    parts.append(("To be known", experiment.notes))
    lines, said = [_counts(experiment)], set()
    for title, sentences in parts:
        new = [sentence for sentence in sentences if sentence not in said]
        lines += ["", f"{title}:", *new] if new else []
        said |= set(new)
    return [*lines, ""]


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
