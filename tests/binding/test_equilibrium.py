"""Exact equilibria against 80 decimals, and by the laws that they obey."""

from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s1r_imaging.binding.conversions import ic50_from_ki
from s1r_imaging.binding.equilibrium import (
    Equilibrium,
    bound_radioligand_derivatives,
    competitive_equilibrium,
    free_concentration,
)

Floats = NDArray[np.float64]

molar = st.floats(-15.0, -3.0).map(lambda exponent: 10.0**exponent)
molar_or_none = st.one_of(st.just(0.0), molar)


def solve_in_decimals(total: float, partners: list[float], constants: list[float]) -> Decimal:
    """Newton from below, where the function is concave, so that it cannot overshoot."""
    with localcontext() as context:
        context.prec = 80
        goal, a, k = Decimal(total), [Decimal(item) for item in partners], [Decimal(item) for item in constants]
        pairs = list(zip(a, k, strict=True))
        x = goal / (1 + sum(ai / ki for ai, ki in pairs))
        for _ in range(2000):
            excess = x + sum(ai * x / (ki + x) for ai, ki in pairs) - goal
            step = -excess / (1 + sum(ai * ki / (ki + x) ** 2 for ai, ki in pairs))
            x += step
            if abs(step) < x * Decimal("1e-40"):
                return x
        raise AssertionError("the oracle did not converge")


def relative_errors(values: Floats, exact: list[Decimal]) -> Floats:
    return np.array([abs(float(Decimal(float(v)) / e - 1)) for v, e in zip(values, exact, strict=True)])


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_table_of_exact_equilibria(reference_data: Path, unit: float) -> None:
    table = pd.read_csv(reference_data / "binding" / "competitive_exact.csv")
    assert (table["Kd"] == table["Ki"]).any()
    at = competitive_equilibrium(
        table["R_total"] * unit, table["L_total"] * unit, table["I_total"] * unit,
        kd_M=table["Kd"] * unit, ki_M=table["Ki"] * unit,
    )  # fmt: skip
    np.testing.assert_allclose(at.receptor_free_M / unit, table["R_free"], rtol=1e-13)
    np.testing.assert_allclose(at.radioligand_bound_M / unit, table["RL_bound"], rtol=1e-13)
    np.testing.assert_allclose(at.competitor_bound_M / unit, table["RI_bound"], rtol=1e-13)


def test_twelve_decades_of_every_concentration_to_the_last_digits() -> None:
    rng = np.random.default_rng(1)
    total, radioligand, competitor, kd, ki = 10.0 ** rng.uniform(-15, -3, (5, 400))
    radioligand[::7] = total[::7]  # titration to the point of equivalence
    radioligand[::5] = competitor[::5] = total[::5] / 2
    kd[::5] = 1e-15
    ki[::3] = kd[::3]
    free = free_concentration(total, [radioligand, competitor], [kd, ki])
    columns = zip(total.tolist(), radioligand.tolist(), competitor.tolist(), kd.tolist(), ki.tolist(), strict=True)
    exact = [solve_in_decimals(t, [a, b], [k, m]) for t, a, b, k, m in columns]
    assert relative_errors(free, exact).max() < 2e-15


def test_one_partner_and_three() -> None:
    rng = np.random.default_rng(2)
    total, *rest = 10.0 ** rng.uniform(-12, -6, (7, 50))
    for n in (1, 3):
        free = free_concentration(total, rest[:n], rest[3 : 3 + n])
        exact = [
            solve_in_decimals(
                float(total[i]), [float(a[i]) for a in rest[:n]], [float(k[i]) for k in rest[3 : 3 + n]]
            )
            for i in range(len(total))
        ]
        assert relative_errors(free, exact).max() < 2e-15


@given(receptor=molar_or_none, radioligand=molar_or_none, competitor=molar_or_none, kd=molar, ki=molar)
def test_nothing_is_lost_and_mass_action_holds(
    receptor: float, radioligand: float, competitor: float, kd: float, ki: float
) -> None:
    at = competitive_equilibrium(receptor, radioligand, competitor, kd_M=kd, ki_M=ki)
    parts = vars(at)
    assert all(np.all(value >= 0) for value in parts.values())
    sums = [
        (at.receptor_free_M + at.radioligand_bound_M + at.competitor_bound_M, receptor),
        (at.radioligand_free_M + at.radioligand_bound_M, radioligand),
        (at.competitor_free_M + at.competitor_bound_M, competitor),
    ]
    for found, given_total in sums:
        np.testing.assert_allclose(found, given_total, rtol=1e-12)
    np.testing.assert_allclose(at.receptor_free_M * at.radioligand_free_M, kd * at.radioligand_bound_M, rtol=1e-12)
    np.testing.assert_allclose(at.receptor_free_M * at.competitor_free_M, ki * at.competitor_bound_M, rtol=1e-12)


@given(receptor=molar, kd=molar, ki=molar, low=molar, factor=st.floats(1.01, 1e6))
def test_more_competitor_never_leaves_more_radioligand_bound(
    receptor: float, kd: float, ki: float, low: float, factor: float
) -> None:
    at = competitive_equilibrium(receptor, 3e-9, [0.0, low, low * factor], kd_M=kd, ki_M=ki)
    assert np.all(np.diff(at.radioligand_bound_M) <= 1e-14 * at.radioligand_bound_M[0])
    assert np.all(np.diff(at.competitor_bound_M) >= -1e-14 * receptor)


