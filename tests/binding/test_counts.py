import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.binding.amounts import counts_to_fmol
from s1r_imaging.binding.counts import (
    cpm_to_dpm,
    decay_specific_activity,
    dpm_to_fmol,
    fmol_per_mg,
    radioligand_concentration,
)
from s1r_imaging.simulate import simulate_binding_plate


def test_three_nanomolar_in_250_microlitres_at_30_curies_per_mmol() -> None:
    assert dpm_to_fmol(49_950, specific_activity_Ci_per_mmol=30).value == pytest.approx(750, rel=1e-14)
    added = radioligand_concentration(49_950, specific_activity_Ci_per_mmol=30, volume_uL=250)
    assert added.value == pytest.approx(3e-9, rel=1e-14)


def test_a_curie_is_37_gigabecquerel() -> None:
    dpm_per_mole = 3.7e10 * 60 * 1000  # 1 Ci/mmol
    assert dpm_to_fmol(dpm_per_mole * 1e-15, specific_activity_Ci_per_mmol=1).value == pytest.approx(1, rel=1e-12)


def test_tritium_is_half_after_its_half_life() -> None:
    assert decay_specific_activity(60, elapsed_days=12.32 * 365.25) == pytest.approx(30, rel=1e-14)
    assert decay_specific_activity(60, elapsed_days=0) == 60
    assert decay_specific_activity(60, elapsed_days=-365.25) > 60
    assert decay_specific_activity(60, elapsed_days=60.2, half_life_years=60.2 / 365.25) == pytest.approx(30)


def test_standard_errors_are_those_of_many_repeated_measurements() -> None:
    rng = np.random.default_rng(8)
    n, time, rate, background = 40_000, 2.0, 800.0, 60.0
    efficiency, efficiency_se, activity, activity_se, protein, protein_se = 0.4, 0.012, 30.0, 0.6, 0.08, 0.003
    cpm = rng.poisson((rate + background) * time, n) / time
    measured = (cpm - rng.normal(background, 5.0, n)) / rng.normal(efficiency, efficiency_se, n)
    measured = measured / (2.22 * rng.normal(activity, activity_se, n)) / rng.normal(protein, protein_se, n)
    dpm = cpm_to_dpm(
        rate + background,
        efficiency=efficiency,
        counting_time_min=time,
        background_cpm=background,
        efficiency_se=efficiency_se,
        background_se_cpm=5.0,
    )
    fmol = dpm_to_fmol(
        dpm.value,
        specific_activity_Ci_per_mmol=activity,
        dpm_se=dpm.standard_error,
        specific_activity_se_Ci_per_mmol=activity_se,
    )
    density = fmol_per_mg(fmol.value, protein_mg=protein, fmol_se=fmol.standard_error, protein_se_mg=protein_se)
    assert density.value == pytest.approx(np.mean(measured), rel=0.01)
    assert density.standard_error == pytest.approx(np.std(measured), rel=0.03)


def test_the_error_of_the_concentration_added() -> None:
    rng = np.random.default_rng(9)
    dpm, volume = rng.normal(49_950, 900, 20_000), rng.normal(250, 5, 20_000)
    added = radioligand_concentration(
        49_950, specific_activity_Ci_per_mmol=30, volume_uL=250, dpm_se=900, volume_se_uL=5
    )
    assert added.standard_error == pytest.approx(np.std(dpm / (2.22 * 30 * volume) * 1e-9), rel=0.03)


@given(st.floats(0, 1e6), st.floats(0.01, 1), st.floats(0, 1e3))
def test_more_background_means_fewer_disintegrations(cpm: float, efficiency: float, background: float) -> None:
    dpm = cpm_to_dpm(cpm, efficiency=efficiency, background_cpm=background)
    assert dpm.value * efficiency + background == pytest.approx(cpm, abs=1e-6)
    assert np.isnan(dpm.standard_error)


def test_no_counts_are_not_known_without_error() -> None:
    assert cpm_to_dpm(0.0, efficiency=0.5, counting_time_min=2).standard_error == 1.0


def test_a_simulated_plate_gives_back_what_was_bound() -> None:
    plate, truth = simulate_binding_plate(seed=3, n_experiments=2, pipetting_cv=0.0, counting_time_min=1000.0)
    options = truth.options
    before = plate.copy()
    table = counts_to_fmol(
        plate,
        efficiency=options.counting_efficiency,
        specific_activity_Ci_per_mmol=options.specific_activity_Ci_mmol,
        protein_mg=0.1,
    )
    bound_fmol = (truth.wells["specific_M"] + truth.wells["nonspecific_M"]).to_numpy() * options.volume_uL * 1e9
    z = (table["fmol"].to_numpy() - bound_fmol) / table["fmol_se"].to_numpy()
    assert np.abs(z).max() < 5
    assert 0.8 < np.std(z) < 1.2
    np.testing.assert_allclose(table["fmol_per_mg"], table["fmol"] / 0.1)
    assert before.equals(plate)


def test_what_is_not_given_is_not_known() -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    table = counts_to_fmol(plate.drop(columns="counting_time_min"))
    assert table["dpm"].notna().all()
    assert table[["dpm_se", "fmol", "fmol_se", "fmol_per_mg"]].isna().all(axis=None)
    assert counts_to_fmol(plate, counting_minutes=5.0)["dpm_se"].notna().all()
    given = counts_to_fmol(plate, counter_background_cpm=100.0)
    np.testing.assert_allclose(given["dpm"], (plate["signal"] - 100.0) / 0.4)
    assert len(counts_to_fmol(plate.iloc[:0])) == 0


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"efficiency=40.*40 % is 0\.4"):
        cpm_to_dpm(100, efficiency=40)
    with pytest.raises(ValueError, match="counting_time_min=0"):
        cpm_to_dpm(100, efficiency=0.4, counting_time_min=0)
    with pytest.raises(ValueError, match="specific_activity_Ci_per_mmol=0"):
        dpm_to_fmol(100, specific_activity_Ci_per_mmol=0)
    with pytest.raises(ValueError, match="protein_mg=-1"):
        fmol_per_mg(100, protein_mg=-1)
    with pytest.raises(ValueError, match="volume_uL=0"):
        radioligand_concentration(100, specific_activity_Ci_per_mmol=30, volume_uL=0)
