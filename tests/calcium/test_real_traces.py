"""ΔF/F0 of real ROI traces with their own baseline and drug windows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.noise import difference_sd
from s1r_imaging.flags import CellFlag
from s1r_imaging.recording import Event, Traces

FIRST_BASELINE, LAST_BASELINE, FIRST_DRUG, LAST_DRUG = 185, 195, 200, 220  # frames, from the experiment's notes


@pytest.fixture(scope="module")
def neurons(reference_data: Path) -> Traces:
    """Ten neurons, 298 frames, one frame per unit of time; the agonist TGOT is washed in and out."""
    folder = reference_data / "calcium" / "swharden_MIT"
    notes = (folder / "experiment.txt").read_text(encoding="utf-8")
    assert f"baseline={FIRST_BASELINE}-{LAST_BASELINE}" in notes
    assert f"TGOT={FIRST_DRUG}-{LAST_DRUG}" in notes
    table = pd.read_csv(folder / "Results.xls", sep="\t", index_col=0)
    frames = table.index.to_numpy(dtype=np.float64)
    return Traces(frames, table.to_numpy().T, events=(Event("TGOT", FIRST_DRUG, LAST_DRUG),))


def dff_of(traces: Traces) -> NDArray[np.float64]:
    assert traces.dff is not None
    return traces.dff


def test_the_given_baseline_window_is_the_one_that_is_used(neurons: Traces) -> None:
    found = compute_dff(neurons, f0_start_s=FIRST_BASELINE, f0_end_s=LAST_BASELINE, f0_statistic="mean")
    window = (neurons.time_s >= FIRST_BASELINE) & (neurons.time_s < LAST_BASELINE)
    assert found.f0 is not None
    np.testing.assert_allclose(found.f0[:, 0], neurons.f[:, window].mean(axis=1))
    np.testing.assert_allclose(dff_of(found)[:, window].mean(axis=1), 0.0, atol=1e-12)


def test_cells_that_fade_before_the_drug_are_flagged_until_that_is_corrected(neurons: Traces) -> None:
    bleached = [
        (compute_dff(neurons, bleaching=bleaching).cells["flags"].to_numpy() & CellFlag.BLEACHED) > 0
        for bleaching in ("none", "bi_exponential")
    ]
    assert [flags.mean() for flags in bleached] == [1.0, 0.0]


def test_bleaching_correction_takes_the_drift_and_leaves_the_response(neurons: Traces) -> None:
    window = {"f0_start_s": FIRST_BASELINE, "f0_end_s": LAST_BASELINE}
    plain = dff_of(compute_dff(neurons, **window))  # type: ignore[arg-type]
    corrected = dff_of(compute_dff(neurons, bleaching="bi_exponential", **window))  # type: ignore[arg-type]
    before, drug = neurons.time_s < FIRST_BASELINE, (neurons.time_s >= FIRST_DRUG) & (neurons.time_s < 240)
    assert np.abs(np.median(plain[:, before], axis=1)).min() > 0.02
    assert np.abs(np.median(corrected[:, before], axis=1)).max() < 0.02
    assert np.all(corrected[:, drug].max(axis=1) > 5.0 * difference_sd(corrected[:, before]))


def test_neuropil_left_in_makes_peaks_smaller(reference_data: Path) -> None:
    folder = reference_data / "calcium" / "suite2p_MIT"
    f, neuropil = np.load(folder / "F.npy"), np.load(folder / "Fneu.npy")
    time_s = np.linspace(0.0, 199.9, f.shape[1])
    left_in = compute_dff(Traces(time_s, f))
    taken_out = compute_dff(Traces(time_s, f, f_background=neuropil))
    usable = np.isfinite(dff_of(left_in)).all(axis=1) & np.isfinite(dff_of(taken_out)).all(axis=1)
    assert usable.sum() >= 20
    ratio = dff_of(taken_out)[usable].max(axis=1) / dff_of(left_in)[usable].max(axis=1)
    assert np.median(ratio) > 5.0
    low = (taken_out.cells["flags"].to_numpy() & CellFlag.F0_TOO_LOW) > 0
    assert np.isnan(dff_of(taken_out)[low]).all()
    assert low.sum() > 100  # most of these regions are dimmer than what surrounds them
