"""Saturation with and without depletion."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.binding.equilibrium import competitive_equilibrium
from s1r_imaging.binding.saturation_equations import (
    free_radioligand,
    nonspecific_binding,
    specific_binding,
    total_binding,
    two_site_free_radioligand,
    two_site_total_binding,
)

molar = st.floats(-15.0, -3.0).map(lambda exponent: 10.0**exponent)
ratio = st.floats(0.0, 1.0)


def test_half_of_the_sites_are_taken_at_kd() -> None:
    assert specific_binding(3e-9, bmax=800.0, kd=3e-9) == pytest.approx(400.0, rel=1e-15)


def test_total_is_specific_and_nonspecific_and_background() -> None:
    free = np.array([0.0, 1e-9, 1e-8])
    free.flags.writeable = False
    total = total_binding(free, bmax=800.0, kd=3e-9, nonspecific=2e9, background=25.0)
    np.testing.assert_allclose(total, [25.0, 25 + 2 + 200, 25 + 20 + 800 * 10 / 13], rtol=1e-14)
    np.testing.assert_allclose(nonspecific_binding(free, nonspecific=2e9, background=25.0), [25.0, 27.0, 45.0])


def test_two_sites_of_one_affinity_are_one_site() -> None:
    free = np.geomspace(1e-10, 1e-7, 5)
    two = two_site_total_binding(
        free, bmax_high=500.0, kd_high=3e-9, bmax_low=300.0, kd_low=3e-9, nonspecific=1e9, background=5.0
    )
    one = total_binding(free, bmax=800.0, kd=3e-9, nonspecific=1e9, background=5.0)
    np.testing.assert_allclose(two, one, rtol=1e-14)


@given(added=molar, bmax=molar, kd=molar, nonspecific=ratio)
def test_what_is_added_is_found_again(added: float, bmax: float, kd: float, nonspecific: float) -> None:
    free = free_radioligand(added, bmax=bmax, kd=kd, nonspecific=nonspecific)
    assert 0 < free <= added
    found = total_binding(free, bmax=bmax, kd=kd, nonspecific=nonspecific) + free
    assert found == pytest.approx(added, rel=1e-11)


@given(added=molar, bmax=molar, kd=molar, nonspecific=ratio)
def test_one_site_is_the_equilibrium_without_competitor(
    added: float, bmax: float, kd: float, nonspecific: float
) -> None:
    at = competitive_equilibrium(bmax, added, 0.0, kd_M=kd, ki_M=1.0, nonspecific=nonspecific)
    free = free_radioligand(added, bmax=bmax, kd=kd, nonspecific=nonspecific)
    assert free == pytest.approx(float(at.radioligand_free_M), rel=1e-12)


@given(added=molar, bmax_high=molar, bmax_low=molar, kd_high=molar, kd_low=molar, nonspecific=ratio)
def test_two_sites_conserve_the_radioligand(added: float, nonspecific: float, **sites: float) -> None:
    free = two_site_free_radioligand(added, **sites, nonspecific=nonspecific)
    found = free + two_site_total_binding(free, **sites, nonspecific=nonspecific)
    assert found == pytest.approx(added, rel=1e-12)


def test_two_sites_of_one_affinity_deplete_as_one() -> None:
    added = np.geomspace(1e-10, 1e-7, 5)
    two = two_site_free_radioligand(
        added, bmax_high=1e-9, kd_high=3e-9, bmax_low=2e-9, kd_low=3e-9, nonspecific=0.1
    )
    np.testing.assert_allclose(two, free_radioligand(added, bmax=3e-9, kd=3e-9, nonspecific=0.1), rtol=1e-13)


@pytest.mark.parametrize("kd", [1e-15, 1e-12, 1e-9])
def test_at_the_point_of_equivalence_the_free_radioligand_keeps_its_digits(kd: float) -> None:
    # as many sites as ligand: x² + Kd x = Kd × added, free of any difference
    added = 1e-3
    exact = 2 * added / (1 + np.sqrt(1 + 4 * added / kd))
    assert free_radioligand(added, bmax=added, kd=kd) == pytest.approx(exact, rel=1e-15)


def test_few_sites_deplete_nothing() -> None:
    assert free_radioligand(3e-9, bmax=1e-20, kd=3e-9) == pytest.approx(3e-9, rel=1e-11)
    assert free_radioligand([0.0, np.nan], bmax=1e-9, kd=3e-9)[0] == 0.0
    assert np.isnan(free_radioligand([0.0, np.nan], bmax=1e-9, kd=3e-9)[1])


@pytest.mark.parametrize("wrong", [{"added": -1e-9}, {"bmax": -1e-9}, {"kd": 0.0}, {"nonspecific": -0.1}])
def test_impossible_values_are_named(wrong: dict[str, Any]) -> None:
    values: dict[str, Any] = {"added": 1e-9, "bmax": 1e-9, "kd": 1e-9, "nonspecific": 0.1} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong))):
        free_radioligand(**values)
