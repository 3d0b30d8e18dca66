from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import check_design, event_of_interest, read_design, row_events
from s1r_imaging.experiment.roles import ROLES, parse_role
from s1r_imaging.recording import Event
from s1r_imaging.simulate import simulate_experiment
from s1r_imaging.simulate.recording import SimulationOptions

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=20.0)


def table(tmp_path: Path, text: str, *, name: str = "design.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_in_any_encoding_and_with_any_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    rows = [
        ["Recording", "Role", "Agonist", "agonist (µM)", "Events"],
        ["d1", "vehicle", "", "", "vehicle@30; KCl@200"],
        ["d2", "Agonist", "PRE-084", "2.5", "PRE-084:2.5uM@30; KCl@200"],
        ["d3", "agonist", "PRE-084", "10", "PRE-084:10uM@30; KCl@200"],
    ]
    if delimiter == ";":
        rows = [[cell.replace("; ", " ; ") if "@" not in cell else f'"{cell}"' for cell in row] for row in rows]
    path = table(tmp_path, "\r\n".join(delimiter.join(row) for row in rows), encoding=encoding)
    design = read_design(path)
    assert design["agonist_M"].tolist()[1:] == [2.5e-6, 1e-5]
    assert np.isnan(design["agonist_M"][0])
    assert design["condition"].tolist() == ["vehicle", "PRE-084 2.5 µM", "PRE-084 10 µM"]
    assert row_events(design.iloc[1]) == (Event("PRE-084", 30.0, None, 2.5e-6), Event("KCl", 200.0))


def test_decimal_commas(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "recording;role;agonist;agonist_nM;frame interval (ms)\n"
        "a;veh;;;500\nb;ago;ATP;0,5;500\nc;ago;ATP;1,25;250,5\n",
    )
    design = read_design(path)
    assert design["agonist_M"].tolist()[1:] == [5e-10, 1.25e-9]
    assert design["frame_interval_s"].tolist() == [0.5, 0.5, 0.2505]


def test_toml_with_what_holds_for_all(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        """
        [common]
        agonist = "PRE-084"
        agonist_uM = 10
        frame_interval_s = 0.5
        events = ["PRE-084:10uM@30", "KCl@200-210"]
        [[recording]]
        recording = "a"
        role = "agonist"
        day = 2024-03-01
        [[recording]]
        recording = "b"
        role = "antagonist + agonist"
        antagonist = "BD-1063"
        antagonist_M = 1e-6
        agonist_nM = 300
        events = [{name = "BD-1063", start_s = 0, concentration_M = 1e-6}, {name = "PRE-084", start_s = 300.0}]
        """,
        name="design.toml",
    )
    design = read_design(path)
    assert design["agonist_M"].tolist() == [1e-5, 3e-7]
    assert design["frame_interval_s"].tolist() == [0.5, 0.5]
    assert design["day"].tolist() == ["2024-03-01", None]
    assert [event.name for event in row_events(design.iloc[1])] == ["BD-1063", "PRE-084"]
    assert row_events(design.iloc[0])[1] == Event("KCl", 200.0, 210.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[recording]]\nrecording='a'\nrole='agnist'\n[[recording]]\nrole='vehicle'", ["recording 1, column role",
         "recording 2, column recording"]),
        ("role = 'agonist'", ["[common]"]),
        ("recording = 3", ["[[recording]]"]),
        ("[[recording]\n", ["no TOML file"]),
        ("", ["no rows"]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_toml(tmp_path: Path, text: str, words: list[str]) -> None:
    path = table(tmp_path, text, name="design.toml")
    with pytest.raises(S1RImagingError) as error:
        read_design(path)
    for word in (str(path), *words):
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("Antagonist+Agonist", "antagonist_agonist"), ("antagonist + agonist", "antagonist_agonist"),
        ("agonist & antagonist", "antagonist_agonist"), ("antagonist-agonist", "antagonist_agonist"),
        ("Vehicle then Agonist", "agonist"), ("antagonist + vehicle", "antagonist"), ("veh", "vehicle"),
        ("DMSO control", "vehicle"), ("Neg. Ctrl", "vehicle"), ("positive-control", "positive_control"),
        ("Fmax", "maximum"), ("min", "minimum"), ("AGONIST 3", "agonist"), ("antagonist alone", "antagonist"),
        ("control", None), ("agonist + KCl", None), ("treated", None), ("", None), ("agonist agnoist", None),
    ],
)  # fmt: skip
def test_words_for_roles(word: str, role: str | None) -> None:
    assert parse_role(word) == role


