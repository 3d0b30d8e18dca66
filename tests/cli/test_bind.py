from pathlib import Path

import pandas as pd
import pytest

from s1r_imaging.cli import main
from s1r_imaging.samples import counter_file, plate_map
from s1r_imaging.simulate import simulate_binding_plate

ASSAY = ["--radioligand-nM", "3", "--kd-nM", "3"]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    plate, _ = simulate_binding_plate(seed=5, n_experiments=1, compounds={"PRE-084": 2.2e-9})
    (tmp_path / "counts.csv").write_text(counter_file(plate))
    plate_map(plate).to_csv("map.csv", index=False)
    return tmp_path


def test_bind_says_ki_and_writes_the_folder(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["bind", "counts.csv", "--map", "map.csv", *ASSAY, "--kd-se-nM", "0.2", "--confidence", "0.9"]) == 0
    )
    said = capsys.readouterr().out
    assert "PRE-084" in said
    assert "90 % profile interval" in said
    ki = pd.read_csv(bench / "counts-binding" / "affinities.csv")["ki_nM"].iloc[0]
    assert f"Ki {ki:.2f} nM" in said
    assert ki == pytest.approx(2.2, rel=0.5)
    assert (bench / "counts-binding" / "overview.png").stat().st_size > 20_000
    assert "kd_se_nM = 0.2" in (bench / "counts-binding" / "binding.toml").read_text()


def fault(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(words)
    said = capsys.readouterr().err.strip()
    assert said.startswith("s1r-imaging: error: ")
    assert "\n" not in said
    return code, said


def test_faults_are_one_line_and_leave_nothing(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bench / "text.csv").write_text("no plate here\n")
    (bench / "taken").mkdir()
    (bench / "taken" / "notes.txt").write_text("mine")
    before = sorted(bench.rglob("*"))
    for words, code, name in (
        (["bind", "nowhere.csv", *ASSAY], 1, "nowhere.csv"),
        (["bind", "text.csv", *ASSAY], 1, "text.csv"),
        (["bind", "counts.csv", "--map", "nowhere.csv", *ASSAY], 1, "nowhere.csv"),
        (["bind", "counts.csv", "--map", "map.csv", *ASSAY, "--output", "taken"], 1, "--overwrite"),
        (["bind", "counts.csv", "--config", "nowhere.toml"], 1, "nowhere.toml"),
        (["bind"], 2, "PLATE"),
        (["bind", "counts.csv", "--map", "map.csv"], 2, "--radioligand-nM"),
        (["bind", "counts.csv", "--map", "map.csv", "--radioligand-nM", "3"], 2, "--kd-nM"),
        (["bind", "counts.csv", "--map", "map.csv", *ASSAY, "--kd-se-nM", "-1"], 2, "kd_se_nM"),
        (["bind", "counts.csv", "--map", "map.csv", *ASSAY, "--equilibrium", "exact"], 2, "receptor_nM"),
    ):
        assert fault(words, capsys)[0] == code, words
        assert name in fault(words, capsys)[1], words
    assert sorted(bench.rglob("*")) == before


def test_demo_bind_comes_near_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "s1r_imaging.results_parts.plots.save_figure", lambda _, path: path.write_bytes(b"picture")
    )
    assert main(["demo-bind", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    truth = next(line for line in said.splitlines() if line.startswith("Truth"))
    assert float(truth.split("median error of pKi ")[1].split(",")[0]) < 0.1
    assert (tmp_path / "s1r-imaging-demo-bind" / "combined.csv").is_file()
    assert (tmp_path / "s1r-imaging-demo-bind-sample" / "counts.csv").is_file()
