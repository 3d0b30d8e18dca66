from pathlib import Path

import pytest

from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.results import write_folder
from s1r_imaging.recording import Event
from s1r_imaging.runfile import RunFile, read_run_file


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    run = RunFile(
        source=tmp_path / "a.tif",
        labels=tmp_path / "labels.tif",
        events=(Event("NE-100", 5.0, end_s=20.0), Event("PRE-084", 30.0, concentration_M=1e-5)),
        options=AnalysisOptions(motion=MotionOptions(), dff=DffOptions(f0="percentile", f0_percentile=8.0)),
    )
    write_folder(tmp_path / "out", {"run.toml": run.to_dict()})
    assert read_run_file(tmp_path / "out" / "run.toml") == run


def test_paths_are_relative_to_the_file_and_defaults_fill_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('source = "dish.tif"\n[recording]\nframe_interval_s = 0.5\n')
    run = read_run_file(path)
    assert run.source == tmp_path / "dish.tif"
    assert run.options.recording.frame_interval_s == 0.5
    assert run.options.motion is None
    assert run.events == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[dff]\nf0 = 'mean of everything'", "f0="),
        ("[dff]\nf_zero = 1", "f_zero"),
        ("[dfff]\n", "dfff"),
        ("frame_interval_s = 0.5", "frame_interval_s"),
        ("[[events]]\nname = 'ATP'", "ATP|start_s"),
        ("[[events]]\nname = 'ATP'\nstart_s = 'now'", "start_s"),
        ("not toml", "TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(S1RImagingError, match=word) as error:
        read_run_file(path)
    assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(S1RImagingError, match=r"nowhere\.toml"):
        read_run_file(tmp_path / "nowhere.toml")
