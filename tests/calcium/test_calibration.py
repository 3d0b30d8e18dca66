"""Calibrated signals against the equations turned round."""

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.calcium.calibration import calcium_concentration, fraction_of_maximum
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.recording import Event, Traces

CALCIUM_NM = np.array([[60.0, 60.0, 60.0, 60.0, 800.0, 300.0], [100.0, 100.0, 100.0, 100.0, 100.0, 2000.0]])
F_MIN, F_MAX, KD = np.array([20.0, 40.0]), np.array([900.0, 1500.0]), 345.0


def dye_traces(calcium_nM: np.ndarray = CALCIUM_NM) -> Traces:
    """Fluorescence of a dye in equilibrium: F = Fmin + (Fmax − Fmin) [Ca] / ([Ca] + Kd)."""
    f = F_MIN[:, None] + (F_MAX - F_MIN)[:, None] * calcium_nM / (calcium_nM + KD)
    return Traces(
        np.linspace(0.0, 5.0, 6),
        f + 100.0,
        f_background=np.full(f.shape, 100.0),
        cells=pd.DataFrame(index=[7, 3]),
        events=(Event("agonist", 4.0),),
    )


def test_concentration_is_found_again_with_values_per_cell() -> None:
    found = calcium_concentration(dye_traces(), kd_nM=KD, f_min=F_MIN, f_max=F_MAX)
    np.testing.assert_allclose(found, CALCIUM_NM)


def test_series_are_matched_by_label_and_not_by_position() -> None:
    f_min, f_max = pd.Series(F_MIN[::-1], index=[3, 7]), pd.Series(F_MAX[::-1], index=[3, 7])
    np.testing.assert_allclose(calcium_concentration(dye_traces(), kd_nM=KD, f_min=f_min, f_max=f_max), CALCIUM_NM)


def test_dff_makes_no_difference_to_concentration() -> None:
    found = calcium_concentration(compute_dff(dye_traces()), kd_nM=KD, f_min=F_MIN, f_max=F_MAX)
    np.testing.assert_allclose(found, CALCIUM_NM)


def test_outside_the_dyes_range_there_is_no_concentration() -> None:
    traces = Traces(np.arange(5.0), [[5.0, 10.0, 50.0, 100.0, 120.0]])  # type: ignore[arg-type]
    found = calcium_concentration(traces, kd_nM=345.0, f_min=10.0, f_max=100.0)
    assert np.isnan(found[0, [0, 1, 3, 4]]).all()
    assert found[0, 2] == pytest.approx(345.0 * 40.0 / 50.0)


def test_fraction_of_maximum_is_zero_at_rest_and_one_at_saturation() -> None:
    traces = compute_dff(dye_traces(np.where(CALCIUM_NM > 700.0, 1e12, CALCIUM_NM)))
    fraction = fraction_of_maximum(traces, F_MAX)
    np.testing.assert_allclose(fraction[0, [0, 4]], [0.0, 1.0], atol=1e-6)


def test_fraction_of_a_darkening_dye_rises_towards_its_dark_end() -> None:
    raw = Traces(np.arange(6.0), [[200.0, 200.0, 200.0, 200.0, 110.0, 155.0]], events=(Event("agonist", 4.0),))  # type: ignore[arg-type]
    fraction = fraction_of_maximum(compute_dff(raw, response_sign="negative"), 20.0)
    np.testing.assert_allclose(fraction, [[0.0, 0.0, 0.0, 0.0, 0.5, 0.25]], atol=1e-12)
    assert np.isnan(fraction_of_maximum(compute_dff(raw), 20.0)).all()


@pytest.mark.parametrize("kd_nM", [0.0, -1.0, np.nan, np.inf])
def test_an_impossible_kd_is_refused(kd_nM: float) -> None:
    with pytest.raises(ValueError, match="kd_nM="):
        calcium_concentration(dye_traces(), kd_nM=kd_nM, f_min=0.0, f_max=1.0)


def test_what_does_not_fit_the_cells_is_named() -> None:
    with pytest.raises(ValueError, match=r"f_min=5 is not below f_max=5 \(label 7\)"):
        calcium_concentration(dye_traces(), kd_nM=KD, f_min=5.0, f_max=5.0)
    with pytest.raises(ValueError, match=r"f_max has shape \(3,\)"):
        calcium_concentration(dye_traces(), kd_nM=KD, f_min=5.0, f_max=[6.0, 7.0, 8.0])
    with pytest.raises(ValueError, match="f_max has no value for label 7"):
        calcium_concentration(dye_traces(), kd_nM=KD, f_min=5.0, f_max=pd.Series({3: 9.0}))
    with pytest.raises(ValueError, match="call compute_dff first"):
        fraction_of_maximum(dye_traces(), 900.0)
