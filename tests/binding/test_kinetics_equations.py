"""Binding over time, against the matrix exponential and an ODE."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from s1r_imaging.binding.kinetics_equations import (
    association,
    dissociation,
    motulsky_mahan,
    observed_rate,
    two_phase_association,
    two_phase_dissociation,
)

rate = st.floats(-5.0, 1.0).map(lambda exponent: 10.0**exponent)


def by_matrix(time: float, inflow: float, k2: float, rival: float, k4: float) -> float:
    """Fraction bound: d(bound, competing)/dt is linear in them and in 1."""
    rates = np.array([[-(inflow + k2), -inflow, inflow], [-rival, -(rival + k4), rival], [0.0, 0.0, 0.0]])
    return float((expm(rates * time) @ [0.0, 0.0, 1.0])[0])


def test_table_by_ode(reference_data: Path) -> None:
    table = pd.read_csv(reference_data / "binding" / "motulsky_mahan_ode.csv")
    bound = motulsky_mahan(
        table["t_min"], table["L_nM"] * 1e-9, table["I_nM"] * 1e-9,
        k_on=table["k1_per_M_min"], k_off=table["k2_per_min"],
        competitor_k_on=table["k3_per_M_min"], competitor_k_off=table["k4_per_min"], bmax=table["Bmax"],
    )  # fmt: skip
    np.testing.assert_allclose(bound, table["bound"], rtol=2e-8, atol=1e-12)  # digits of the ODE
    inflow, rival = table["k1_per_M_min"] * table["L_nM"] * 1e-9, table["k3_per_M_min"] * table["I_nM"] * 1e-9
    exact = [
        by_matrix(*row)
        for row in zip(table["t_min"], inflow, table["k2_per_min"], rival, table["k4_per_min"], strict=True)
    ]
    np.testing.assert_allclose(bound / table["Bmax"], exact, rtol=1e-11, atol=1e-15)


@given(inflow=rate, k2=rate, rival=rate, k4=rate, time=st.floats(-3.0, 2.0).map(lambda exponent: 10.0**exponent))
def test_competition_of_any_rates(inflow: float, k2: float, rival: float, k4: float, time: float) -> None:
    bound = motulsky_mahan(
        time, inflow / 1e7, rival / 1e6, k_on=1e7, k_off=k2, competitor_k_on=1e6, competitor_k_off=k4, bmax=1.0
    )
    assert bound == pytest.approx(by_matrix(time, inflow, k2, rival, k4), rel=1e-9)


@pytest.mark.parametrize("competitor_M", [0.0, 1e-30, 1e-24, 1e-20, 1e-15])
def test_equal_rates_are_no_singularity(competitor_M: float) -> None:
    # K_F = K_S where the competitor leaves at the rate at which the radioligand equilibrates
    time = np.array([0.0, 0.1, 10.0, 500.0])
    bound = motulsky_mahan(
        time, 3e-9, competitor_M, k_on=1e7, k_off=0.03, competitor_k_on=1e7, competitor_k_off=0.06, bmax=100.0
    )
    np.testing.assert_allclose(bound, association(time, 3e-9, k_on=1e7, k_off=0.03, bmax=100.0), rtol=1e-7)


def test_competitor_that_never_leaves_takes_everything_in_the_end() -> None:
    rates: dict[str, Any] = {"k_on": 1e7, "k_off": 0.03, "competitor_k_on": 1e6, "competitor_k_off": 0.0}
    bound = motulsky_mahan([1.0, 1e7], 3e-9, 1e-8, **rates, bmax=100.0)
    assert bound[0] == pytest.approx(100 * by_matrix(1.0, 0.03, 0.03, 0.01, 0.0), rel=1e-12)
    assert bound[1] == 0.0


def test_at_long_times_competition_is_at_equilibrium() -> None:
    bound = motulsky_mahan(
        1e6, 3e-9, 2e-8, k_on=1e7, k_off=0.03, competitor_k_on=5e6, competitor_k_off=0.01, bmax=100.0
    )
    assert bound == pytest.approx(100 * 3 / (3 + 3 * (1 + 20 / 2)), rel=1e-12)


def test_association_begins_at_the_rate_of_binding_and_ends_at_equilibrium() -> None:
    bound = association([0.0, 1e-9, 1e9], 3e-9, k_on=1e7, k_off=0.01, bmax=100.0)
    np.testing.assert_allclose(bound, [0.0, 100 * 0.03 * 1e-9, 75.0], rtol=1e-10)


def test_association_at_the_observed_rate() -> None:
    k_obs = float(observed_rate(3e-9, k_on=1e7, k_off=0.01))
    assert k_obs == pytest.approx(0.04)
    assert association(1 / k_obs, 3e-9, k_on=1e7, k_off=0.01, bmax=1.0) == pytest.approx(0.75 * (1 - np.exp(-1)))


def test_no_ligand_no_binding() -> None:
    assert association(10.0, 0.0, k_on=1e7, k_off=0.0, bmax=1.0) == 0.0
    none: dict[str, Any] = {"k_on": 0.0, "k_off": 0.0, "competitor_k_on": 0.0, "competitor_k_off": 0.0}
    assert motulsky_mahan(10.0, 1e-9, 1e-9, **none, bmax=1.0) == 0.0


def test_half_is_left_after_a_half_life() -> None:
    bound = dissociation([0.0, np.log(2) / 0.03], bound_at_start=80.0, k_off=0.03)
    np.testing.assert_allclose(bound, [80.0, 40.0])


def test_two_phases_with_one_rate_are_one_phase() -> None:
    time = np.linspace(0, 100, 7)
    left = two_phase_dissociation(time, bound_at_start=80.0, k_off_fast=0.03, k_off_slow=0.03, fast_fraction=0.3)
    np.testing.assert_allclose(left, dissociation(time, bound_at_start=80.0, k_off=0.03), rtol=1e-14)
    come = two_phase_association(time, plateau=80.0, k_fast=0.03, k_slow=0.03, fast_fraction=0.3)
    np.testing.assert_allclose(come + left, 80.0, rtol=1e-14)


def test_two_phases_after_the_fast_one_is_over() -> None:
    left = two_phase_dissociation(50.0, bound_at_start=80.0, k_off_fast=5.0, k_off_slow=0.01, fast_fraction=0.25)
    assert left == pytest.approx(60 * np.exp(-0.5))
    come = two_phase_association(50.0, plateau=80.0, k_fast=5.0, k_slow=0.01, fast_fraction=0.25)
    assert come == pytest.approx(20 + 60 * (1 - np.exp(-0.5)))


def test_unknown_times_stay_unknown() -> None:
    time = np.array([1.0, np.nan])
    time.flags.writeable = False
    assert np.isnan(association(time, 3e-9, k_on=1e7, k_off=0.03, bmax=1.0)).tolist() == [False, True]
    rates: dict[str, Any] = {"k_on": 1e7, "k_off": 0.03, "competitor_k_on": 1e6, "competitor_k_off": 0.01}
    assert np.isnan(motulsky_mahan(time, 3e-9, 1e-8, **rates, bmax=1.0)).tolist() == [False, True]


@pytest.mark.parametrize("name", ["k_on", "k_off", "competitor_k_on", "competitor_k_off"])
def test_negative_rates_are_named(name: str) -> None:
    rates: dict[str, Any] = {"k_on": 1e7, "k_off": 0.03, "competitor_k_on": 1e6, "competitor_k_off": 0.01}
    with pytest.raises(ValueError, match=name):
        motulsky_mahan(1.0, 3e-9, 1e-8, **(rates | {name: -1.0}), bmax=1.0)
    with pytest.raises(ValueError, match="time_min"):
        motulsky_mahan(-1.0, 3e-9, 1e-8, **rates, bmax=1.0)
