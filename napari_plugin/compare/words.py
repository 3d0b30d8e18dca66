"""The answer of an experiment and the names of its figures and tables in words. No Qt."""

from collections.abc import Sequence

from s1r_imaging.experiment.design_problems import DesignProblem
from s1r_imaging.experiment.words import measure_words
from s1r_imaging.experiment_run import Experiment

_FIGURES = {
    "answer": "The answer on one page",
    "superplot_peak": "Superplot: peak ΔF/F0",
    "responder_fraction": "Responders",
    "contrasts": "Contrasts: peak ΔF/F0",
    "block": "Block: peak ΔF/F0",
    "mean_traces": "Mean traces",
    "concentration_response": "Concentration–response",
    "concentration_inhibition": "Concentration–inhibition",
    "schild": "Schild: curves",
    "schild_regression": "Schild: regression",
    "quality": "Quality of the recordings",
}
_PAIRS = {"schild_regression_": "Schild: regression, ", "schild_": "Schild: curves, "}  # where there are several
_KINDS = {"superplot_": "Superplot", "contrasts_": "Contrasts", "block_": "Block"}
_MOST_PROBLEMS = 6
_TABLES = {"block": "Block", "contrasts": "Contrasts", "checks": "Checks", "schild": "Schild"}


def answer_words(experiment: Experiment) -> tuple[list[str], list[str]]:
    """Return the sentences of an experiment, each of them once.

    Parameters
    ----------
    experiment : Experiment
        What `run_experiment` returned.

    Returns
    -------
    first : list of str
        Those of the main comparison, the answer at the top; of the fits where there is none; marked as a list.
    more : list of str
        Those of other measures and of fits, and what must be known beside them.
    """
    parts = [*experiment.comparisons.values(), experiment.concentration_response, *experiment.schild]
    said = [list(part.sentences) for part in parts if part is not None]
    first = said[0] if said else list(experiment.notes[:1])
    rest = [sentence for sentences in (*said[1:], experiment.notes) for sentence in sentences]
    more = [sentence for sentence in dict.fromkeys(rest) if sentence not in first]
    return [f"• {sentence}" for sentence in first], [f"• {sentence}" for sentence in more]


def problem_words(problems: Sequence[DesignProblem], *, has_folder: bool) -> str:
    """Return what is wrong with a design, a line for each problem; of many, the first ones.

    Parameters
    ----------
    problems : sequence of DesignProblem
        What is wrong.
    has_folder : bool
        Whether it is known what names of files are relative to.

    Returns
    -------
    str
        Lines; nothing where nothing is wrong.
    """
    lines = [problem.line for problem in problems[:_MOST_PROBLEMS]]
    if not has_folder and any("does not exist" in problem.line for problem in problems):
        lines.insert(0, "The table is in no folder yet: say where its files are (Open › Folder of the files …).")
    n_more = len(problems) - _MOST_PROBLEMS
    return "\n".join([*lines, f"And {n_more} more: Next ! goes through them."] if n_more > 0 else lines)


def figure_words(name: str) -> str:
    """Return the name of a figure in words.

    >>> figure_words("answer"), figure_words("block_responder_fraction")
    ('The answer on one page', 'Block: fraction of responders')
    >>> figure_words("schild_regression_NE-100 against PRE-084")
    'Schild: regression, NE-100 against PRE-084'
    """
    if name in _FIGURES:
        return _FIGURES[name]
    pair = next((start for start in _PAIRS if name.startswith(start)), None)
    if pair is not None:
        return _PAIRS[pair] + name.removeprefix(pair)
    kind = next((kind for kind in _KINDS if name.startswith(kind)), None)
    return name.replace("_", " ") if kind is None else f"{_KINDS[kind]}: {measure_words(name.removeprefix(kind))}"


def table_words(name: str) -> str:
    """Return the name of a table in words.

    >>> table_words("block"), table_words("concentration_response_points")
    ('Block', 'Concentration response points')
    """
    words = _TABLES.get(name) or name.replace("_", " ")
    return words[0].upper() + words[1:]
