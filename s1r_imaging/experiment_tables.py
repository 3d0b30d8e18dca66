"""The tables of an experiment: tidy ones, and wide ones that Prism takes as they are.

`experiment_tables`
    Everything that is known of an experiment, name to table.
`prism_columns`
    One column per condition, replicates as rows: for a column table.
`prism_traces`
    Time down, the replicates of each condition across: for an XY table.
"""

from typing import Any

import pandas as pd

from s1r_imaging.experiment.mean_traces import condition_traces, replicate_traces
from s1r_imaging.experiment.schild import SchildFit
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.flags import flag_names

_OF_COMPARISON = ("contrasts", "block", "checks", "replicates")


def experiment_tables(experiment: Experiment) -> dict[str, pd.DataFrame]:
    """Return the tables of an experiment, those with the answers first.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    dict of str to DataFrame
        ``contrasts``, ``block``, ``checks`` and ``replicates`` of all measures; ``concentration_response`` and
        ``schild`` with their points where the design allows them; ``recordings``, ``condition_traces``,
        ``mean_traces`` and ``responses``; and ``prism_*``.
    """
    tables = {name: _of_measures(experiment, name) for name in _OF_COMPARISON}
    tables |= _of_concentrations(experiment)
    tables["recordings"] = experiment.recordings
    traces, design = experiment.mean_traces, experiment.design
    if len(traces):
        tables["condition_traces"] = condition_traces(traces, design)
    tables["mean_traces"] = traces
    tables["responses"] = experiment.responses.assign(flag_names=experiment.responses["flags"].map(flag_names))
    for measure, comparison in experiment.comparisons.items():
        tables[f"prism_{measure}"] = prism_columns(comparison.replicates)
    if len(traces):
        tables["prism_mean_traces"] = prism_traces(traces, design)
    return {name: table for name, table in tables.items() if len(table.columns)}


def prism_columns(replicates: pd.DataFrame) -> pd.DataFrame:
    """Return the values of replicates with one column per condition.

    Parameters
    ----------
    replicates : DataFrame
        ``condition, replicate, value``.

    Returns
    -------
    DataFrame
        Column ``replicate``, then the conditions, both in the order of the table; empty where a condition lacks a
        replicate. A replicate that was seen under several conditions has one row, so that pairs stay pairs.

    Examples
    --------
    >>> table = pd.DataFrame({"condition": ["vehicle", "ATP"], "replicate": ["d1", "d1"], "value": [0.0, 0.8]})
    >>> prism_columns(table).to_dict("records")
    [{'replicate': 'd1', 'vehicle': 0.0, 'ATP': 0.8}]
    """
    return _wide(replicates.assign(column=replicates["condition"]), "replicate", "column", "value")


def prism_traces(mean_traces: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Return mean traces with time down and the replicates of each condition across.

    Parameters
    ----------
    mean_traces : DataFrame
        ``recording, time_s, mean_dff``.
    design : DataFrame
        ``recording, condition, replicate``.

    Returns
    -------
    DataFrame
        Column ``time_s``, then one named ``condition (replicate)`` for each; the recordings of a replicate are
        averaged, see `replicate_traces`.
    """
    traces = replicate_traces(mean_traces, design)
    order = {name: number for number, name in enumerate(dict.fromkeys(traces["condition"]))}
    traces = traces.sort_values("condition", key=lambda names: names.map(order), kind="stable")
    names = traces["condition"].astype(str) + " (" + traces["replicate"].astype(str) + ")"
    return _wide(traces.assign(column=names), "time_s", "column", "mean_dff").sort_values("time_s")


def _wide(table: pd.DataFrame, index: str, columns: str, values: str) -> pd.DataFrame:
    order = {name: list(dict.fromkeys(table[name])) for name in (index, columns)}
    wide = table.drop_duplicates([index, columns]).pivot(index=index, columns=columns, values=values)  # noqa: PD010
    wide = wide.reindex(index=order[index], columns=order[columns]).rename_axis(index=None, columns=None)
    wide.insert(0, index, order[index], allow_duplicates=True)  # a condition may have that name too
    found: pd.DataFrame = wide.reset_index(drop=True)
    return found


def _of_measures(experiment: Experiment, name: str) -> pd.DataFrame:
    """Return a table of every comparison, one below the other, with the measure in front."""
    tables = [
        getattr(comparison, name).assign(measure=measure)
        for measure, comparison in experiment.comparisons.items()
        if len(getattr(comparison, name))
    ]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    columns: Any = ["measure", *(column for column in table.columns if column != "measure")]
    found: pd.DataFrame = table[columns]
    return found


def _of_concentrations(experiment: Experiment) -> dict[str, pd.DataFrame]:
    fitted = experiment.concentration_response
    tables: dict[str, pd.DataFrame] = {}
    if fitted is not None:
        tables["concentration_response"] = fitted.table
        tables["concentration_response_points"] = fitted.points
        tables["concentration_response_replicates"] = fitted.replicates
    if experiment.schild:
        for name in ("table", "points", "dose_ratios", "checks"):
            parts = [_named(getattr(fit, name), fit) for fit in experiment.schild]
            tables["schild" if name == "table" else f"schild_{name}"] = pd.concat(parts, ignore_index=True)
    return tables


def _named(table: pd.DataFrame, fit: SchildFit) -> pd.DataFrame:
    """Return a table of a Schild fit with the pair in front."""
    pair = pd.DataFrame({"agonist": fit.agonist, "antagonist": fit.antagonist}, index=table.index)
    return pair.join(table.drop(columns=list(pair), errors="ignore"))
