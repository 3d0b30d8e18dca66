import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from s1r_imaging.cli import main
from s1r_imaging.io.recording import write_recording
from s1r_imaging.simulate import simulate_recording


@pytest.fixture(scope="module")
def dish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recording, _ = simulate_recording(seed=2, height_px=128, width_px=128)
    path = tmp_path_factory.mktemp("dish") / "dish.ome.tif"
    write_recording(path, recording)
    return path


def test_versions_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["versions"]) == 0
    assert f"numpy {np.__version__}" in capsys.readouterr().out


def test_analyze_says_what_it_found_and_where_it_is(
    dish: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["analyze", str(dish), "--event", "PRE-084:10uM@30", "--f0", "prestimulus"]) == 0
    said = capsys.readouterr().out
    assert "cells responded" in said
    assert "the same call finds" in said
    assert (tmp_path / "dish-results" / "overview.png").is_file()
    assert 'f0 = "prestimulus"' in (tmp_path / "dish-results" / "run.toml").read_text()


def test_flags_override_the_configuration(dish: Path, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text('[dff]\nf0 = "first_frames"\nf0_frames = 20\n[[events]]\nname = "ATP"\nstart_s = 30\n')
    output = tmp_path / "out"
    words = ["analyze", str(dish), "--config", str(config), "--f0-frames", "15", "--output", str(output)]
    assert main(words) == 0
    text = (output / "run.toml").read_text()
    assert 'f0 = "first_frames"' in text
    assert "f0_frames = 15" in text
    assert 'name = "ATP"' in text


def fault(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(words)
    said = capsys.readouterr().err.strip()
    assert said.startswith("s1r-imaging: error: ")
    assert "\n" not in said
    return code, said


def test_faults_of_files_are_one_line_and_exit_1(
    dish: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    no_interval = tmp_path / "plain.tif"
    tifffile.imwrite(no_interval, np.zeros((5, 16, 16), dtype=np.uint16), photometric="minisblack")
    cut = tmp_path / "cut.tif"
    shutil.copy(dish, cut)
    with cut.open("r+b") as file:
        file.truncate(dish.stat().st_size // 2)
    for words, name in [
        (["analyze", "nowhere.tif"], "nowhere.tif"),
        (["analyze", str(no_interval)], "--frame-interval-s"),
        (["analyze", str(cut)], "cut.tif"),
        (["analyze", str(dish), "--config", "nowhere.toml"], "nowhere.toml"),
        (["analyze", str(dish), "--labels", "nowhere.zip"], "nowhere.zip"),
    ]:
        code, said = fault(words, capsys)
        assert code == 1
        assert name in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.tif", "plain.tif"]


def test_faults_of_the_command_are_one_line_and_exit_2(
    dish: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words, name in [
        (["analyze"], "FILE"),
        (["analyze", str(dish), "--event", "ATP@1e6"], "ATP"),
        (["analyze", str(dish), "--f0-percentile", "200"], "f0_percentile"),
        (["analyze", str(dish), "--channel", "7"], "channel"),
    ]:
        code, said = fault(words, capsys)
        assert code == 2
        assert name in said
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused_before_any_work(
    dish: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    code, said = fault(["analyze", str(dish), "--output", str(tmp_path / "out")], capsys)
    assert code == 1
    assert "--overwrite" in said


def test_motion_options_ask_for_motion(dish: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from s1r_imaging.cli.flags import flag_name
    from s1r_imaging.imaging.motion import MotionOptions

    name, value = next(iter(MotionOptions().to_dict().items()))
    code, said = fault(["analyze", str(dish), flag_name(name), str(value)], capsys)
    assert code == 2
    assert "--motion" in said


def test_demo_finds_the_cells_and_comes_near_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--seed", "1"]) == 0
    said = capsys.readouterr().out
    truth = next(line for line in said.splitlines() if line.startswith("Truth"))
    error = float(truth.split("peak ΔF/F0 ")[1].split("%")[0])
    assert error < 5
    assert (tmp_path / "s1r-imaging-demo" / "overview.png").stat().st_size > 50_000


def test_the_command_is_installed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from s1r_imaging.cli import main; raise SystemExit(main(['--help']))"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0
    assert "analyze" in run.stdout
