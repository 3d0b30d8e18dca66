import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding.noise import plate_noise, replicate_variances
from tests.binding.binding_plates import DOSES, noisy, noisy_plate, one_site, plate_of


def many_plates(cv: float, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    doses = np.repeat(DOSES, 3)
    plates = [
        plate_of(
            doses, noisy(rng, one_site(doses, 1e-8, 3000.0, 200.0), cv), (3000.0,), (200.0,), experiment=number
        )
        for number in range(n)
    ]
    return pd.concat(plates, ignore_index=True)


@pytest.mark.parametrize("cv", [0.0, 0.02, 0.04, 0.1])
def test_counting_noise_and_cv_are_found(cv: float) -> None:
    noise = plate_noise(many_plates(cv))
    expected = 1500.0 + (cv * 1500.0) ** 2
    assert noise.variance(np.array([1500.0]))[0] == pytest.approx(expected, rel=0.15)
    assert noise.cv == pytest.approx(cv, abs=0.012)
    known = plate_noise(many_plates(cv), counting_time_min=1.0)
    assert known.per_count == pytest.approx(1.0)
    assert known.cv == pytest.approx(cv, abs=0.008)


def test_variances_are_those_of_replicates() -> None:
    plate = plate_of([1e-9, 1e-9, 1e-8, 0.0, 0.0], [10.0, 14.0, 5.0, 1.0, 3.0], (7.0, 8.0, 9.0), (2.0,))
    mean, variance, df = replicate_variances(plate)
    found = sorted(zip(mean.tolist(), variance.tolist(), df.tolist(), strict=True))
    assert found == [(2.0, 2.0, 1.0), (8.0, 1.0, 2.0), (12.0, 8.0, 1.0)]


def test_noise_follows_the_unit_of_the_signal() -> None:
    plate = noisy_plate(1)
    one, other = plate_noise(plate), plate_noise(plate.assign(signal=plate["signal"] * 1e6))
    level = np.array([10.0, 500.0, 5000.0])
    assert other.variance(level * 1e6) == pytest.approx(one.variance(level) * 1e12, rel=1e-9)
    assert one.in_units(10.0).variance(level / 10.0) == pytest.approx(one.variance(level) / 100.0, rel=1e-12)


@pytest.mark.parametrize(("weighting", "power"), [("none", 0.0), ("1/y", 1.0), ("1/y2", 2.0)])
def test_rules_follow_the_signal(weighting: str, power: float) -> None:
    noise = plate_noise(noisy_plate(2), weighting=weighting)  # type: ignore[arg-type]
    low, high = noise.variance(np.array([100.0, 1000.0]))
    assert high / low == pytest.approx(10.0**power)
    assert noise.df == 0


def test_without_replicates_variance_is_proportional_to_the_signal() -> None:
    noise = plate_noise(noisy_plate(3, n=1, n_controls=1))
    low, high = noise.variance(np.array([100.0, 1000.0]))
    assert high / low == pytest.approx(10.0)
    assert noise.df == 0
