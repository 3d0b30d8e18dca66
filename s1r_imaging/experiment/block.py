"""Block: how much of the agonist's effect the antagonist takes away, and how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from s1r_imaging.curves.fit import CurveOptions
from s1r_imaging.experiment.fieller import FiellerSet, critical_value, fieller_set, satterthwaite_df
from s1r_imaging.options import Options, option

Array = NDArray[np.float64]

_SAME = 1e-12  # spread below this part of the values is rounding, not variance


@dataclass(frozen=True, kw_only=True)
class BlockOptions(Options):
    """Options of `block_percent`."""

    section: ClassVar[str] = "block"

    confidence: float = option(CurveOptions.confidence, "Level of the interval of the block.", gt=0, lt=1)
    full_block_percent: float = option(
        90.0, "The antagonist blocks partly where the whole interval lies below this block (%).", gt=0, le=100
    )
    relevant_block_percent: float = option(
        50.0,
        "The antagonist does not block where the interval holds 0 and lies below this block (%).",
        gt=0,
        le=100,
    )


@dataclass(frozen=True)
class Block:
    """Part of the agonist's effect that the antagonist takes away, in per cent.

    Attributes
    ----------
    estimate : float
        Block (%); below 0 where the antagonist adds to the effect, above 100 where it takes away more than that.
    ci_low, ci_high : float
        Interval over replicates (%), not clipped; -inf and inf where the agonist's effect is not clear of zero;
        NaN where the replicates cannot tell.
    is_open : bool
        Whether the interval has no ends.
    gap : tuple of float or None
        With an open interval, the blocks between these two (%) are excluded all the same; None where none are.
    df : float
        Degrees of freedom at the estimate.
    n_replicates : tuple of int
        Replicates of vehicle, agonist and agonist with antagonist; of a paired design, complete pairs.
    method : str
        ``"Welch-Fieller"`` or ``"paired Fieller"``.
    confidence : float
        Level of the interval.
    verdict : str
        ``"blocks"``, ``"blocks partly"``, ``"does not block"`` or ``"cannot be said: ..."`` with the reason.
    """

    estimate: float
    ci_low: float
    ci_high: float
    is_open: bool
    gap: tuple[float, float] | None
    df: float
    n_replicates: tuple[int, int, int]
    method: str
    confidence: float
    verdict: str


@dataclass(frozen=True)
class _Test:
    """Test of ``blocked - vehicle - ratio * (agonist - vehicle) = 0``."""

    numerator: float
    effect: float
    variance: Callable[[Array], Array]
    critical: Callable[[Array], Array]
    df: Callable[[Array], Array]

    @property
    def ratio(self) -> float:
        """Part of the agonist's effect that is left."""
        return self.numerator / self.effect if self.effect else np.nan

    def margin(self, ratio: Array) -> Array:
        """Return what is 0 or more where a ratio is not rejected."""
        allowed = self.critical(ratio) ** 2 * self.variance(ratio)
        return np.asarray(allowed - (self.numerator - ratio * self.effect) ** 2)


def block_percent(
    vehicle: ArrayLike,
    agonist: ArrayLike,
    blocked: ArrayLike,
    *,
    paired: bool = False,
    confidence: float = BlockOptions.confidence,
    full_block_percent: float = BlockOptions.full_block_percent,
    relevant_block_percent: float = BlockOptions.relevant_block_percent,
) -> Block:
    r"""Estimate the block in per cent from the means of replicates.

    Parameters
    ----------
    vehicle, agonist, blocked : array_like, shape (n_replicates,)
        Mean response of each replicate with vehicle, with the agonist, and with antagonist and agonist; NaN
        counts as missing. Paired, the three have the same length, and places belong together.
    paired : bool
        Whether the replicates of the three conditions belong together (same day): a day then counts if all
        three are there.
    confidence : float
        Level of the interval.
    full_block_percent : float
        The antagonist blocks partly where the whole interval lies below this block (%).
    relevant_block_percent : float
        The antagonist does not block where the interval holds 0 and lies below this block (%).

    Returns
    -------
    Block
        Estimate, interval and verdict.

    Raises
    ------
    ValueError
        If an array is not one-dimensional or not finite where it is not NaN, a condition has no replicate, paired
        arrays differ in length, or an option is out of range.

    See Also
    --------
    s1r_imaging.experiment.fieller.critical_value : What the interval of unpaired replicates rests on.

    Notes
    -----
    Block is :math:`100 (1 - \theta)` with :math:`\theta = (R_{AA} - R_V) / (R_A - R_V)`, the R being means over
    replicates. The interval holds every :math:`\theta` at which :math:`R_{AA} - R_V - \theta (R_A - R_V) = 0` is
    not rejected (Fieller 1954). Unpaired, each condition has a variance of its own and the critical value is that
    of Welch and Aspin at that :math:`\theta`; paired, it is Student's t on one difference per day. Where the
    agonist's effect is not clear of zero by the same test, any block is possible and the interval is open; blocks
    that are excluded even then are in ``gap``.

    Examples
    --------
    >>> block = block_percent([0.02, 0.00, 0.01], [0.8, 1.0, 0.9], [0.2, 0.3, 0.25])
    >>> round(block.estimate, 1), block.verdict
    (73.0, 'blocks partly')
    """
    options = BlockOptions(
        confidence=confidence,
        full_block_percent=full_block_percent,
        relevant_block_percent=relevant_block_percent,
    )
    given = {"vehicle": vehicle, "agonist": agonist, "blocked": blocked}
    groups = [_values(name, values) for name, values in given.items()]
    if paired:
        groups = _complete(groups)
    groups = [values[~np.isnan(values)] for values in groups]
    for name, values in zip(given, groups, strict=True):
        if not values.size:
            raise ValueError(
                f"{name} has no replicate: expected at least one{' complete pair' if paired else ''}."
            )
    return _block(groups, options, is_paired=paired)


