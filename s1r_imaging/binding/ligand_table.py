"""Published affinities of sigma-1 ligands, each with what it is and how far it was verified."""

from importlib import resources

import pandas as pd

KINDS = ("Ki", "IC50", "Kd")
VERIFIED = ("abstract", "data file", "review", "vendor page", "no")


def ligands() -> pd.DataFrame:
    """Return published affinities at the sigma-1 receptor, with their conflicts.

    Values of one ligand differ by up to 50-fold between publications [1]_, and many that are called Ki
    elsewhere are IC50: this is a table of what was published, not of what is true. A value for a fit belongs to
    the assay's own species, tissue and radioligand.

    Returns
    -------
    DataFrame
        One row per published value: ``compound``; ``kind`` ('Ki', 'IC50' or 'Kd'); ``value_nM`` and
        ``error_nM`` (as published, mostly SEM; NaN where none was given); ``species``, ``tissue`` and
        ``radioligand`` (empty where not stated); ``source`` and ``url``; ``verified``, how the number was
        checked: in the 'abstract' of the work, in a 'data file', in a 'review' or on a 'vendor page' that
        quotes it, or 'no' (not found in any text that could be read); and ``note``.

    References
    ----------
    .. [1] Lee I. T., Chen S., Schetz J. A. (2007), An unambiguous assay for the cloned human sigma1 receptor
       reveals high affinity interactions with dopamine D4 receptor selective compounds and a distinct
       structure–affinity relationship for butyrophenones, European Journal of Pharmacology 578, 123–136.

    Examples
    --------
    What is called the Ki of SA4503 at times is its IC50:

    >>> table = ligands()
    >>> mine = table[table["compound"] == "SA4503"]
    >>> dict(zip(mine["value_nM"], mine["kind"] + ", verified: " + mine["verified"]))
    {5.5: 'Ki, verified: no', 4.6: 'Ki, verified: abstract', 17.4: 'IC50, verified: abstract'}
    """
    numbers = ["value_nM", "error_nM"]
    with resources.files("s1r_imaging.binding").joinpath("ligands.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, na_values={name: [""] for name in numbers})
