from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.binding.kinetics import fit_association
from s1r_imaging.binding.radioligand_headings import read_heading
from s1r_imaging.binding.radioligand_table import read_radioligand_table
from s1r_imaging.binding.saturation import fit_saturation
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.io.sheets import text_frame
from tests.binding.test_kinetics import association_table
from tests.binding.test_saturation import noisy_saturation

PRISM = """[3H]-(+)-pentazocine (nM)\tTotal (cpm)\t\tNSB (10 µM haloperidol)\t\tSEM
0,5\t110,5\t120\t11\t12\t3
5\t610\t\t101\t99\t3
"""


def rows(text: str) -> list[list[object]]:
    found: list[list[object]] = read_radioligand_table(text_frame(text)).wells.to_numpy().tolist()
    return found


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Total", "total"),
        ("TB 2", "total"),
        ("Total_rep1", "total"),
        ("Total binding (fmol/mg) 3", "total"),
        ("Nonspecific", "nonspecific"),
        ("Non-specific binding 1", "nonspecific"),
        ("NSB (10 µM haloperidol)", "nonspecific"),
        ("blank", "blank"),
        ("cpm", ""),
        ("Bound (nM)", ""),
    ],
)
def test_headings_say_what_was_bound(heading: str, role: str) -> None:
    found = read_heading(heading)
    assert (found.kind, found.role, found.molar) == ("signal", role, None)


@pytest.mark.parametrize("heading", ["Specific", "specific binding (cpm)", "SD", "SEM", "n", "replicate", "well"])
def test_what_is_computed_from_wells_is_no_well(heading: str) -> None:
    assert read_heading(heading).kind == ""


@pytest.mark.parametrize(
    "heading", ["nM", "Ligand (nM)", "[3H]DTG nM", "concentration_nM", "Free (nM)", "[L] (nM)"]
)
def test_concentrations_have_their_unit(heading: str) -> None:
    found = read_heading(heading)
    assert found.kind == "concentration"
    assert found.concentration_unit is not None
    assert found.concentration_unit.to_molar(3.0) == 3e-9


@pytest.mark.parametrize(
    ("heading", "minutes"), [("time (min)", 1), ("Time_s", 1 / 60), ("t [h]", 60), ("min", 1)]
)
def test_times_come_in_minutes(heading: str, minutes: float) -> None:
    found = read_heading(heading, is_first=True)
    assert (found.kind, found.minutes) == ("time", minutes)


def test_a_table_as_prism_has_it() -> None:
    table = read_radioligand_table(text_frame(PRISM))
    assert rows(PRISM) == [
        ["total", 5e-10, 110.5],
        ["total", 5e-10, 120.0],
        ["nonspecific", 5e-10, 11.0],
        ["nonspecific", 5e-10, 12.0],
        ["total", 5e-9, 610.0],
        ["nonspecific", 5e-9, 101.0],
        ["nonspecific", 5e-9, 99.0],
    ]
    assert table.left_out == ("SEM",)
    assert table.unit == "cpm"


def test_association_has_a_column_for_each_concentration() -> None:
    text = "time (s)\t1 nM\t\t10 nM\t10 nM NSB\n60\t1\t2\t3\t4\n120\t5\t6\t7\t8"
    found = read_radioligand_table(text_frame(text)).wells
    assert found["time_min"].tolist() == [1.0] * 4 + [2.0] * 4
    assert found["concentration_M"].tolist() == [1e-9, 1e-9, 1e-8, 1e-8] * 2
    assert found["role"].tolist() == ["total", "total", "total", "nonspecific"] * 2


def test_times_alone_have_no_concentration() -> None:
    found = read_radioligand_table(text_frame("min\trep 1\trep 2\tNSB\n0\t9\t8\t1\n10\t4\t5\t1")).wells
    assert list(found) == ["time_min", "role", "signal"]
    assert found["role"].tolist() == ["total", "total", "nonspecific"] * 2
    text = "min\trep 1\trep 2\n0\t9\t8\n10\t4\t5"
    assert rows(text) == [[0.0, "total", 9.0], [0.0, "total", 8.0], [10.0, "total", 4.0], [10.0, "total", 5.0]]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_tables_of_the_library_are_read_as_they_are(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table.{ending}"
    plates: list[tuple[Any, pd.DataFrame]] = [
        (fit_saturation, noisy_saturation(1)),
        (fit_association, association_table(1)),
    ]
    for fit, plate in plates:
        plate.to_csv(path, index=False) if ending == "csv" else plate.to_excel(path, index=False)
        wells = read_radioligand_table(path).wells
        found, expected = fit(wells).parameters, fit(plate).parameters
        pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def test_several_signals_are_not_mixed() -> None:
    table = read_radioligand_table(text_frame("nM,role,cpm,dpm\n1,total,5,9\n1,ns,1,2\n2,empty,7,8"))
    assert table.wells["signal"].tolist() == [5.0, 1.0]
    assert table.left_out == ("dpm",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tb\n1\t2", "holds no binding of a radioligand"),
        ("concentration\ttotal\n1\t2", r"has no unit \(row 1\)"),
        ("nM\ttotal\n1\tx\n2\ty\n3\tx", r"'x', which is no number \(rows 1, 3\); 'y'"),
        ("nM\trole\tcpm\n1\tking\t2", "unknown role 'king'"),
        ("time\ttotal\n1\t2", "has no unit of time: write 'time"),
        ("nM,role,cpm,experiment\n1,total,2,a\n1,total,2,b", "holds 2 experiments"),
    ],
)
def test_tables_that_say_too_little(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_radioligand_table(text_frame(text))


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(S1RImagingError, match=r"other\.csv holds no binding"):
        read_radioligand_table(path)


def test_an_empty_cell_is_no_well_and_no_zero() -> None:
    found = read_radioligand_table(text_frame("nM\tTotal\tTotal\tNSB\n1\t5\t\t1\n3\t9\t8\t2")).wells
    assert len(found) == 5
    assert np.isfinite(found["signal"]).all()
