"""Bleaching measured in untreated recordings: from Python, from a file, on the command line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s1r_imaging.analysis import Analysis, AnalysisOptions, analyze_recording
from s1r_imaging.calcium.dff import DffOptions, compute_dff
from s1r_imaging.cli import main
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.extract import TraceOptions, extract_traces
from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.io.recording import read_recording, write_recording
from s1r_imaging.recording import Recording
from s1r_imaging.results import write_results
from s1r_imaging.runfile import read_run_file
from s1r_imaging.simulate import simulate_recording

BY_REFERENCE = AnalysisOptions(dff=DffOptions(bleaching="reference"))
EARLY_S = 6.0  # a baseline that shows no bleaching


def simulated(seed: int, **given: Any) -> tuple[Recording, NDArray[np.int32], float]:
    """Return a dish that loses 30 % of its dye, its cells, and the mean ΔF/F0 of its last frames."""
    options: dict[str, Any] = {"height_px": 96, "width_px": 96, "n_frames": 120, "stimulus_s": EARLY_S}
    options |= {"bleaching_fraction": 0.3, "drift_px": 0.0, "spontaneous_fraction": 0.0}
    recording, truth = simulate_recording(seed=seed, **options, **given)
    return recording, truth.labels, float(truth.dff[:, -10:].mean())


@pytest.fixture(scope="module")
def dish() -> tuple[Recording, NDArray[np.int32], float]:
    return simulated(1)


@pytest.fixture(scope="module")
def untreated(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("untreated")
    paths = [folder / f"vehicle {seed}.ome.tif" for seed in (2, 3)]
    for seed, path in enumerate(paths, start=2):
        write_recording(path, simulated(seed, responder_fraction=0.0)[0])
    return paths


def late(found: Analysis) -> float:
    assert found.traces.dff is not None
    return float(np.nanmean(found.traces.dff[:, -10:]))


def test_known_bleaching_is_divided_out(
    dish: tuple[Recording, NDArray[np.int32], float], untreated: list[Path]
) -> None:
    recording, labels, truth = dish
    plain = analyze_recording(recording, labels=labels)
    told: dict[str, tuple[int, int]] = {}
    found = analyze_recording(
        recording,
        labels=labels,
        options=BY_REFERENCE,
        bleaching_reference=untreated,
        progress=lambda stage, done, total: told.update({stage: (done, total)}),
    )
    assert told["untreated 2 of 2: traces"] == (120, 120)
    assert abs(late(found) - truth) < 0.05
    assert late(plain) < truth - 0.2
    assert found.bleaching_reference == tuple(untreated)
    pixel = recording.pixel_size_um
    traces = []
    for path in untreated:  # the same, one function after the other
        opened = read_recording(path, pixel_size_um=pixel, saturation_level=recording.saturation_level)
        traces.append(extract_traces(opened, segment_cells(opened)))
    by_hand = compute_dff(extract_traces(recording, labels), bleaching="reference", bleaching_reference=traces)
    np.testing.assert_array_equal(found.traces.dff, by_hand.dff)
    assert found.traces.history == by_hand.history
    mixed: list[Any] = [str(untreated[0]), traces[1]]
    other = analyze_recording(recording, labels=labels, options=BY_REFERENCE, bleaching_reference=mixed)
    np.testing.assert_array_equal(other.traces.dff, by_hand.dff)
    assert other.bleaching_reference == ()  # half of a record would repeat something else


def test_the_region_of_one_field_is_not_taken_for_another(
    dish: tuple[Recording, NDArray[np.int32], float], untreated: list[Path]
) -> None:
    recording, labels, _ = dish
    region = np.zeros(labels.shape, dtype=bool)
    region[np.unravel_index(np.flatnonzero(labels == 0)[:300], labels.shape)] = True
    by_both = replace(BY_REFERENCE, traces=TraceOptions(background="region"))
    found = analyze_recording(
        recording, labels=labels, options=by_both, background_region=region, bleaching_reference=untreated[0]
    )
    default = analyze_recording(recording, labels=labels, options=BY_REFERENCE, bleaching_reference=untreated[0])
    assert found.traces.history[-1].input_digest == default.traces.history[-1].input_digest


def test_the_folder_repeats_the_run(
    dish: tuple[Recording, NDArray[np.int32], float], untreated: list[Path], tmp_path: Path
) -> None:
    write_recording(tmp_path / "dish.ome.tif", dish[0])
    words = ["analyze", str(tmp_path / "dish.ome.tif"), "--event", f"PRE-084@{EARLY_S}"]
    files = ["--bleaching-reference", *map(str, untreated)]
    assert main([*words, "--bleaching", "reference", *files, "--output", str(tmp_path / "first")]) == 0
    assert read_run_file(tmp_path / "first" / "run.toml").bleaching_reference == tuple(untreated)
    record = json.loads((tmp_path / "first" / "provenance.json").read_text())
    assert [item["path"] for item in record["bleaching_reference"]] == [str(path) for path in untreated]
    assert all(item["digest"].startswith("sha256:") for item in record["bleaching_reference"])
    again = ["analyze", "--config", str(tmp_path / "first" / "run.toml"), "--output"]
    assert main([*again, str(tmp_path / "second")]) == 0
    for name in ("responses.csv", "traces.csv", "run.toml"):
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes(), name
    assert main([*again, str(tmp_path / "third"), "--bleaching", "none"]) == 0
    assert "bleaching_reference" not in (tmp_path / "third" / "run.toml").read_text()
    assert main([*words, "--bleaching", "reference", "--output", str(tmp_path / "fourth")]) == 2


def test_of_what_was_in_memory_only_the_digest_is_kept(
    dish: tuple[Recording, NDArray[np.int32], float], tmp_path: Path
) -> None:
    reference = simulated(2, responder_fraction=0.0)[0]
    found = analyze_recording(dish[0], labels=dish[1], options=BY_REFERENCE, bleaching_reference=reference)
    assert found.bleaching_reference == ()
    record = json.loads((write_results(found, tmp_path / "out") / "provenance.json").read_text())
    assert record["history"][-1]["input_digest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        (None, BY_REFERENCE, ValueError, "needs bleaching_reference"),
        ([], BY_REFERENCE, ValueError, "needs bleaching_reference"),
        ("nowhere.tif", BY_REFERENCE, S1RImagingError, "nowhere.tif"),
        ([3], BY_REFERENCE, TypeError, "holds a int"),
        (simulated(2)[0], None, ValueError, "say bleaching='reference'"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(
    dish: tuple[Recording, NDArray[np.int32], float], given: Any, options: Any, error: type[Exception], said: str
) -> None:
    def no_work(stage: str, done: int, total: int, /) -> None:
        raise AssertionError(f"{stage} was begun")

    with pytest.raises(error, match=said):
        analyze_recording(dish[0], options=options, bleaching_reference=given, progress=no_work)


def test_an_untreated_recording_without_cells_is_named(
    dish: tuple[Recording, NDArray[np.int32], float], tmp_path: Path
) -> None:
    empty = Recording(np.full((30, 96, 96), 100.0), time_s=np.arange(30.0), name="empty")
    write_recording(tmp_path / "empty.ome.tif", empty)
    with pytest.raises(S1RImagingError, match=r"empty\.ome\.tif: no cells were found"):
        analyze_recording(
            dish[0], labels=dish[1], options=BY_REFERENCE, bleaching_reference=tmp_path / "empty.ome.tif"
        )
