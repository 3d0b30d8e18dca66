from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.plate_map import read_plate_map, well_recordings
from s1r_imaging.recording import Event, Traces

RUNS = """Experiment Title:,,Assay,,,,,,
Row,Start,End,Type,Contents,Compound,Protein,Concentration,Concentration Units
A,1,3,Control,DMSO,,P,0,nM
 B,1,2,Control2,ATP,ATP,P,10,uM
C,11,12,Compound,PRE-084,PRE-084,P,300,nM
"""


def saved(folder: Path, text: str, name: str = "map.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def records(design: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    rows = design[list(columns)].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_runs_of_wells(tmp_path: Path, encoding: str) -> None:
    design = read_plate_map(saved(tmp_path, RUNS.replace("uM", "µM"), encoding=encoding), plate="p1")
    assert list(design["well"]) == ["A1", "A2", "A3", "B1", "B2", "C11", "C12"]
    assert list(design["recording"]) == [f"p1_{well}" for well in design["well"]]
    assert design["replicate"].is_unique
    shown = records(design, "condition", "role", "agonist", "agonist_M")
    assert shown[0] == ("DMSO", "vehicle", None, None)
    assert shown[3] == ("ATP 10 µM", "positive_control", "ATP", pytest.approx(1e-5))
    assert shown[6] == ("PRE-084 300 nM", "agonist", "PRE-084", pytest.approx(3e-7))
    assert set(design["Protein"]) == {"P"}


LONG = """well,role,agonist,agonist (nM),antagonist,antagonist (nM),replicate,day
A1,vehicle,,,,,1,mon
A2,agonist,PRE-084,300,,,1,mon
A3,antagonist,,,BD-1047,1000,1,mon
A4,antagonist + agonist,PRE-084,300,BD-1047,1000,1,mon
B1,blank,,,,,,
B2,max,ionomycin,5000,,,1,mon
"""


def test_a_row_per_well(tmp_path: Path) -> None:
    for text in (LONG, LONG.replace(",", ";"), LONG.replace(",", "\t")):
        design = read_plate_map(saved(tmp_path, text), plate="p")
        assert list(design["well"]) == ["A1", "A2", "A3", "A4", "B2"]
        assert list(design["role"]) == ["vehicle", "agonist", "antagonist", "antagonist_agonist", "maximum"]
        assert list(design["replicate"]) == ["1"] * 5
        assert list(design["day"]) == ["mon"] * 5
        blocked = design[design["well"] == "A4"].iloc[0]
        assert blocked["condition"] == "BD-1047 1 µM + PRE-084 300 nM"
        assert (blocked["agonist_M"], blocked["antagonist_M"]) == pytest.approx((3e-7, 1e-6))
    frame = pd.DataFrame({"Well": ["A01", "H12"], "Compound": ["none", "ATP"], "Conc": ["0", "10 uM"]})
    assert list(read_plate_map(frame, plate="p")["recording"]) == ["p_A1", "p_H12"]


def test_roles_follow_from_what_is_in_the_well(tmp_path: Path) -> None:
    text = "well,compound,conc (µM),antagonist,antagonist conc (µM)\n"
    text += "A1,DMSO,,,\nA2,ATP,10,,\nA3,ATP,0,X,1\nA4,ATP,10,X,1\n"
    design = read_plate_map(saved(tmp_path, text), plate="p")
    assert list(design["role"]) == ["vehicle", "agonist", "antagonist", "antagonist_agonist"]
    assert list(design["agonist"].notna()) == [False, True, False, True]


def test_grids(tmp_path: Path) -> None:
    role = np.full((8, 12), "", dtype=object)
    dose = np.full((8, 12), "", dtype=object)
    role[0, :3], role[1, :3] = "vehicle", "agonist"
    dose[1, :3] = ["10", "100", "1000"]
    parts = []
    for title, grid in (("Role", role), ("Concentration (nM)", dose)):
        lines = [title, "," + ",".join(str(n + 1) for n in range(12))]
        lines += [f"{letter}," + ",".join(row) for letter, row in zip("ABCDEFGH", grid, strict=True)]
        parts.append("\n".join(lines))
    compound = "\n\nCompound\n," + ",".join(str(n + 1) for n in range(12)) + "\nA" + "," * 12
    compound += "\nB,ATP,ATP,ATP" + "," * 9 + "".join(f"\n{letter}" + "," * 12 for letter in "CDEFGH")
    design = read_plate_map(saved(tmp_path, "\n\n".join(parts) + compound + "\n"), plate="p")
    assert records(design, "well", "role", "agonist_M") == [
        ("A1", "vehicle", None),
        ("A2", "vehicle", None),
        ("A3", "vehicle", None),
        ("B1", "agonist", pytest.approx(1e-8)),
        ("B2", "agonist", pytest.approx(1e-7)),
        ("B3", "agonist", pytest.approx(1e-6)),
    ]
    assert list(design["condition"])[3:] == ["ATP 10 nM", "ATP 100 nM", "ATP 1 µM"]


def test_a_workbook_and_several_plates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["plate", "well", "role"],
        ["p1", "A1", "vehicle"],
        ["p1", "A2", "agonist"],
        ["p2", "A1", "agonist"],
    ):
        sheet.append(row)
    book.save(tmp_path / "map.xlsx")
    assert list(read_plate_map(tmp_path / "map.xlsx")["recording"]) == ["p1_A1", "p1_A2", "p2_A1"]
    assert list(read_plate_map(tmp_path / "map.xlsx", plate="p2")["role"]) == ["agonist"]
    with pytest.raises(S1RImagingError, match=r"map.xlsx has no plate 'p3'"):
        read_plate_map(tmp_path / "map.xlsx", plate="p3")