def _values(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}: expected one mean per replicate, in one dimension.")
    if np.isinf(array).any():
        raise ValueError(f"{name} holds an infinite value: expected finite means, or NaN where one is missing.")
    return array


def _complete(groups: list[Array]) -> list[Array]:
    if len({values.size for values in groups}) > 1:
        sizes = ", ".join(str(values.size) for values in groups)
        raise ValueError(f"paired arrays have {sizes} values: expected the same number, aligned by day.")
    is_complete = ~np.isnan(groups).any(axis=0)
    return [values[is_complete] for values in groups]


def _block(groups: list[Array], options: BlockOptions, *, is_paired: bool) -> Block:
    test = _paired(groups, options.confidence) if is_paired else _unpaired(groups, options.confidence)
    reason = _no_interval(groups, test)
    found, df = FiellerSet(np.nan, np.nan, None), np.nan
    if not reason:
        found = FiellerSet(-np.inf, np.inf, None) if np.isnan(test.ratio) else _invert(test)
        df = float(test.df(np.array(0.0 if np.isnan(test.ratio) else test.ratio)))
    low, high = 100 * (1 - found.high), 100 * (1 - found.low)
    gap = None if found.gap is None else (100 * (1 - found.gap[1]), 100 * (1 - found.gap[0]))
    return Block(
        estimate=100 * (1 - test.ratio),
        ci_low=low,
        ci_high=high,
        is_open=found.is_open,
        gap=gap,
        df=df,
        n_replicates=(groups[0].size, groups[1].size, groups[2].size),
        method="paired Fieller" if is_paired else "Welch-Fieller",
        confidence=options.confidence,
        verdict=f"cannot be said: {reason}" if reason else _verdict(low, high, options),
    )


def _invert(test: _Test) -> FiellerSet:
    scale = float(np.sqrt(test.variance(np.array(test.ratio)))) / abs(test.effect)
    return fieller_set(test.margin, test.ratio, scale)


def _unpaired(groups: list[Array], confidence: float) -> _Test:
    """Give every condition its own variance."""
    vehicle, agonist, blocked = (float(values.mean()) for values in groups)
    of_means = [_variance(values) / values.size for values in groups]
    dfs = np.array([values.size - 1 for values in groups])

    def parts(ratio: Array) -> Array:
        return np.stack([of_means[0] * (1 - ratio) ** 2, of_means[1] * ratio**2, np.full_like(ratio, of_means[2])])

    return _Test(
        blocked - vehicle,
        agonist - vehicle,
        variance=lambda ratio: np.asarray(parts(ratio).sum(axis=0)),
        critical=lambda ratio: critical_value(parts(ratio), dfs, confidence),
        df=lambda ratio: satterthwaite_df(parts(ratio), dfs),
    )


def _paired(groups: list[Array], confidence: float) -> _Test:
    """Take one difference per day: its variance holds whatever the conditions of a day share."""
    vehicle, agonist, blocked = groups
    numerator, effect = blocked - vehicle, agonist - vehicle
    n_pairs = vehicle.size

    def variance(ratio: Array) -> Array:
        differences = numerator - np.asarray(ratio)[..., None] * effect
        return np.asarray(
            differences.var(axis=-1, ddof=1) / n_pairs if n_pairs > 1 else np.full(np.shape(ratio), np.nan)
        )

    return _Test(
        float(numerator.mean()),
        float(effect.mean()),
        variance=variance,
        critical=lambda ratio: np.full_like(ratio, stats.t.ppf(0.5 + confidence / 2, n_pairs - 1)),
        df=lambda ratio: np.full_like(ratio, n_pairs - 1),
    )


def _variance(values: Array) -> float:
    """Return the variance, as exactly 0 where the values differ by rounding only."""
    if values.size < 2:
        return np.nan
    return float(values.var(ddof=1)) if np.ptp(values) > _SAME * np.abs(values).max() else 0.0


def _no_interval(groups: list[Array], test: _Test) -> str:
    """Say why the replicates give no interval; an empty text where they do."""
    if min(values.size for values in groups) < 2:
        return "one replicate does not tell how much replicates differ; at least two of each condition are needed"
    scale = max(float(np.abs(values).max()) for values in groups)
    at = np.array(0.0 if np.isnan(test.ratio) else test.ratio)
    if test.variance(at) <= (_SAME * scale) ** 2:
        return "the replicates have no spread, so they do not tell how sure the block is"
    return ""


def _verdict(low: float, high: float, options: BlockOptions) -> str:
    if np.isinf(low):
        return "cannot be said: the agonist's effect is not clear of zero"
    if low > 0:
        return "blocks partly" if high < options.full_block_percent else "blocks"
    if high < options.relevant_block_percent:
        return "does not block"
    return f"cannot be said: the interval from {low:.0f} to {high:.0f} % holds no block and a relevant one"
