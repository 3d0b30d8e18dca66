from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from s1r_imaging.binding.kinetics import fit_association, fit_competition_kinetics, fit_dissociation
from s1r_imaging.flags import BindingFlag
from tests.binding.binding_plates import noisy

MINUTES = np.repeat([1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0], 2)
K_ON, K_OFF, BMAX = 1e7, 0.03, 5000.0


def series(dose: float, level: Any) -> pd.DataFrame:
    return pd.DataFrame({"time_min": MINUTES, "concentration_M": dose, "role": "total", "signal": level})


def association_table(seed: int | None, doses: tuple[float, ...] = (1e-9, 3e-9, 1e-8)) -> pd.DataFrame:
    parts = []
    for dose in doses:
        rate = K_ON * dose + K_OFF
        level = BMAX * K_ON * dose / rate * (1 - np.exp(-rate * MINUTES)) + 5e10 * dose
        parts.append(
            pd.DataFrame({"time_min": MINUTES, "concentration_M": dose, "role": "total", "signal": level})
        )
        parts.append(parts[-1].iloc[::4].assign(role="nonspecific", signal=5e10 * dose))
    table = pd.concat(parts, ignore_index=True)
    if seed is None:
        return table
    return table.assign(signal=noisy(np.random.default_rng(seed), table["signal"], 0.03))


def dissociation_table(seed: int, *, fast: float = 0.0) -> pd.DataFrame:
    time = np.repeat(np.linspace(0.5, 200.0, 25), 3)
    left = (1 - fast) * np.exp(-0.02 * time) + fast * np.exp(-0.3 * time)
    return pd.DataFrame({"time_min": time, "signal": noisy(np.random.default_rng(seed), 300 + 3000 * left, 0.02)})


def competition_table(seed: int | None) -> pd.DataFrame:
    """Return association with a competitor of k_on 1e6 and k_off 0.01, by integration."""
    parts = []
    for dose in (0.0, 1e-8, 3e-8, 1e-7):

        def change(_: float, y: Any, dose: float = dose) -> list[float]:
            free = 1 - y[0] - y[1]
            return [K_ON * 3e-9 * free - K_OFF * y[0], 1e6 * dose * free - 0.01 * y[1]]

        times = np.unique(MINUTES)
        path = solve_ivp(change, (0, 120), [0.0, 0.0], t_eval=times, rtol=1e-11, atol=1e-13, method="LSODA").y[0]
        level = 200 + BMAX * np.interp(MINUTES, times, path)
        parts.append(
            pd.DataFrame({"time_min": MINUTES, "concentration_M": dose, "role": "total", "signal": level})
        )
    parts.append(parts[0].assign(role="nonspecific", signal=200.0))
    table = pd.concat(parts, ignore_index=True)
    return (
        table if seed is None else table.assign(signal=noisy(np.random.default_rng(seed), table["signal"], 0.03))
    )


def test_exact_association_gives_the_true_rates() -> None:
    fit = fit_association(association_table(None), kd_M=3e-9)
    assert fit.value("k_on_per_M_min") == pytest.approx(K_ON, rel=1e-6)
    assert fit.value("k_off_per_min") == pytest.approx(K_OFF, rel=1e-6)
    assert fit.value("kd_M") == pytest.approx(3e-9, rel=1e-6)
    assert not fit.flags & BindingFlag.KD_DISAGREES


def test_association_is_unbiased_and_its_intervals_hold_the_truth() -> None:
    fits = [fit_association(association_table(seed)) for seed in range(16)]
    for name, truth in (("k_on_per_M_min", K_ON), ("k_off_per_min", K_OFF), ("kd_M", 3e-9)):
        away = np.array([np.log(fit.value(name) / truth) for fit in fits])
        assert abs(away.mean()) < 3.5 * away.std() / np.sqrt(len(away))
        inside = [fit.value(name, "ci_low") < truth < fit.value(name, "ci_high") for fit in fits]
        assert np.mean(inside) >= 0.75


def test_a_kd_that_disagrees_is_flagged() -> None:
    fit = fit_association(association_table(1), kd_M=9e-9)
    assert fit.flags & BindingFlag.KD_DISAGREES
    assert "9 nM" in fit.report()


