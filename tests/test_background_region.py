"""A background region on the whole road: from Python, from a file, on the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
from numpy.typing import NDArray

from s1r_imaging.analysis import AnalysisOptions, analyze_recording
from s1r_imaging.cli import main
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.io.labels import read_labels, write_labels
from s1r_imaging.io.recording import write_recording
from s1r_imaging.recording import Event, Recording
from s1r_imaging.results import write_results
from s1r_imaging.runfile import read_run_file

SHAPE = (48, 64)
ATP = Event("ATP", 20.0)
BY_REGION = AnalysisOptions(traces=TraceOptions(background="region"))


def two_lights() -> tuple[Recording, NDArray[np.int32], NDArray[np.bool_], NDArray[np.float64]]:
    """Return a field whose right half glows, two cells of ΔF/F0 0.5 in it, a place between them, and the glow."""
    time_s = np.arange(40.0)
    glow = 160.0 + 20.0 * np.sin(time_s)
    stack = np.full((40, *SHAPE), 100.0)
    stack[:, :, 32:] = glow[:, None, None]
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[6:16, 36:46], labels[30:40, 50:60] = 1, 2
    cells = 200.0 * (1.0 + 0.5 * (time_s > 20))
    stack += np.where(labels > 0, cells[:, None, None], 0.0)
    region = np.zeros(SHAPE, dtype=bool)
    region[20:26, 40:56] = True
    return Recording(stack, time_s=time_s, events=(ATP,)), labels, region, glow


def write_region(path: Path, region: NDArray[np.bool_]) -> Path:
    if path.suffix == ".tif":
        write_labels(path, region.astype(np.int32) * 7)
    else:
        (top, bottom), (left, right) = ((n.min(), n.max() + 1) for n in np.nonzero(region))
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        roifile.ImagejRoi.frompoints(corners).tofile(path)
    return path


@pytest.mark.parametrize("kind", ["array", "numbers", "image.tif", "outline.roi"])
def test_the_counts_of_the_region_are_taken_from_the_cells_beside_it(kind: str, tmp_path: Path) -> None:
    recording, labels, region, glow = two_lights()
    given: Any = {"array": region, "numbers": region * 3}.get(kind)
    if given is None:
        given = write_region(tmp_path / kind, region)
    found = analyze_recording(recording, labels=labels, background_region=given, options=BY_REGION)
    np.testing.assert_allclose(found.traces.f_background, np.tile(glow, (2, 1)), rtol=1e-12)
    assert found.traces.dff is not None
    np.testing.assert_allclose(found.traces.dff, np.tile(0.5 * (recording.time_s > 20), (2, 1)), atol=1e-9)
    np.testing.assert_array_equal(found.background_region, region)
    elsewhere = np.roll(region, -35, axis=1)
    wrong = analyze_recording(recording, labels=labels, background_region=elsewhere, options=BY_REGION)
    assert (wrong.responses["peak_dff"] < 0.45).all()


def no_work(stage: str, done: int, total: int, /) -> None:
    raise AssertionError(f"{stage} was begun")


@pytest.mark.parametrize(
    ("region", "options", "said"),
    [
        (None, BY_REGION, "needs background_region"),
        (np.zeros(SHAPE, dtype=bool), BY_REGION, "no pixel"),
        (np.ones((4, 4), dtype=bool), BY_REGION, "shape"),
        (np.ones(SHAPE, dtype=bool), None, "pass background='region'"),
    ],
)
def test_a_region_that_cannot_be_used_is_refused_before_any_work(region: Any, options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        analyze_recording(two_lights()[0], background_region=region, options=options, progress=no_work)


def test_the_folder_holds_the_region_and_repeats_the_run(tmp_path: Path) -> None:
    recording, _, region, _ = two_lights()
    write_recording(tmp_path / "dish.ome.tif", recording)
    outline = write_region(tmp_path / "empty place.roi", region)
    words = ["analyze", str(tmp_path / "dish.ome.tif"), "--event", "ATP@20", "--background", "region"]
    assert main([*words, "--background-region", str(outline), "--output", str(tmp_path / "first")]) == 0
    np.testing.assert_array_equal(read_labels(tmp_path / "first" / "background_region.tif"), region)
    run = read_run_file(tmp_path / "first" / "run.toml")
    assert run.background_region == tmp_path / "first" / "background_region.tif"
    again = ["analyze", "--config", str(tmp_path / "first" / "run.toml"), "--output"]
    assert main([*again, str(tmp_path / "second")]) == 0
    for name in ("responses.csv", "traces.csv", "run.toml", "background_region.tif"):
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes(), name
    assert main([*again, str(tmp_path / "third"), "--background", "ring"]) == 0
    assert not (tmp_path / "third" / "background_region.tif").exists()
    assert main([*words, "--output", str(tmp_path / "fourth")]) == 2


def test_a_session_in_python_writes_what_it_was_given(tmp_path: Path) -> None:
    recording, labels, region, _ = two_lights()
    found = analyze_recording(recording, labels=labels, background_region=region, options=BY_REGION)
    folder = write_results(found, tmp_path / "out")
    assert json.loads((folder / "provenance.json").read_text())["run"]["background_region"] == (
        "background_region.tif"
    )
    with pytest.raises(S1RImagingError, match=r"nowhere\.roi does not exist"):
        analyze_recording(recording, background_region=tmp_path / "nowhere.roi", options=BY_REGION)
