import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from s1r_imaging.experiment.block import Block, block_percent
from s1r_imaging.experiment.fieller import critical_value, satterthwaite_df

Array = NDArray[np.float64]

VEHICLE = [0.02, -0.01, 0.01]
AGONIST = [0.75, 0.90, 0.81]
BLOCKED = [0.22, 0.31, 0.18]


def ends(block: Block) -> tuple[float, float, float]:
    return block.estimate, block.ci_low, block.ci_high


def test_the_estimate_is_the_definition() -> None:
    block = block_percent([0.0, 0.2], [1.0, 1.2], [0.3, 0.4])
    assert block.estimate == pytest.approx(100 * (1 - (0.35 - 0.1) / (1.1 - 0.1)))
    assert block.n_replicates == (2, 2, 2)


def test_nothing_is_clipped() -> None:
    more = block_percent(VEHICLE, AGONIST, [1.1, 1.2, 1.15])
    less = block_percent(VEHICLE, AGONIST, [-0.2, -0.25, -0.15])
    assert more.estimate < more.ci_high < 0
    assert 100 < less.ci_low < less.estimate


def test_one_noisy_condition_gives_the_interval_of_student() -> None:
    """With vehicle and agonist constant, the block is a straight line of the blocked mean."""
    block = block_percent([0.1] * 3, [1.1] * 3, BLOCKED)
    low, high = stats.ttest_1samp(BLOCKED, 0).confidence_interval(0.95)
    assert ends(block) == pytest.approx((100 * (1.1 - np.mean(BLOCKED)), 100 * (1.1 - high), 100 * (1.1 - low)))
    assert block.df == pytest.approx(2)


def test_paired_interval_is_fiellers_quadratic() -> None:
    rng = np.random.default_rng(4)
    vehicle, agonist, blocked = rng.normal(0, 0.05, 5), rng.normal(0.8, 0.15, 5), rng.normal(0.3, 0.1, 5)
    y, x = blocked - vehicle, agonist - vehicle
    t2 = stats.t.ppf(0.975, 4) ** 2 / 5
    (vy, c), (_, vx) = np.cov(y, x)
    roots = np.roots([x.mean() ** 2 - t2 * vx, -2 * (x.mean() * y.mean() - t2 * c), y.mean() ** 2 - t2 * vy])
    block = block_percent(vehicle, agonist, blocked, paired=True)
    assert (block.ci_low, block.ci_high) == pytest.approx((100 * (1 - roots.max()), 100 * (1 - roots.min())))
    assert (block.df, block.method) == (4, "paired Fieller")


def test_the_interval_ends_where_the_test_begins_to_reject() -> None:
    block = block_percent(VEHICLE, AGONIST, BLOCKED, confidence=0.9)
    for end in (block.ci_low, block.ci_high):
        left = 1 - end / 100
        factors = np.array([left - 1, -left, 1.0])
        groups = np.array([VEHICLE, AGONIST, BLOCKED])
        parts = factors**2 * groups.var(axis=1, ddof=1) / 3
        statistic = abs(factors @ groups.mean(axis=1)) / np.sqrt(parts.sum())
        assert statistic == pytest.approx(float(critical_value(parts, np.full(3, 2.0), 0.9)))


def test_days_in_common_narrow_the_paired_interval() -> None:
    day = np.array([0.6, 1.0, 1.5, 0.8])
    unpaired = block_percent(0.01 * day, day, 0.3 * day + [0.01, -0.01, 0.01, 0.0])
    paired = block_percent(0.01 * day, day, 0.3 * day + [0.01, -0.01, 0.01, 0.0], paired=True)
    assert paired.ci_high - paired.ci_low < 0.2 * (unpaired.ci_high - unpaired.ci_low)


