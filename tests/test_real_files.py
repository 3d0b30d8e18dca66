"""The whole road on real recordings; see tests/README.md for where they come from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.analysis import analyze_recording
from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.recording import Event, Traces
from s1r_imaging.results import write_results


def test_a_fura_2_recording_of_one_neuron(reference_data: Path, tmp_path: Path) -> None:
    path = reference_data / "calcium" / "adu340_4small_fura2_T128.tif"
    result = analyze_recording(path, frame_interval_s=0.15, events=[Event("stimulus", 2.4)])
    soma = int(result.labels[19, 27])  # the brightest pixel of the SD image
    assert soma > 0
    row = result.responses.set_index("label").loc[soma]
    assert row["is_responder"]
    # by hand: the soma's 5 × 5 pixels rise by 77 counts over 1700, of which about 1250 are background
    assert row["peak_dff"] == pytest.approx(77 / (1700 - 1250), rel=0.5)
    assert abs(row["onset_s"]) < 0.3  # two frames: the time of the stimulus itself is read off the trace
    folder = write_results(result, tmp_path / "out")
    assert (folder / "overview.png").stat().st_size > 50_000


def test_ten_neurons_under_an_agonist_with_their_own_windows(reference_data: Path) -> None:
    table = pd.read_csv(reference_data / "calcium" / "swharden_MIT" / "Results.xls", sep="\t", index_col=0)
    f = table.filter(like="Mean").to_numpy().T
    frame = np.arange(1.0, f.shape[1] + 1)  # the experiment gives its windows in frames
    traces = Traces(frame, f, events=(Event("TGOT", 200, end_s=220),))
    dff = compute_dff(traces, f0_start_s=185, f0_end_s=195, bleaching="bi_exponential")
    responses = measure_responses(dff)
    assert responses["is_responder"].all()
    in_window = responses["time_to_peak_s"].between(0, 20)
    assert in_window.sum() >= 9  # the first cell hardly responds
    assert dff.dff is not None
    window = (frame >= 200) & (frame < 220)
    read_off = dff.dff[:, window].max(axis=1)
    assert np.corrcoef(read_off, responses["peak_dff"])[0, 1] > 0.9
