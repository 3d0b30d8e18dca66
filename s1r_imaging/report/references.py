"""Works that a Methods section may cite, and how a text cites them.

A text marks a citation as ``[@welch1947]``, several as ``[@fieller1954; @zhang1999]``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"\[(@[a-z]+\d{4}(?:; @[a-z]+\d{4})*)\]")


@dataclass(frozen=True)
class Reference:
    """A published work.

    Attributes
    ----------
    short : str
        Authors and year as cited in a text.
    full : str
        Entry of a reference list.
    """

    short: str
    full: str


REFERENCES: dict[str, Reference] = {
    "arunlakshana1959": Reference(
        "Arunlakshana and Schild, 1959",
        "Arunlakshana O, Schild HO (1959). Some quantitative uses of drug antagonists. "
        "British Journal of Pharmacology and Chemotherapy 14, 48–58.",
    ),
    "aspin1948": Reference(
        "Aspin, 1948",
        "Aspin AA (1948). An examination and further development of a formula arising in the problem of comparing "
        "two mean values. Biometrika 35, 88–96.",
    ),
    "benjamini1995": Reference(
        "Benjamini and Hochberg, 1995",
        "Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate: a practical and powerful approach "
        "to multiple testing. Journal of the Royal Statistical Society B 57, 289–300.",
    ),
    "croux1992": Reference(
        "Croux and Rousseeuw, 1992",
        "Croux C, Rousseeuw PJ (1992). Time-efficient algorithms for two highly robust estimators of scale. "
        "Computational Statistics 1, 411–428.",
    ),
    "dunnett1955": Reference(
        "Dunnett, 1955",
        "Dunnett CW (1955). A multiple comparison procedure for comparing several treatments with a control. "
        "Journal of the American Statistical Association 50, 1096–1121.",
    ),
    "fieller1954": Reference(
        "Fieller, 1954",
        "Fieller EC (1954). Some problems in interval estimation. Journal of the Royal Statistical Society B 16, "
        "175–185.",
    ),
    "gourieroux1993": Reference(
        "Gouriéroux et al., 1993",
        "Gouriéroux C, Monfort A, Renault E (1993). Indirect inference. Journal of Applied Econometrics 8, "
        "S85–S118.",
    ),
    "guizar2008": Reference(
        "Guizar-Sicairos et al., 2008",
        "Guizar-Sicairos M, Thurman ST, Fienup JR (2008). Efficient subpixel image registration algorithms. "
        "Optics Letters 33, 156–158.",
    ),
    "hedges1981": Reference(
        "Hedges, 1981",
        "Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators. "
        "Journal of Educational Statistics 6, 107–128.",
    ),
    "holm1979": Reference(
        "Holm, 1979",
        "Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
        "Statistics 6, 65–70.",
    ),
    "janssen1997": Reference(
        "Janssen, 1997",
        "Janssen A (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized "
        "Behrens–Fisher problem. Statistics and Probability Letters 36, 9–21.",
    ),
    "lindstrom1990": Reference(
        "Lindstrom and Bates, 1990",
        "Lindstrom MJ, Bates DM (1990). Nonlinear mixed effects models for repeated measures data. Biometrics 46, "
        "673–687.",
    ),
    "lord2020": Reference(
        "Lord et al., 2020",
        "Lord SJ, Velle KB, Mullins RD, Fritz-Laylin LK (2020). SuperPlots: communicating reproducibility and "
        "variability in cell biology. Journal of Cell Biology 219, e202001064.",
    ),
    "marchenko1967": Reference(
        "Marchenko and Pastur, 1967",
        "Marchenko VA, Pastur LA (1967). Distribution of eigenvalues for some sets of random matrices. "
        "Mathematics of the USSR-Sbornik 1, 457–483.",
    ),
    "patterson1971": Reference(
        "Patterson and Thompson, 1971",
        "Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes are unequal. "
        "Biometrika 58, 545–554.",
    ),
    "phipson2010": Reference(
        "Phipson and Smyth, 2010",
        "Phipson B, Smyth GK (2010). Permutation P-values should never be zero: calculating exact P-values when "
        "permutations are randomly drawn. Statistical Applications in Genetics and Molecular Biology 9, 39.",
    ),
    "satterthwaite1946": Reference(
        "Satterthwaite, 1946",
        "Satterthwaite FE (1946). An approximate distribution of estimates of variance components. Biometrics "
        "Bulletin 2, 110–114.",
    ),
    "venzon1988": Reference(
        "Venzon and Moolgavkar, 1988",
        "Venzon DJ, Moolgavkar SH (1988). A method for computing profile-likelihood-based confidence intervals. "
        "Applied Statistics 37, 87–94.",
    ),
    "welch1947": Reference(
        "Welch, 1947",
        "Welch BL (1947). The generalization of 'Student's' problem when several different population variances "
        "are involved. Biometrika 34, 28–35.",
    ),
    "zhang1999": Reference(
        "Zhang et al., 1999",
        "Zhang J-H, Chung TDY, Oldenburg KR (1999). A simple statistical parameter for use in evaluation and "
        "validation of high throughput screening assays. Journal of Biomolecular Screening 4, 67–73.",
    ),
}


def cite(text: str) -> str:
    """Replace the marks of citations by authors and years.

    Parameters
    ----------
    text : str
        Text with marks.

    Returns
    -------
    str
        The text as it is read.

    Examples
    --------
    >>> cite("Means were compared by Welch's test [@welch1947].")
    "Means were compared by Welch's test (Welch, 1947)."
    """
    cited = _MARK.sub(lambda mark: f"({'; '.join(REFERENCES[key].short for key in _keys(mark[1]))})", text)
    return cited.replace(" %", "\u00a0%")  # a number keeps its sign when the line breaks


def references_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the reference list of texts: what they cite, each once, by the alphabet.

    Parameters
    ----------
    texts : iterable of str
        Texts with marks.

    Returns
    -------
    tuple of str
        Entries of the list.
    """
    cited = {key for text in texts for mark in _MARK.finditer(text) for key in _keys(mark[1])}
    return tuple(sorted(REFERENCES[key].full for key in cited))


def _keys(mark: str) -> list[str]:
    return [key.removeprefix("@") for key in mark.split("; ")]