def test_every_role_reads_as_itself() -> None:
    for role in ROLES:
        assert parse_role(role) == parse_role(role.upper().replace("_", " ")) == role


@pytest.mark.parametrize(
    ("heading", "cell", "molar"),
    [
        ("agonist_nM", 300, 3e-7), ("agonist_uM", 10.0, 1e-5), ("agonist concentration (µM)", "10", 1e-5),
        ("[Agonist] (nM)", 3, 3e-9), ("agonist dose", "10 µM", 1e-5), ("agonist conc", "0.3 nmol/L", 3e-10),
        ("log [agonist] (M)", -6, 1e-6), ("agonist_M", 1e-5, 1e-5), ("agonist (mM)", 0.1, 1e-4),
    ],
)  # fmt: skip
def test_concentrations_in_any_unit(heading: str, cell: Any, molar: float) -> None:
    design = check_design(
        pd.DataFrame({"recording": ["a"], "role": ["agonist"], "agonist": ["ATP"], heading: [cell]})
    )
    assert design["agonist_M"][0] == pytest.approx(molar, rel=1e-12)


def test_zero_is_no_compound() -> None:
    design = check_design(
        pd.DataFrame({"recording": ["a", "b"], "agonist": ["ATP", "ATP"], "agonist_uM": [0, 10], "dish": [1, 2]})
        .assign(role=["vehicle", "agonist"], antagonist_nM=[0, 0])
    )  # fmt: skip
    assert design["agonist"].tolist() == [None, "ATP"]
    assert "antagonist_M" not in design
    assert np.isnan(design["agonist_M"][0])


def test_starts_become_events() -> None:
    design = check_design(
        pd.DataFrame(
            {
                "recording": ["a", "b", "c"],
                "role": ["vehicle", "agonist", "antagonist+agonist"],
                "agonist": [None, "PRE-084", "PRE-084"],
                "agonist_uM": [None, 10, 10],
                "antagonist": [None, None, "NE-100"],
                "antagonist start (min)": [None, None, 1],
                "agonist start (s)": [120, 120, 120],
                "events": ["KCl@200"] * 3,
            }
        )
    )
    assert design["events"].tolist() == [
        "vehicle@120; KCl@200", "PRE-084:10uM@120; KCl@200", "NE-100@60; PRE-084:10uM@120; KCl@200",
    ]  # fmt: skip


def test_a_simulated_experiment_passes_unchanged_in_meaning() -> None:
    _, design, _ = simulate_experiment(n_days=2, n_dishes=2, recording=TINY)
    before = design.copy()
    checked = check_design(design)
    pd.testing.assert_frame_equal(design, before)
    same = checked[list(design.columns)].astype(object)
    pd.testing.assert_frame_equal(
        same.where(same.notna(), None), design.astype(object).where(design.notna(), None)
    )
    pd.testing.assert_frame_equal(check_design(checked), checked)


def test_recordings_are_named_by_their_files() -> None:
    design = check_design(pd.DataFrame({"file": ["mon/dish 1.ome.tif", "mon/dish 2.tif"], "role": ["veh", "ago"]}))
    assert design["recording"].tolist() == ["dish 1", "dish 2"]


def test_files_of_one_name_in_two_folders_are_told_apart() -> None:
    design = check_design(pd.DataFrame({"file": ["mon/d1.tif", "tue/d1.tif"], "role": ["veh", "veh"]}))
    assert design["recording"].tolist() == ["mon_d1", "tue_d1"]