def test_missing_replicates_are_left_out_and_break_pairs() -> None:
    holed = [0.02, np.nan, -0.01, 0.01]
    assert ends(block_percent(holed, AGONIST, BLOCKED)) == ends(block_percent(VEHICLE, AGONIST, BLOCKED))
    paired = block_percent(holed, [*AGONIST, 0.8], [*BLOCKED, 0.2], paired=True)
    assert paired.n_replicates == (3, 3, 3)


@pytest.mark.parametrize("paired", [False, True])
def test_the_interval_is_open_where_the_agonist_is_not_clear_of_vehicle(paired: bool) -> None:
    block = block_percent([0.0, 0.1, -0.1], [0.1, -0.05, 0.2], [0.05, 0.0, 0.1], paired=paired)
    assert (block.ci_low, block.ci_high, block.is_open) == (-np.inf, np.inf, True)
    assert block.verdict.startswith("cannot be said: the agonist's effect")


def test_an_open_interval_tells_what_is_excluded_all_the_same() -> None:
    block = block_percent([0.0, 0.1, -0.1], [0.1, -0.05, 0.2], [5.0, 5.1, 4.9])
    assert block.is_open
    assert block.gap is not None
    assert block.gap[0] < 0
    assert block.gap[1] > 100


def test_no_effect_at_all_has_no_estimate() -> None:
    block = block_percent([0.0, 1.0, -1.0], [0.0, 1.0, -1.0], BLOCKED)
    assert np.isnan(block.estimate)
    assert block.is_open


@pytest.mark.parametrize("paired", [False, True])
def test_one_replicate_gives_an_estimate_and_says_why_no_interval(paired: bool) -> None:
    block = block_percent([0.0], [1.0], [0.25], paired=paired)
    assert block.estimate == pytest.approx(75)
    assert np.isnan([block.ci_low, block.ci_high]).all()
    assert not block.is_open
    assert block.verdict.startswith("cannot be said: one replicate")


def test_replicates_without_spread_are_not_taken_for_certainty() -> None:
    block = block_percent([0.1] * 3, [0.7] * 3, [0.1 + 0.2] * 3)
    assert block.estimate == pytest.approx(100 * 2 / 3)
    assert np.isnan(block.ci_low)
    assert "no spread" in block.verdict


@pytest.mark.parametrize(
    ("blocked", "verdict"),
    [
        ([0.02, -0.01, 0.03], "blocks"),
        ([0.35, 0.42, 0.40], "blocks partly"),
        ([0.78, 0.86, 0.84], "does not block"),
        ([0.3, 0.9, 0.6], "cannot be said"),
    ],
)
def test_verdicts(blocked: list[float], verdict: str) -> None:
    assert block_percent(VEHICLE, AGONIST, blocked).verdict.partition(":")[0] == verdict


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=6),
    st.floats(0.1, 50),
    st.floats(-5, 5),
    st.booleans(),
)
def test_unit_offset_and_order_do_not_matter(noise: list[float], gain: float, offset: float, paired: bool) -> None:
    rng = np.random.default_rng(len(noise))
    groups = [level + 0.1 * np.array(noise) * sign + rng.normal(0, 0.05, len(noise))
              for level, sign in ((0.0, 0.2), (1.0, 1.0), (0.4, -1.0))]  # fmt: skip
    order = rng.permutation(len(noise))
    block = block_percent(*groups, paired=paired)
    other = block_percent(*(gain * group[order] + offset for group in groups), paired=paired)
    assert ends(other) == pytest.approx(ends(block), rel=1e-5, abs=1e-5)
    assert block.ci_low <= block.estimate <= block.ci_high


def test_critical_values_of_one_variance_are_those_of_student() -> None:
    parts = np.array([0.0, 2.0, 0.0])
    dfs = np.array([2.0, 3.0, 5.0])
    assert satterthwaite_df(parts, dfs) == pytest.approx(3)
    assert critical_value(parts, dfs, 0.95) == pytest.approx(stats.t.ppf(0.975, 3))


