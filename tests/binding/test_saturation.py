from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding.saturation import fit_saturation
from s1r_imaging.flags import BindingFlag
from tests.binding.binding_plates import bound_exactly, noisy

DOSES = np.repeat(np.logspace(-9.5, -7.5, 8), 3)
PER_M = 4e13  # signal of 1 mol/L bound


def plate_of(total: Any, nonspecific: Any, doses: Any = DOSES) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "role": ["total"] * len(doses) + ["nonspecific"] * len(doses),
            "concentration_M": np.tile(doses, 2),
            "signal": np.concatenate([total, nonspecific]),
        }
    )


def curves(bmax: float = 8000.0, kd: float = 3e-9, per_M: float = 2e11) -> tuple[Any, Any]:
    return bmax * DOSES / (kd + DOSES) + per_M * DOSES, per_M * DOSES


def noisy_saturation(seed: int, **truth: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    total, nonspecific = curves(**truth)
    return plate_of(noisy(rng, total), noisy(rng, nonspecific))


def depleted() -> pd.DataFrame:
    """Return exact binding of 2 nM sites at Kd 3 nM; what binds elsewhere is 0.005 of what is free."""
    kd, share, sites = 3e-9, 0.005, 2e-9
    specific = np.array([bound_exactly(sites, dose, 0.0, kd * (1 + share), 1.0) for dose in DOSES])
    total = specific + share * (DOSES - specific) / (1 + share)
    return plate_of(total * PER_M, DOSES * share / (1 + share) * PER_M)


def test_exact_data_give_the_truth() -> None:
    fit = fit_saturation(plate_of(*curves()))
    assert fit.value("kd_M") == pytest.approx(3e-9, rel=1e-7)
    assert fit.value("bmax") == pytest.approx(8000.0, rel=1e-7)
    assert fit.value("nonspecific_per_M") == pytest.approx(2e11, rel=1e-7)
    assert "bmax_M" not in fit.parameters.index


def test_intervals_hold_the_truth_and_estimates_are_unbiased() -> None:
    fits = [fit_saturation(noisy_saturation(seed)) for seed in range(40)]
    away = np.array([np.log(fit.value("kd_M") / 3e-9) for fit in fits])
    inside = [fit.value("kd_M", "ci_low") < 3e-9 < fit.value("kd_M", "ci_high") for fit in fits]
    assert abs(away.mean()) < 3 * away.std() / np.sqrt(len(away))
    assert np.mean(inside) > 0.87


def test_depletion_is_solved_for_or_flagged() -> None:
    plate = depleted()
    fit = fit_saturation(plate, depletion=True, signal_per_M=PER_M)
    assert fit.value("kd_M") == pytest.approx(3e-9, rel=1e-6)
    assert fit.value("bmax_M") == pytest.approx(2e-9, rel=1e-6)
    naive = fit_saturation(plate, signal_per_M=PER_M)
    assert naive.value("kd_M") > 4e-9
    assert naive.flags & BindingFlag.DEPLETION
    assert "depletion=True" in naive.report()


def test_two_sites_are_told_apart() -> None:
    first, elsewhere = curves(bmax=4000.0, kd=5e-10)
    second, _ = curves(bmax=40000.0, kd=1e-7, per_M=0.0)
    fit = fit_saturation(plate_of(first + second, elsewhere), sites="two_site", weighting="1/y")
    assert fit.value("kd_1_M") == pytest.approx(5e-10, rel=1e-4)
    assert fit.value("kd_2_M") == pytest.approx(1e-7, rel=1e-4)
    assert fit.value("bmax_1") == pytest.approx(4000.0, rel=1e-4)


def test_background_is_fitted_where_it_was_measured() -> None:
    total, elsewhere = curves()
    blanks = pd.DataFrame({"role": ["blank"] * 3, "concentration_M": [np.nan] * 3, "signal": [250.0] * 3})
    fit = fit_saturation(pd.concat([plate_of(total + 250, elsewhere + 250), blanks]))
    assert fit.value("background") == pytest.approx(250.0, rel=1e-6)
    assert fit.value("kd_M") == pytest.approx(3e-9, rel=1e-6)


@pytest.mark.parametrize(("concentration", "counts"), [(1e9, 1.0), (1e-9, 1e6), (1.0, 1e-6)])
def test_units_change_nothing(concentration: float, counts: float) -> None:
    plate = noisy_saturation(1)
    scaled = plate.assign(
        concentration_M=plate["concentration_M"] * concentration, signal=plate["signal"] * counts
    )
    one, other = fit_saturation(plate), fit_saturation(scaled)
    for column in ("estimate", "ci_low", "ci_high"):
        assert other.value("kd_M", column) == pytest.approx(one.value("kd_M", column) * concentration, rel=1e-8)
        assert other.value("bmax", column) == pytest.approx(one.value("bmax", column) * counts, rel=1e-8)


def test_binding_that_does_not_saturate_has_no_bmax() -> None:
    fit = fit_saturation(noisy_saturation(2, kd=1e-5, bmax=3e6))
    assert np.isnan(fit.value("bmax"))
    assert fit.value("bmax", "ci_high") == np.inf
    assert fit.flags & BindingFlag.OPEN_INTERVAL


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_wells_give_no_number(rows: int) -> None:
    fit = fit_saturation(noisy_saturation(3).iloc[:rows])
    assert np.isnan(fit.value("kd_M"))
    assert fit.flags & BindingFlag.TOO_FEW_POINTS
    assert list(fit.to_frame()) == list(fit_saturation(noisy_saturation(3)).to_frame())


def test_predicted_specific_binding_is_total_less_nonspecific() -> None:
    fit = fit_saturation(noisy_saturation(4))
    assert fit.predict is not None
    grid = pd.DataFrame({"role": ["total", "nonspecific", "specific"], "concentration_M": [2e-9] * 3})
    total, nonspecific, specific = fit.predict(grid)["signal"]
    assert specific == pytest.approx(total - nonspecific)


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="signal_per_M"):
        fit_saturation(noisy_saturation(5), depletion=True)
    with pytest.raises(ValueError, match="experiments"):
        fit_saturation(noisy_saturation(5).assign(experiment=lambda p: p.index % 2))
    with pytest.raises(ValueError, match="role"):
        fit_saturation(noisy_saturation(5).drop(columns="role"))


def test_a_background_that_no_blank_tells_does_not_bias_kd() -> None:
    rng = np.random.default_rng(3)
    added = np.repeat(np.geomspace(0.2e-9, 40e-9, 9), 3)
    nonspecific = 10.0 * added / 1e-9 + 20.0
    total = 1000.0 * added / (3e-9 + added) + nonspecific
    plate = pd.DataFrame(
        {
            "role": ["total"] * 27 + ["nonspecific"] * 27,
            "concentration_M": np.tile(added, 2),
            "signal": np.concatenate([total, nonspecific]) * (1 + 0.03 * rng.standard_normal(54)),
        }
    )
    fit = fit_saturation(plate)
    assert fit.value("kd_M", "ci_low") < 3e-9 < fit.value("kd_M", "ci_high")
    assert fit.value("kd_M", "estimate") == pytest.approx(3e-9, rel=0.1)
    assert fit.value("background", "estimate") == pytest.approx(20.0, rel=0.2)
