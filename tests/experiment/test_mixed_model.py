import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM

from s1r_imaging.experiment.difference import Difference
from s1r_imaging.experiment.groups import Group
from s1r_imaging.experiment.mixed_model import (
    design_matrix,
    fit_clusters,
    mixed_model_difference,
    satterthwaite_df,
)
from tests.experiment.null_experiments import as_groups, null_cells

Array = NDArray[np.float64]

DYESTUFF = np.array(
    [
        [1545, 1440, 1440, 1520, 1580],
        [1540, 1555, 1490, 1560, 1495],
        [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545],
        [1595, 1630, 1515, 1635, 1625],
        [1520, 1455, 1450, 1480, 1445],
    ],
    dtype=np.float64,
)  # Davies and Goldsmith 1972: yield of dyestuff, six batches of five


def compare(treated: Group, reference: Group, *, is_paired: bool = False) -> Difference:
    return mixed_model_difference(treated, reference, is_paired=is_paired, confidence=0.95)


def ragged(rng: np.random.Generator, sizes: list[int], level: float, spread: float) -> Group:
    cells = [level + spread * rng.standard_normal() + rng.standard_normal(size) for size in sizes]
    means = np.array([own.mean() for own in cells])
    squares = np.array([np.sum((own - own.mean()) ** 2) for own in cells])
    return Group("x", "agonist", means, np.array(sizes, dtype=float), means, squares, np.arange(len(sizes)))


