import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from s1r_imaging.calcium.marks import curve_kinetics
from s1r_imaging.calcium.shapes import SHAPES, Shape, gaussian_rise


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ratio", [0.05, 0.3, 2.0])
def test_shape_has_the_stated_peak_width_and_half_rise(shape: Shape, ratio: float) -> None:
    time_s = np.linspace(-30.0, 200.0, 400_001)
    curve = shape.curve(time_s - 5.0, np.log(ratio), np.array(np.log(10.0)))[None]
    found = curve_kinetics(time_s, curve)
    stated = shape.kinetics(np.array([5.0]), np.log([ratio]), np.log([10.0]))
    assert found.peak[0] == pytest.approx(1.0, rel=1e-3)
    assert found.fwhm_s[0] == pytest.approx(10.0, rel=1e-3)
    assert found.half_up_s[0] == pytest.approx(5.0, abs=1e-3)
    assert found.rise_time_s[0] == pytest.approx(stated.rise_time_s[0], rel=2e-3)
    assert found.peak_s[0] == pytest.approx(stated.peak_s[0], abs=0.05)


def test_gaussian_rise_is_an_exponential_smoothed_by_a_gaussian() -> None:
    time_s = np.arange(-50.0, 100.0, 0.01)
    sharp = np.where(time_s >= 0, np.exp(-time_s / 8.0), 0.0)
    smooth = gaussian_filter1d(sharp, 150)
    np.testing.assert_allclose(gaussian_rise(time_s, np.array(1.5), np.array(8.0)), smooth, atol=2e-3)


@pytest.mark.parametrize(("rise", "decay"), [(1e-3, 1e3), (1e3, 1e-3), (50.0, 0.5)])
def test_gaussian_rise_neither_overflows_nor_is_undefined(rise: float, decay: float) -> None:
    values = gaussian_rise(np.linspace(-1e4, 1e4, 1001), np.array(rise), np.array(decay))
    assert np.all((values >= 0) & (values <= 1))


def test_curve_kinetics_of_a_triangle() -> None:
    time_s = np.arange(21.0)
    found = curve_kinetics(time_s, np.interp(time_s, [5, 10, 20], [0, 2, 0])[None])
    assert found.peak[0] == pytest.approx(2.0, rel=0.005)
    assert found.half_up_s[0] == pytest.approx(7.5, abs=0.02)
    assert found.half_down_s[0] == pytest.approx(15.0, abs=0.03)
    assert found.rise_time_s[0] == pytest.approx(4.0, rel=0.005)
    assert found.onset_s[0] == pytest.approx(5.0, abs=0.01)


def test_curve_that_does_not_fall_again_has_no_width() -> None:
    found = curve_kinetics(np.arange(4.0), np.array([[0.0, 1.0, 1.0, 0.9]]))
    assert np.isnan(found.fwhm_s[0])
    assert found.peak[0] == 1.0