def test_wells_are_named_by_plate_and_well() -> None:
    columns = {"file": ["flex.txt"] * 2, "well": ["A01", "b2"], "role": ["veh", "ago"]}
    design = check_design(pd.DataFrame(columns))
    assert design["recording"].tolist() == design["replicate"].tolist() == ["flex_A1", "flex_B2"]
    assert design["plate"].tolist() == ["flex", "flex"]
    named = check_design(pd.DataFrame(columns | {"plate": ["plate1", "plate1"]}))
    assert named["recording"].tolist() == ["plate1_A1", "plate1_B2"]


def test_the_same_well_of_the_same_plate_on_two_days_is_two_recordings() -> None:
    design = check_design(
        pd.DataFrame({"plate": [1, 1], "well": ["A1", "A1"], "day": [1, 2], "role": ["veh", "veh"]})
    )
    assert design["recording"].is_unique
    assert design["replicate"].nunique() == 2


@pytest.mark.parametrize(
    ("columns", "replicates"),
    [
        ({"day": [1, 2]}, ["day1", "day2"]),
        ({"day": [1, 1], "dish": [1, 2]}, ["day1_dish1", "day1_dish2"]),
        ({"experiment": ["Mar 3", "Mar 4"], "dish": ["a", "b"]}, ["Mar 3_disha", "Mar 4_dishb"]),
        ({}, ["r1", "r2"]),
        ({"replicate": [1, 2]}, ["1", "2"]),
        ({"replicate": [1, 1], "day": [1, 2]}, ["day1_1", "day2_1"]),
        ({"replicate": ["mouse 3", "mouse 3"], "day": [1, 2]}, ["mouse 3", "mouse 3"]),
    ],
)
def test_replicates_come_from_the_levels(columns: dict[str, Any], replicates: list[str]) -> None:
    design = check_design(pd.DataFrame({"recording": ["r1", "r2"], "role": ["vehicle"] * 2} | columns))
    assert design["replicate"].tolist() == replicates


def test_a_number_that_holds_over_conditions_of_a_day_stays_a_pair() -> None:
    design = check_design(
        pd.DataFrame(
            {"recording": list("abcd"), "role": ["veh", "ago"] * 2, "day": [1, 1, 2, 2], "replicate": [1, 1, 2, 2]}
        )
    )
    assert design["replicate"].tolist() == ["1", "1", "2", "2"]


def test_roles_come_from_conditions_or_compounds() -> None:
    by_condition = check_design(
        pd.DataFrame({"recording": ["a", "b"], "treatment": ["Vehicle", "Antagonist + agonist"]})
    )
    assert by_condition["role"].tolist() == ["vehicle", "antagonist_agonist"]
    assert by_condition["condition"].tolist() == ["Vehicle", "Antagonist + agonist"]
    by_compound = check_design(
        pd.DataFrame({"recording": ["a", "b"], "antagonist": ["NE-100", "NE-100"], "agonist": [None, "ATP"]})
    )
    assert by_compound["role"].tolist() == ["antagonist", "antagonist_agonist"]
    assert by_compound["condition"].tolist() == ["NE-100", "NE-100 + ATP"]


def test_columns_of_ones_own_are_kept() -> None:
    design = check_design(
        pd.DataFrame({"recording": ["a"], "role": ["veh"], "operator": ["Kim"], "passage": [12], "": [0]})
    )
    assert design[["operator", "passage"]].to_dict("records") == [{"operator": "Kim", "passage": 12}]


def test_the_event_that_is_compared() -> None:
    events = [Event("NE-100", 0.0), Event("PRE-084", 30.0), Event("KCl", 200.0)]
    row = {"role": "antagonist_agonist", "agonist": "PRE-084", "antagonist": "NE-100"}
    assert event_of_interest(row, events) == "PRE-084"
    assert event_of_interest(row | {"event": "KCl"}, events) == "KCl"
    assert event_of_interest({"role": "vehicle"}, [Event("vehicle", 30.0), Event("KCl", 90.0)]) == "vehicle"
    assert event_of_interest({"role": "antagonist"}, events[:1]) == "NE-100"
    assert event_of_interest({"role": "vehicle"}, []) is None
