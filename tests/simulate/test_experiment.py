"""Simulated experiments: layout, block, and variation between dishes."""

from typing import Any

import numpy as np
import pytest

from s1r_imaging.simulate import SimulationOptions, simulate_experiment
from s1r_imaging.simulate.experiment import dish_factors

TINY = SimulationOptions(height_px=64, width_px=64, n_frames=60, stimulus_s=10.0)


def test_every_condition_is_recorded_in_every_dish() -> None:
    recordings, design, truth = simulate_experiment(n_days=2, n_dishes=2, recording=TINY)
    assert [recording.name for recording in recordings] == design["recording"].tolist() == list(truth.recordings)
    assert design["recording"].is_unique
    assert set(design.groupby(["day", "dish"])["condition"].nunique()) == {4}
    assert design["replicate"].nunique() == 4
    assert (design["antagonist_M"].notna() == design["role"].str.startswith("antagonist")).all()
    assert design["agonist_M"].notna().tolist() == [
        role in ("agonist", "antagonist_agonist") for role in design["role"]
    ]


def test_dishes_hold_different_cells_and_repeat_with_the_seed() -> None:
    first, _, truth = simulate_experiment(3, n_days=1, recording=TINY)
    again, _, _ = simulate_experiment(3, n_days=1, recording=TINY)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    labels = [of_dish.labels for of_dish in truth.recordings.values()]
    assert not any(np.array_equal(labels[0], other) for other in labels[1:])


def test_block_is_recovered_from_the_true_peaks() -> None:
    recording = SimulationOptions(
        height_px=160, width_px=160, n_frames=30, stimulus_s=2.0, latency_s=1.0, block=0.75
    )
    _, _, truth = simulate_experiment(n_days=4, recording=recording, intraclass_correlation=0.0)
    mean = truth.dishes.groupby("condition")["peak_dff"].mean()
    block = 1 - (mean["antagonist_agonist"] - mean["vehicle"]) / (mean["agonist"] - mean["vehicle"])
    assert truth.block == 0.75
    assert block == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("intraclass_correlation", [0.0, 0.15, 0.3])
def test_variance_between_dishes_is_the_stated_share(intraclass_correlation: float) -> None:
    days = np.repeat(np.arange(4000), 2)
    factors = dish_factors(
        days.tolist(), np.random.default_rng(1), cell_sd=0.4, intraclass_correlation=intraclass_correlation,
        day_share=0.5,
    )  # fmt: skip
    between = np.log(factors).var()
    assert between / (between + 0.4**2) == pytest.approx(intraclass_correlation, abs=0.01)
    assert np.median(factors) == pytest.approx(1, abs=0.02)
    if intraclass_correlation:
        assert np.corrcoef(np.log(factors).reshape(-1, 2).T)[0, 1] == pytest.approx(0.5, abs=0.05)


def test_the_factor_of_a_dish_scales_the_responses_of_its_cells() -> None:
    _, _, varied = simulate_experiment(
        n_days=2, conditions=["agonist"], recording=TINY, intraclass_correlation=0.5
    )
    _, _, alike = simulate_experiment(n_days=2, conditions=["agonist"], recording=TINY, intraclass_correlation=0.0)
    factor = (varied.dishes["peak_dff"] / alike.dishes["peak_dff"]).to_numpy()
    np.testing.assert_allclose(factor, varied.dishes["amplitude_factor"])
    assert (alike.dishes["amplitude_factor"] == 1).all()
    assert factor[0] != pytest.approx(factor[1], rel=0.01)


def test_progress_counts_the_recordings() -> None:
    seen: list[tuple[str, int, int]] = []
    simulate_experiment(
        n_days=1, conditions=["vehicle", "agonist"], recording=TINY, progress=lambda *a: seen.append(a)
    )
    assert seen == [("simulate", 1, 2), ("simulate", 2, 2)]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"n_days": 0}, "n_days"),
        ({"n_dishes": 0}, "n_dishes"),
        ({"conditions": []}, "conditions"),
        ({"conditions": ["agonist", "agonist"]}, "conditions"),
        ({"conditions": ["drug"]}, "conditions"),
        ({"intraclass_correlation": 1.0}, "intraclass_correlation"),
        ({"day_share": 1.5}, "day_share"),
    ],
)
def test_impossible_layouts_are_refused(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        simulate_experiment(**wrong)