def test_one_concentration_needs_the_dissociation_rate() -> None:
    table = association_table(2, doses=(3e-9,))
    with pytest.raises(ValueError, match="k_off_per_min"):
        fit_association(table)
    sharp = fit_association(table, k_off_per_min=K_OFF)
    vague = fit_association(table, k_off_per_min=K_OFF, k_off_se_per_min=0.006)
    assert sharp.value("k_on_per_M_min", "ci_low") < K_ON < sharp.value("k_on_per_M_min", "ci_high")
    width = [np.log(fit.value("kd_M", "ci_high") / fit.value("kd_M", "ci_low")) for fit in (sharp, vague)]
    assert width[1] > 1.5 * width[0]


def test_dissociation_rate_and_half_life() -> None:
    fit = fit_dissociation(dissociation_table(3))
    assert fit.value("k_off_per_min", "ci_low") < 0.02 < fit.value("k_off_per_min", "ci_high")
    assert fit.value("k_off_per_min") == pytest.approx(0.02, rel=0.1)
    assert fit.value("half_life_min") == pytest.approx(np.log(2) / fit.value("k_off_per_min"))
    assert (
        fit.value("half_life_min", "ci_low") < fit.value("half_life_min") < fit.value("half_life_min", "ci_high")
    )


def test_two_phases_are_told_apart() -> None:
    fit = fit_dissociation(dissociation_table(4, fast=0.5), phases="two_phase")
    assert fit.value("k_fast_per_min") == pytest.approx(0.3, rel=0.25)
    assert fit.value("k_slow_per_min") == pytest.approx(0.02, rel=0.15)
    assert fit.value("fast_fraction") == pytest.approx(0.5, abs=0.05)


def test_motulsky_mahan_rates_of_integrated_curves() -> None:
    options: dict[str, Any] = {"radioligand_M": 3e-9, "k_on_per_M_min": K_ON, "k_off_per_min": K_OFF}
    fit = fit_competition_kinetics(competition_table(None), **options)
    assert fit.value("k_on_per_M_min") == pytest.approx(1e6, rel=1e-4)
    assert fit.value("k_off_per_min") == pytest.approx(0.01, rel=1e-4)
    assert fit.value("ki_M") == pytest.approx(1e-8, rel=1e-4)
    assert fit.value("residence_time_min") == pytest.approx(100.0, rel=1e-4)
    scattered = fit_competition_kinetics(competition_table(5), **options)
    assert scattered.value("ki_M", "ci_low") < 1e-8 < scattered.value("ki_M", "ci_high")


def test_errors_of_the_radioligands_rates_reach_the_competitor() -> None:
    table = competition_table(6).query("concentration_M == 3e-8 and time_min < 31")
    options: dict[str, Any] = {"radioligand_M": 3e-9, "k_on_per_M_min": K_ON, "k_off_per_min": K_OFF}
    sharp = fit_competition_kinetics(table, **options)
    vague = fit_competition_kinetics(table, k_on_se_per_M_min=3e6, k_off_se_per_min=0.01, **options)
    width = [
        fit.value("k_on_per_M_min", "ci_high") - fit.value("k_on_per_M_min", "ci_low") for fit in (sharp, vague)
    ]
    assert width[1] > width[0]


def test_units_of_signal_and_rows_without_numbers_change_nothing() -> None:
    table = dissociation_table(6)
    one = fit_dissociation(table)
    other = fit_dissociation(
        pd.concat([table.assign(signal=table["signal"] * 1e6), pd.DataFrame({"time_min": [5.0]})])
    )
    assert other.value("k_off_per_min") == pytest.approx(one.value("k_off_per_min"), rel=1e-8)
    assert other.flags & BindingFlag.NOT_FINITE


@pytest.mark.parametrize("signal", [0.0, 100.0])
def test_a_constant_signal_has_no_rate(signal: float) -> None:
    fit = fit_dissociation(dissociation_table(7).assign(signal=signal))
    assert np.isnan(fit.value("k_off_per_min"))
    assert fit.flags & BindingFlag.TOO_FEW_POINTS


def test_noise_has_no_rate() -> None:
    rng = np.random.default_rng(9)
    table = dissociation_table(8).assign(signal=rng.normal(1000.0, 50.0, 75))
    fit = fit_dissociation(table)
    assert np.isnan(fit.value("k_off_per_min"))
    assert fit.flags & BindingFlag.OPEN_INTERVAL


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="phases"):
        fit_dissociation(dissociation_table(9), phases="three_phase")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time_min"):
        fit_dissociation(dissociation_table(9).drop(columns="time_min"))
    with pytest.raises(ValueError, match="radioligand_M"):
        fit_competition_kinetics(competition_table(None), radioligand_M=0, k_on_per_M_min=1e7, k_off_per_min=0.03)