def test_events_stand_in_every_row(tmp_path: Path) -> None:
    design = read_plate_map(saved(tmp_path, RUNS), events=[Event("agonist", 60.0)])
    assert list(design["events"].unique()) == ["agonist@60"]
    assert design["recording"].iloc[0] == "map_A1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LONG.replace("agonist (nM)", "agonist conc", 1), "the concentration '300' in A2 has no unit"),
        (LONG.replace("A2,agonist,", "A2,wizard,"), "A2 has the unknown role 'wizard'"),
        (LONG.replace("A4,", "A1,"), "well A1 stands in it twice"),
        (RUNS.replace("C,11,12", "C,11,30"), "no run of wells is named in 'C 11 30"),
        (RUNS.replace("300,nM", "300,mg"), "the concentration '300' in C11 has no unit"),
        ("words\nand more words\n", "holds no plate"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(S1RImagingError, match=words) as caught:
        read_plate_map(saved(tmp_path, text))
    assert "map.csv" in str(caught.value)


def test_all_faults_stand_in_one_message(tmp_path: Path) -> None:
    text = LONG.replace("A2,agonist,", "A2,wizard,").replace("A4,", "A1,")
    with pytest.raises(S1RImagingError, match="wizard") as caught:
        read_plate_map(saved(tmp_path, text))
    assert "twice" in str(caught.value)
    with pytest.raises(ValueError, match="the DataFrame"):
        read_plate_map(pd.DataFrame({"well": ["A1"], "role": ["wizard"]}))


def plate_traces() -> Traces:
    cells = pd.DataFrame({"well": ["A1", "C7"]}, index=[1, 2])
    return Traces(np.arange(3.0), np.ones((2, 3)), cells=cells, name="p1")


def test_responses_are_named_by_well() -> None:
    responses = pd.DataFrame(
        {"recording": "p1", "label": [2, 1, 2], "event": ["a", "a", "b"], "peak_dff": [1, 2, 3]}
    )
    named = well_recordings(plate_traces(), responses)
    assert list(named["recording"]) == ["p1_C7", "p1_A1", "p1_C7"]
    assert list(named["peak_dff"]) == [1, 2, 3]
    assert list(responses["recording"]) == ["p1"] * 3
    assert list(well_recordings(plate_traces(), responses.iloc[:0]).columns) == list(responses.columns)


def test_responses_of_other_traces_are_refused() -> None:
    with pytest.raises(ValueError, match="label 3 of 'p1', which is not in traces 'p1'"):
        well_recordings(plate_traces(), pd.DataFrame({"recording": ["p1"], "label": [3]}))
    with pytest.raises(ValueError, match="label 1 of 'p2'"):
        well_recordings(plate_traces(), pd.DataFrame({"recording": ["p2"], "label": [1]}))
    with pytest.raises(ValueError, match="no column 'label'"):
        well_recordings(plate_traces(), pd.DataFrame({"recording": ["p1"]}))
    with pytest.raises(ValueError, match="have no wells"):
        well_recordings(Traces(np.arange(2.0), np.ones((1, 2))), pd.DataFrame({"recording": ["p1"], "label": [1]}))