@given(radioligand=molar, kd=molar, ki=molar)
def test_without_depletion_half_is_displaced_at_the_ic50_of_cheng_and_prusoff(
    radioligand: float, kd: float, ki: float
) -> None:
    receptor = 1e-12 * min(radioligand, kd, ki)
    ic50 = float(ic50_from_ki(ki, radioligand, kd))
    bound = competitive_equilibrium(receptor, radioligand, [0.0, ic50], kd_M=kd, ki_M=ki).radioligand_bound_M
    assert bound[1] / bound[0] == pytest.approx(0.5, rel=1e-10)


@given(unit=st.floats(-9.0, 9.0).map(lambda exponent: 10.0**exponent), receptor=molar, competitor=molar, ki=molar)
def test_the_unit_does_not_matter(unit: float, receptor: float, competitor: float, ki: float) -> None:
    at = competitive_equilibrium(receptor, 3e-9, competitor, kd_M=2e-9, ki_M=ki)
    scaled = competitive_equilibrium(
        receptor * unit, 3e-9 * unit, competitor * unit, kd_M=2e-9 * unit, ki_M=ki * unit
    )
    assert scaled.radioligand_bound_M / unit == pytest.approx(float(at.radioligand_bound_M), rel=1e-12)


def test_two_names_of_one_ligand_are_one_ligand() -> None:
    apart = competitive_equilibrium(1e-9, 2e-9, 3e-9, kd_M=1e-9, ki_M=1e-9)
    together = competitive_equilibrium(1e-9, 5e-9, 0.0, kd_M=1e-9, ki_M=1e-9)
    both = apart.radioligand_bound_M + apart.competitor_bound_M
    np.testing.assert_allclose(both, together.radioligand_bound_M, rtol=1e-14)


def test_radioligand_that_binds_elsewhere_is_missing_in_solution() -> None:
    at = competitive_equilibrium(1e-9, 3e-9, 1e-8, kd_M=3e-9, ki_M=1e-9, nonspecific=0.2)
    total = at.radioligand_bound_M + 1.2 * at.radioligand_free_M
    np.testing.assert_allclose(total, 3e-9, rtol=1e-14)
    np.testing.assert_allclose(
        at.receptor_free_M * at.radioligand_free_M, 3e-9 * at.radioligand_bound_M, rtol=1e-13
    )


def shifted(at: dict[str, float], name: str, by: float) -> Equilibrium:
    values = at | {name: at[name] * np.exp(by)}
    return competitive_equilibrium(
        values["receptor_M"], values["radioligand_M"], values["competitor_M"],
        kd_M=values["kd_M"], ki_M=values["ki_M"], nonspecific=0.1,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["receptor_M", "radioligand_M", "competitor_M", "kd_M", "ki_M"])
@pytest.mark.parametrize("ki_M", [2e-12, 3e-9, 1e-6])
def test_derivatives_are_those_of_the_equilibrium(name: str, ki_M: float) -> None:
    at = {"receptor_M": 1e-9, "radioligand_M": 3e-9, "competitor_M": 2e-9, "kd_M": 3e-9, "ki_M": ki_M}
    found = bound_radioligand_derivatives(**at, nonspecific=0.1)
    h = 1e-4
    numeric = (shifted(at, name, h).radioligand_bound_M - shifted(at, name, -h).radioligand_bound_M) / (2 * h)
    assert found[name] == pytest.approx(float(numeric), rel=1e-5, abs=1e-18)


def test_derivatives_of_a_common_unit_add_up_to_the_bound_radioligand() -> None:
    at: dict[str, Any] = {"kd_M": 3e-9, "ki_M": [1e-11, 1e-8]}
    derivatives = bound_radioligand_derivatives(1e-9, 3e-9, 2e-9, **at)
    bound = competitive_equilibrium(1e-9, 3e-9, 2e-9, **at).radioligand_bound_M
    np.testing.assert_allclose(np.sum(list(derivatives.values()), axis=0), bound, rtol=1e-13)


def test_arguments_broadcast_and_stay_as_they_are() -> None:
    doses, kis = np.geomspace(1e-10, 1e-5, 6), np.array([[1e-9], [1e-8]])
    doses.flags.writeable = kis.flags.writeable = False
    assert competitive_equilibrium(1e-9, 3e-9, doses, kd_M=3e-9, ki_M=kis).radioligand_bound_M.shape == (2, 6)
    assert competitive_equilibrium(1e-9, 3e-9, doses[:0], kd_M=3e-9, ki_M=1e-9).radioligand_bound_M.shape == (0,)
    assert competitive_equilibrium(1e-9, 3e-9, 0.0, kd_M=3e-9, ki_M=1e-9).radioligand_bound_M.shape == ()


def test_an_unknown_number_makes_its_own_row_unknown_only() -> None:
    at = competitive_equilibrium([1e-9, np.nan, 1e-9], 3e-9, [0.0, 0.0, np.inf], kd_M=3e-9, ki_M=1e-9)
    assert np.isnan(at.radioligand_bound_M).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("name", "value"),
    [("receptor_M", -1e-9), ("radioligand_M", -1.0), ("competitor_M", -1.0), ("kd_M", 0.0), ("ki_M", -1e-9)],
)
def test_impossible_concentrations_are_named(name: str, value: float) -> None:
    at = {"receptor_M": 1e-9, "radioligand_M": 3e-9, "competitor_M": 1e-9, "kd_M": 3e-9, "ki_M": 1e-9}
    with pytest.raises(ValueError, match=name):
        competitive_equilibrium(**(at | {name: value}))