def test_critical_values_of_many_replicates_are_normal() -> None:
    assert critical_value(np.ones(3), np.full(3, 1e6), 0.95) == pytest.approx(stats.norm.ppf(0.975), abs=1e-4)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("df", [2.0, 3.0, 5.0])
def test_the_level_of_two_groups_by_integration(share: float, df: float) -> None:
    """Given the shares that are seen, the difference follows Student's t: integrate over the shares."""
    steps = (np.arange(4000) + 0.5) / 4000
    ratio = stats.f.ppf(steps, df, df)  # of the two sample variances, each over its true one
    first, second = share * ratio, np.full_like(ratio, 1 - share)
    allowed = critical_value(np.stack([first, second]), np.full(2, df), 0.95)
    scale = np.sqrt((first + second) * 2 * df / (df * ratio + df))
    level = 2 * stats.t.cdf(allowed * scale, 2 * df) - 1
    assert 0.935 <= level.mean() <= 0.96


def experiments(kind: str, block: float, n: int, n_runs: int, rng: np.random.Generator) -> list[Array]:
    levels = np.array([0.0, 0.8, 0.8 * (1 - block)])[:, None, None]
    noise = rng.standard_normal((2, 3, n_runs, n))
    if kind == "normal":
        return list(levels + 0.12 * noise[0])
    return list(levels * np.exp(0.2 * noise[0] - 0.02) + 0.005 * noise[1])


KINDS = pytest.mark.parametrize("kind", ["normal", "log-normal"])
TRUTHS = pytest.mark.parametrize("true_block", [0.0, 0.5, 0.9, 1.0])


@KINDS
@TRUTHS
@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_the_test_behind_the_interval_holds_its_level(kind: str, true_block: float, n: int) -> None:
    """The figure asked for is 93–97 %; tests.benchmarks.block_coverage has many more cases."""
    rng = np.random.default_rng([n, round(100 * true_block), kind == "normal"])
    groups = experiments(kind, true_block, n, 8000, rng)
    factors = [-true_block, true_block - 1, 1.0]
    parts = np.stack([f**2 * g.var(axis=1, ddof=1) / n for f, g in zip(factors, groups, strict=True)])
    difference = sum(f * g.mean(axis=1) for f, g in zip(factors, groups, strict=True))
    allowed = critical_value(parts, np.full(3, n - 1.0), 0.95) * np.sqrt(parts.sum(axis=0))
    assert 93.5 <= 100 * np.mean(np.abs(difference) <= allowed) <= 96.5


@KINDS
@TRUTHS
def test_coverage_of_what_is_reported(kind: str, true_block: float) -> None:
    rng = np.random.default_rng([round(100 * true_block), kind == "normal"])
    covered = []
    for rows in zip(*experiments(kind, true_block, 3, 500, rng), strict=True):
        block = block_percent(*rows)
        covered.append(block.ci_low <= 100 * true_block <= block.ci_high)
    assert 93 <= 100 * np.mean(covered) <= 97


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vehicle": [[0.1]]}, "vehicle has shape"),
        ({"agonist": [np.inf, 1.0]}, "agonist holds an infinite value"),
        ({"blocked": [np.nan]}, "blocked has no replicate"),
        ({"blocked": [0.1], "paired": True}, "paired arrays have 3, 3, 1 values"),
        ({"confidence": 1.0}, "confidence=1.0"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"vehicle": VEHICLE, "agonist": AGONIST, "blocked": BLOCKED} | change
    groups = [arguments.pop(name) for name in ("vehicle", "agonist", "blocked")]
    with pytest.raises(ValueError, match=message):
        block_percent(*groups, **arguments)


def test_input_is_left_alone() -> None:
    groups = [np.array(values) for values in (VEHICLE, AGONIST, BLOCKED)]
    for values in groups:
        values.flags.writeable = False
    block = block_percent(*groups)
    with pytest.raises(dataclasses.FrozenInstanceError):
        block.estimate = 1.0  # type: ignore[misc]
