from pathlib import Path

import numpy as np
import pytest
import tifffile

from s1r_imaging.cli import main
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import check_design, read_design
from s1r_imaging.experiment.template import TEMPLATE_COLUMNS, design_template, guess_from_name
from s1r_imaging.io.labels import write_labels
from s1r_imaging.io.results import write_folder
from tests.io.test_vendor_zarr import write_ome
from tests.io.vendor_files import write_oif

STACK = np.random.default_rng(0).integers(0, 4000, (4, 8, 8)).astype(np.uint16)


def save(path: Path, stack: np.ndarray = STACK, *, interval_s: float | None = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"axes": "TYX"[-stack.ndim :]} | ({} if interval_s is None else {"finterval": interval_s})
    tifffile.imwrite(path, stack, imagej=True, metadata=metadata)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    for day in (1, 2, 10):
        for role in ("vehicle", "agonist", "antagonist+agonist"):
            save(place / f"day{day}_dish1_{role}.tif")
    return place


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("day1_dish2_vehicle", {"day": "1", "dish": "2", "role": "vehicle"}),
        ("Day 12 - coverslip B - Antagonist + Agonist", {"day": "12", "dish": "B", "role": "antagonist_agonist"}),
        ("20240301/NE100_antagonist_alone", {"day": "20240301", "role": "antagonist"}),
        ("plate2_B07_agonist", {"plate": "2", "well": "B07", "role": "agonist"}),
        ("well_C4_positive control", {"well": "C4", "role": "positive_control"}),
        ("vehicle_agonist", {"role": "agonist"}),
        ("max_5min_D1", {}),
        ("monday_holiday2_ctrl", {}),
        ("agonist_PRE084_not_vehicle", {}),
    ],
)
def test_only_what_is_said_plainly_is_guessed(name: str, found: dict[str, str]) -> None:
    assert guess_from_name(name) == found


def test_a_template_has_a_row_for_each_recording_in_natural_order(folder: Path) -> None:
    template = design_template(folder)
    assert tuple(template.columns) == TEMPLATE_COLUMNS
    assert template["day"].tolist() == ["1"] * 3 + ["2"] * 3 + ["10"] * 3
    assert set(template["role"]) == {"vehicle", "agonist", "antagonist_agonist"}
    assert template["note"].isna().all()


def test_files_of_microscopes_are_one_row_each(folder: Path) -> None:
    write_oif(folder / "day3_dish1_vehicle.oif", STACK[:, None], times_ms=[0, 500, 1000, 1500])
    write_ome(folder / "day3_dish1_agonist.ome.zarr", STACK, "tyx", scale={"t": 0.5})
    template = design_template(folder)
    found = template.loc[template["day"] == "3", ["recording", "role", "note"]]
    assert found["recording"].tolist() == ["day3_dish1_agonist", "day3_dish1_vehicle"]
    assert found["note"].isna().all()


def test_a_template_whose_names_say_all_is_a_design(folder: Path) -> None:
    design = check_design(design_template(folder))
    assert design["replicate"].nunique() == 3
    assert design["condition"].nunique() == 3
    assert all(Path(file).is_file() for file in design["file"])


def test_what_is_no_recording_is_left_aside(folder: Path) -> None:
    write_labels(folder / "day1_dish1_vehicle_labels.tif", np.eye(8, dtype=np.int32))
    save(folder / "snapshot.tif", STACK[0])
    save(folder / ".hidden" / "x.tif")
    (folder / "notes.txt").write_text("fed the cells")
    (folder / "old.csv").write_text("recording,role\na,vehicle\n")
    write_folder(folder / "results", {"overview.txt": "done"})
    save(folder / "results" / "corrected.tif")
    template = design_template(folder)
    assert len(template) == 9
    of_labels = template.set_index("recording")["labels"]
    assert of_labels["day1_dish1_vehicle"].endswith("day1_dish1_vehicle_labels.tif")
    assert of_labels.drop("day1_dish1_vehicle").isna().all()


def test_a_folder_of_single_frames_is_one_recording(tmp_path: Path) -> None:
    for number in range(4):
        save(tmp_path / "day3" / "dish1_agonist" / f"frame_{number}.tif", STACK[number])
    template = design_template(tmp_path)
    assert len(template) == 1
    assert template[["day", "dish", "role"]].to_numpy().tolist() == [["3", "1", "agonist"]]
    assert template["note"].tolist() == [None]


def test_what_is_wrong_with_a_file_is_noted(tmp_path: Path) -> None:
    save(tmp_path / "a.tif", interval_s=None)
    save(tmp_path / "b.tif")
    (tmp_path / "c.tif").write_bytes((tmp_path / "b.tif").read_bytes()[:300])
    notes = design_template(tmp_path)["note"].tolist()
    assert "fill in frame_interval_s" in notes[0]
    assert notes[1] is None
    assert "truncated" in notes[2]


def test_a_plate_readers_file_has_a_row_for_each_well(tmp_path: Path) -> None:
    lines = ["time (s),A1,A2,B1"] + [f"{time},{time + 1},5,{time % 7}" for time in range(30)]
    (tmp_path / "plate1.csv").write_text("\n".join(lines))
    template = design_template(tmp_path)
    assert template["recording"].tolist() == ["plate1_A1", "plate1_A2", "plate1_B1"]
    assert template["well"].tolist() == ["A1", "A2", "B1"]
    template["role"] = ["vehicle", "agonist", "agonist"]
    assert check_design(template)["replicate"].tolist() == ["plate1_A1", "plate1_A2", "plate1_B1"]


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_without_recordings_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(S1RImagingError, match=name):
        design_template(tmp_path / name)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".toml"])
def test_the_command_writes_a_table_that_run_reads(
    folder: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"my design{suffix}"
    assert main(["design-template", str(folder), "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert "9 recordings in 9 files." in said
    assert "agonist 3, antagonist + agonist 3, vehicle 3" in said
    design = read_design(output)
    assert len(design) == 9
    assert all(Path(file).is_file() for file in design["file"])


def test_the_command_overwrites_nothing_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design-template", str(folder)]) == 0
    before = (folder / "design.csv").read_bytes()
    (folder / "design.csv").write_text("mine")
    assert main(["design-template", str(folder)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (folder / "design.csv").read_text() == "mine"
    assert main(["design-template", str(folder), "--overwrite"]) == 0
    assert (folder / "design.csv").read_bytes() == before


def test_the_command_says_what_is_left_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "film1.tif", interval_s=None)
    assert main(["design-template", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "The role is left to fill in for 1: vehicle, agonist" in said
    assert "film1: the file does not say its frame interval" in said
