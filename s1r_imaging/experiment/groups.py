"""The replicates of one condition as arrays, and which replicates of two conditions belong together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.experiment.replicates import block_column

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

_SAME = 1e-12  # spread below this part of the values is rounding, not variance


@dataclass(frozen=True, eq=False)
class Group:
    """Replicates of one condition.

    Attributes
    ----------
    condition, role : str
        Name of the condition and its role.
    means : array, shape (n_replicates,)
        Value of each replicate; NaN where it has no cells.
    n_cells : array, shape (n_replicates,)
        Its cells.
    cell_means, cell_squares : array, shape (n_replicates,)
        Mean over all its cells, and the sum of their squared deviations from it.
    blocks : array of int, shape (n_replicates,)
        Day of each replicate as a number; -1 where it is not known.
    """

    condition: str
    role: str
    means: Array
    n_cells: Array
    cell_means: Array
    cell_squares: Array
    blocks: Codes

    @property
    def n_replicates(self) -> int:
        """Number of replicates with a value."""
        return int(np.isfinite(self.means).sum())

    def at(self, chosen: NDArray[np.bool_]) -> "Group":
        """Return the group with some of its replicates."""
        return Group(
            self.condition,
            self.role,
            self.means[chosen],
            self.n_cells[chosen],
            self.cell_means[chosen],
            self.cell_squares[chosen],
            self.blocks[chosen],
        )


def make_groups(cells: pd.DataFrame, replicates: pd.DataFrame, *, pairing: str) -> dict[str, Group]:
    """Make the arrays of each condition.

    Parameters
    ----------
    cells : DataFrame
        As `gather_cells` gives it.
    replicates : DataFrame
        As `average_cells` gives it.
    pairing : str
        ``"replicate"``: replicates of the same label belong together; else those of the same day.

    Returns
    -------
    dict of str to Group
        By condition, in the order of the design.
    """
    condition_code, conditions = pd.factorize(replicates["condition"])
    block = "replicate" if pairing == "replicate" else block_column(replicates)
    blocks = np.full(len(replicates), -1) if block is None else pd.factorize(replicates[block])[0]
    means, squares = _over_cells(cells, replicates)
    values, n_cells = (replicates[name].to_numpy(dtype=np.float64) for name in ("value", "n_cells"))
    roles = replicates["role"].to_numpy()
    groups = {}
    for code, condition in enumerate(conditions):
        own = condition_code == code
        groups[str(condition)] = Group(
            str(condition), str(roles[own][0]), values[own], n_cells[own], means[own], squares[own], blocks[own]
        )
    return groups


def are_paired(treated: Group, reference: Group, *, pairing: str) -> bool:
    """Tell whether two conditions are compared within days; the design alone decides, never the values.

    Parameters
    ----------
    treated, reference : Group
        The conditions, with all replicates of the design.
    pairing : str
        ``"none"`` never; ``"day"`` and ``"replicate"`` wherever two days, or labels, are shared; ``"auto"`` where
        the shared days leave at least half of the degrees of freedom of the test without pairs, and at least
        two.

    Returns
    -------
    bool
        Whether they are.
    """
    shared = shared_blocks(treated, reference)
    if pairing == "none" or len(shared) < 2:
        return False
    if pairing != "auto":
        return True
    n_used = sum(int(np.isin(group.blocks, shared).sum()) for group in (treated, reference))
    df = n_used - len(shared) - 1
    df_without = treated.blocks.size + reference.blocks.size - 2
    return df >= max(2.0, df_without / 2)


def shared_blocks(*groups: Group) -> Codes:
    """Return the days that all groups have."""
    shared = groups[0].blocks
    for group in groups[1:]:
        shared = np.intersect1d(shared, group.blocks)
    return np.unique(shared[shared >= 0])


def with_values(treated: Group, reference: Group, *, is_paired: bool) -> tuple[Group, Group]:
    """Return the replicates that the comparison uses: those with a value and, in pairs, those of shared days."""
    groups = [group.at(np.isfinite(group.means)) for group in (treated, reference)]
    if is_paired:
        shared = shared_blocks(*groups)
        groups = [group.at(np.isin(group.blocks, shared)) for group in groups]
    return groups[0], groups[1]


def variance(values: Array) -> float:
    """Return the variance, as exactly 0 where the values differ by rounding only; NaN below two values."""
    if values.size < 2:
        return np.nan
    return float(values.var(ddof=1)) if np.ptp(values) > _SAME * np.abs(values).max() else 0.0


def _over_cells(cells: pd.DataFrame, replicates: pd.DataFrame) -> tuple[Array, Array]:
    """Return mean and sum of squared deviations over all cells of each replicate."""
    keys = list(zip(replicates["condition"], replicates["replicate"], strict=True))
    place = pd.MultiIndex.from_tuples(keys) if keys else pd.MultiIndex.from_arrays([[], []])
    value = cells["value"].to_numpy(dtype=np.float64)
    known = np.isfinite(value)
    group = place.get_indexer(pd.MultiIndex.from_arrays([cells["condition"], cells["replicate"]]))[known]
    value = value[known]
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.bincount(group, minlength=len(keys))
        mean = np.bincount(group, weights=value, minlength=len(keys)) / count
    squares = np.bincount(group, weights=(value - mean[group]) ** 2, minlength=len(keys))
    return np.asarray(mean, dtype=np.float64), squares.astype(np.float64)