def test_variance_components_of_the_dyestuff_data() -> None:
    means = DYESTUFF.mean(axis=1)
    squares = float(np.sum((DYESTUFF - means[:, None]) ** 2))
    fit = fit_clusters(np.full(6, 5.0), means, squares, np.ones((6, 1)))
    # REML estimates that lme4 prints: 1764.05, 2451.25, intercept 1527.5 with standard error 19.383
    assert (fit.variance_between, fit.variance_within) == pytest.approx((1764.05, 2451.25), rel=1e-4)
    assert fit.coefficients[0] == pytest.approx(1527.5)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(19.383, rel=1e-4)
    assert satterthwaite_df(fit, np.full(6, 5.0), np.ones((6, 1)), np.ones(1)) == pytest.approx(5, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_balanced_data_give_the_t_test_on_replicate_means(seed: int) -> None:
    treated, reference = as_groups(null_cells(np.random.default_rng(seed), icc=0.5))
    found, oracle = compare(treated, reference), stats.ttest_ind(treated.means, reference.means)
    interval = oracle.confidence_interval(0.95)
    assert (found.p_value, found.df) == pytest.approx((oracle.pvalue, 6), rel=1e-4)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_balanced_pairs_give_the_paired_t_test(seed: int) -> None:
    treated, reference = as_groups(null_cells(np.random.default_rng(seed), icc=0.5, day_share=0.5))
    oracle = stats.ttest_rel(treated.means, reference.means)
    found = compare(treated, reference, is_paired=True)
    assert (found.p_value, found.df) == pytest.approx((oracle.pvalue, 3), rel=1e-4)


def test_unequal_numbers_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(8)
    sizes = [[3, 40, 12, 25], [30, 5, 18, 60, 9]]
    cells = [[rng.normal(0.6 * rng.standard_normal(), 1.0, size) for size in own] for own in sizes]
    flat = [own for condition in cells for own in condition]
    x = np.repeat([1.0, 0.0], [sum(own) for own in sizes])
    labels = np.repeat(np.arange(9), [len(own) for own in flat])
    y = np.concatenate(flat)
    fit = MixedLM(y, np.column_stack([np.ones(len(y)), x]), groups=labels).fit(reml=True)
    groups = []
    for own in cells:
        means = np.array([cell.mean() for cell in own])
        squares = np.array([np.sum((cell - cell.mean()) ** 2) for cell in own])
        count = np.array([float(len(cell)) for cell in own])
        groups.append(Group("x", "agonist", means, count, means, squares, np.arange(len(own))))
    matrix = design_matrix(groups[0], groups[1], is_paired=False)
    n, mean = (np.concatenate([getattr(g, name) for g in groups]) for name in ("n_cells", "cell_means"))
    own_fit = fit_clusters(n, mean, float(sum(g.cell_squares.sum() for g in groups)), matrix)
    assert own_fit.coefficients == pytest.approx(fit.fe_params, rel=1e-3, abs=1e-4)
    assert np.sqrt(np.diag(own_fit.covariance)) == pytest.approx(fit.bse_fe, rel=1e-3)
    assert own_fit.variance_between == pytest.approx(float(fit.cov_re[0, 0]), rel=5e-3)


def restricted_deviance(share: float, sizes: Array, means: Array, squares: float, x: Array) -> float:
    """Return the REML deviance from the full covariance of the means, which the fit never makes."""
    within, between = 1 - share, share
    v = np.diag(between + within / sizes)
    inverse = np.linalg.inv(v)
    gram = x.T @ inverse @ x
    rest = means - x @ np.linalg.solve(gram, x.T @ inverse @ means)
    df = sizes.sum() - x.shape[1]
    scale = (squares / within + rest @ inverse @ rest) / df
    cells = np.sum(sizes - 1) * np.log(within)
    return float(np.linalg.slogdet(v)[1] + cells + np.linalg.slogdet(gram)[1] + df * np.log(scale))


def test_the_fit_is_the_minimum_of_the_restricted_likelihood() -> None:
    rng = np.random.default_rng(9)
    groups = ragged(rng, [3, 40, 12, 25], 0.0, 0.6), ragged(rng, [30, 5, 18, 60], 0.3, 0.6)
    x = design_matrix(*groups, is_paired=False)
    sizes, means = (np.concatenate([getattr(g, name) for g in groups]) for name in ("n_cells", "cell_means"))
    squares = float(sum(g.cell_squares.sum() for g in groups))
    shares = np.linspace(0.001, 0.9, 9000)
    oracle = shares[np.argmin([restricted_deviance(share, sizes, means, squares, x) for share in shares])]
    assert fit_clusters(sizes, means, squares, x).intraclass_correlation == pytest.approx(oracle, abs=2e-4)


def test_degrees_of_freedom_never_exceed_those_of_the_replicates() -> None:
    rng = np.random.default_rng(10)
    for _ in range(50):
        found = compare(ragged(rng, [40] * 4, 0.0, 0.0), ragged(rng, [5, 40, 80, 20], 0.0, 0.0))
        assert 0 < found.df <= 6 + 1e-9


def test_a_singular_fit_is_said() -> None:
    means = np.array([1.0, 1.001, 0.999, 1.0])
    other = Group("x", "agonist", means, np.full(4, 40.0), means, np.full(4, 40.0), np.arange(4))
    found = compare(other, other)
    assert "singular" in found.note
    assert found.df == pytest.approx(6)


def test_too_few_replicates_are_said() -> None:
    rng = np.random.default_rng(11)
    one = compare(ragged(rng, [40], 0.0, 0.3), ragged(rng, [40], 0.0, 0.3))
    assert np.isnan(one.p_value)
    assert np.isfinite(one.estimate)
    two = compare(ragged(rng, [40, 40], 0.0, 0.3), ragged(rng, [40, 40], 0.0, 0.3))
    assert "n is too small" in two.note


def test_one_cell_a_replicate_is_not_a_mixed_model() -> None:
    rng = np.random.default_rng(12)
    found = compare(ragged(rng, [1] * 4, 0.0, 0.3), ragged(rng, [1] * 4, 0.0, 0.3))
    assert np.isnan(found.p_value)
    assert "cannot tell" in found.note


def test_size_is_held_with_unequal_numbers_of_cells() -> None:
    rng = np.random.default_rng(13)
    sizes = [10, 80, 30, 40]
    found = [
        compare(ragged(rng, sizes, 0.0, 0.5), ragged(rng, sizes, 0.0, 0.5)).p_value < 0.05 for _ in range(300)
    ]
    assert 0.01 < np.mean(found) < 0.09  # three standard errors, 0.013 each, to either side
