import string
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import check_design, event_of_interest, read_design, row_events
from s1r_imaging.experiment.design_file import write_design
from s1r_imaging.experiment.roles import ROLES, parse_role
from s1r_imaging.io.files import safe_name
from s1r_imaging.recording import Event
from s1r_imaging.simulate import simulate_experiment
from s1r_imaging.simulate.recording import SimulationOptions

TINY = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=20.0)


def table(tmp_path: Path, text: str, *, name: str = "design.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def problems_of(design: Any, **options: Any) -> list[str]:
    """Return the lines of the one message that a design is refused with."""
    open_design = read_design if isinstance(design, Path) else check_design
    with pytest.raises((ValueError, S1RImagingError)) as error:
        open_design(design, **options)
    headline, *lines = str(error.value).split("\n  ")
    count = int(headline.partition("cannot be used, ")[2].partition(" ")[0])
    assert count == len(lines)
    return lines


def problem_of(columns: dict[str, Any], **options: Any) -> str:
    (line,) = problems_of(pd.DataFrame(columns), **options)
    return line


# What people write.


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


def test_a_decimal_comma_that_split_a_cell_is_noticed(tmp_path: Path) -> None:
    path = table(tmp_path, "recording,role,agonist,agonist_uM\na,vehicle,,\nb,agonist,ATP,0,5\n")
    (line,) = [line for line in problems_of(path) if "row 3" in line and "more cells" in line]
    assert "decimal comma" in line


def test_a_workbook_with_a_title_above_and_a_gap_tells_the_rows_of_the_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Our experiment"],
        [],
        ["recording", "role", "day"],
        ["a", "vehicle", 1],
        [],
        ["b", "agnoist", 2],
    ):
        sheet.append(row)
    book.save(tmp_path / "design.xlsx")
    (line,) = problems_of(tmp_path / "design.xlsx")
    assert line.startswith("row 6, column role: unknown role 'agnoist'")
    for role in ("vehicle", "antagonist + agonist", "positive control", "maximum", "minimum"):
        assert role in line


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


def test_control_is_vehicle_only_where_nothing_else_is() -> None:
    names = {"recording": ["a", "b", "c"]}
    design = check_design(pd.DataFrame(names | {"role": ["ctrl", "agonist", "Control"], "condition": list("xyx")}))
    assert design["role"].tolist() == ["vehicle", "agonist", "vehicle"]
    assert "unknown role 'control'" in problem_of(names | {"role": ["control", "agonist", "vehicle"]})


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


# What is filled in.


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


# What is refused.


def test_all_problems_stand_in_one_message_by_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "here.tif").touch()
    path = table(
        tmp_path,
        "file,condition,role,agonist,agonist_uM,plate,well,events\n"
        "here.tif,vehicle,vehicle,,,p1,A1,\n"
        "gone.tif,drug,agonist,PRE-084,10 nM,p1,A1,\n"
        "here.tif,,agonst,PRE-084,-3,p1,Z9,PRE-084 at 30\n",
    )
    text = "\n".join(problems_of(path))
    for words in (
        "row 3, column file: 'gone.tif' does not exist", "row 3, column agonist_uM: '10 nM' has another unit",
        "rows 2 and 3, column well: A1 of plate 'p1' stands 2 times",
        "row 4, column condition: is empty", "row 4, column role: unknown role 'agonst'",
        "row 4, column agonist_uM: '-3' is negative", "row 4, column well: 'Z9' is no well",
        "row 4, column events: 'PRE-084 at 30': expected NAME@START",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"agonist_nM": [1], "agonist_uM": [1], "agonist": ["x"]}, ["agonist_M", "'agonist_nM' and 'agonist_uM'"]),
        ({"agonist conc": ["10"], "agonist": ["ATP"]}, ["row 2, column agonist conc", "has no unit"]),
        ({"agonist_uM": [10]}, ["row 2, column agonist:", "name the agonist"]),
        ({"agonist_uM": ["ten"], "agonist": ["ATP"]}, ["'ten' is no concentration"]),
        ({"agonist_uM": [0], "agonist": ["ATP"]}, ["agonist_M: is 0"]),
        ({"antagonist": ["NE-100"], "agonist": ["ATP"]}, ["the role is agonist, but 'NE-100' is given"]),
        ({"agnoist": ["ATP"]}, ["column agnoist", "did you mean agonist?"]),
        ({"dose (nM)": [3]}, ["column dose (nM)", "agonist's or the antagonist's"]),
        ({"PRE-084 (µM)": [3]}, ["column PRE-084 (µM)", "agonist_uM"]),
        ({"well": ["Q1"]}, ["'Q1' is no well"]),
        ({"events": ["ATP@30; ATP@60"]}, ["two events are named 'ATP'"]),
        ({"events": ["ATP@30"], "event": ["KCl"]}, ["column event: 'KCl' is none of the events (ATP)"]),
        ({"agonist_start_s": [30], "agonist_end_s": [20]}, ["column events", "is not after"]),
        ({"agonist_end_s": [20]}, ["agonist_start_s"]),
        ({"frame interval (s)": ["0 s"]}, ["'0 s' is not more than 0"]),
        ({"frame_interval": [0.5]}, ["has no unit"]),
        ({"frame interval (s)": ["fast"]}, ["'fast' is no number"]),
        ({"pixel_size_um": ["650 parsec"]}, ["a unit that is not known"]),
        ({"condition": ["drug"], "group": ["drug"]}, ["column condition", "keep one"]),
    ],
)  # fmt: skip
def test_what_is_refused(columns: dict[str, Any], words: list[str]) -> None:
    line = problem_of({"recording": ["a"], "role": ["agonist"]} | columns)
    for word in words:
        assert word in line


def test_problems_between_rows() -> None:
    two = {"recording": ["a", "b"], "role": ["vehicle", "agonist"], "dish": [1, 2]}
    assert "rows 2 and 3, column recording: 'a' stands 2 times" in problem_of(two | {"recording": ["a", "a"]})
    assert "'a', 'A' differ in capitals" in problem_of(two | {"recording": ["a", "A"]})
    assert "'x' has several roles (vehicle and agonist)" in problem_of(two | {"condition": ["x", "x"]})
    assert "'Drug', 'drug' differ in capitals" in problem_of(two | {"condition": ["Drug", "drug"]})
    assert "row 3, column condition: is empty" in problem_of(two | {"condition": ["x", " "]})
    assert "row 3, column role: is empty" in problem_of(two | {"role": ["vehicle", None]})
    assert "A1 stands 2 times" in problem_of(two | {"well": ["A1", "a01"]})


def test_a_blocked_row_needs_its_antagonist() -> None:
    line = problem_of(
        {"recording": ["a", "b"], "role": ["agonist", "antagonist_agonist"], "agonist": ["ATP", "ATP"]}
    )
    assert line.startswith("row 3, column antagonist: is empty, but the role is antagonist + agonist")


def test_a_compound_without_concentration_where_others_have_one() -> None:
    line = problem_of(
        {"recording": ["a", "b"], "role": ["agonist"] * 2, "agonist": ["ATP"] * 2, "agonist_uM": [10, None],
         "condition": ["x", "y"]}
    )  # fmt: skip
    assert line.startswith("row 3, column agonist_M: 'ATP' has no concentration")


@pytest.mark.parametrize("columns", [{}, {"recording": [], "role": []}])
def test_no_rows(columns: dict[str, Any]) -> None:
    assert "no rows" in problem_of(columns)


def test_only_a_dataframe_is_checked() -> None:
    with pytest.raises(TypeError, match="design is a list"):
        check_design([{"recording": "a"}])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "just words\n"])
def test_a_file_that_is_no_design_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(S1RImagingError, match=r"design\.csv"):
        read_design(path)
    with pytest.raises(S1RImagingError, match="does not exist"):
        read_design(tmp_path / "absent.csv")


def test_missing_files_are_named_with_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "day1_dish1.tif").touch()
    lines = problems_of(
        pd.DataFrame({"file": ["day1_dish1", "day1-dish1.tif", None, "sub/x.tif"], "role": ["vehicle"] * 4,
                      "recording": list("abcd")}),
        folder=tmp_path,
    )  # fmt: skip
    assert "row 2, column file: 'day1_dish1' does not exist; did you mean 'day1_dish1.tif'?" in lines[0]
    assert "did you mean 'day1_dish1.tif'?" in lines[1]
    assert "row 4, column file: is empty" in lines[2]
    assert "there is no folder" in lines[3]


def test_folders_of_the_other_system_are_understood(tmp_path: Path) -> None:
    (tmp_path / "mon").mkdir()
    (tmp_path / "mon" / "a.tif").touch()
    design = check_design(pd.DataFrame({"file": ["mon\\a.tif"], "role": ["veh"]}), folder=tmp_path)
    assert design["file"].tolist() == [str(tmp_path / "mon" / "a.tif")]


# What is allowed, and left alone.


def test_odd_characters_in_names_are_legal(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", '=HYPERLINK("x")', "a/b", "ΔF & 'co'", "\u202dright", "CON"]
    frame = pd.DataFrame({"recording": names, "condition": names, "role": ["agonist"] * 6, "dish": range(6)})
    design = check_design(frame)
    assert design["recording"].tolist() == design["condition"].tolist() == names
    for suffix in (".csv", ".tsv", ".xlsx", ".toml"):
        write_design(design, tmp_path / f"design{suffix}")
        pd.testing.assert_frame_equal(read_design(tmp_path / f"design{suffix}"), design)
    for name in names:
        (tmp_path / safe_name(name)).mkdir()


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


# What is written is what is read.

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12).map(
    lambda text: text.replace("\xa0", "").replace("\u202f", "").replace("\u2028", "").replace("\u2029", "").strip()
)
_WORD = _TEXT.filter(lambda text: text not in {"", "NaN", "nan"} and "\ufeff" not in text)
_COMPOUND = st.text(string.ascii_letters + string.digits + "()+-,;'\"<>&=µ ", min_size=1, max_size=10).map(
    str.strip
)


@st.composite
def designs(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(1, 6))

    def each(values: st.SearchStrategy[Any], **options: Any) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count, **options))

    def folded(text: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())

    compound = draw(
        _COMPOUND.filter(lambda text: text.casefold() not in {"", "nan", "none", "no", "nil", "-", "n/a"})
    )
    roles = each(st.sampled_from(["vehicle", "agonist"]))
    columns: dict[str, Any] = {
        "recording": each(_WORD, unique_by=folded),
        "role": roles,
        "day": each(st.integers(1, 30) | _WORD),
        "agonist": [compound if role == "agonist" else None for role in roles],
        "agonist_M": [draw(st.floats(1e-12, 1e-2)) if role == "agonist" else None for role in roles],
        "agonist_start_s": each(st.none() | st.floats(0, 1e4)),
        "frame_interval_s": each(st.none() | st.floats(1e-3, 1e3)),
        "channel": each(st.none() | st.integers(0, 3) | _WORD),
        "note": each(st.none() | _WORD),
    }
    if draw(st.booleans()):
        columns["condition"] = [f"{role} {compound}" for role in roles]
    return pd.DataFrame(columns).astype(object)


@given(designs(), st.sampled_from([".csv", ".tsv", ".xlsx", ".toml"]))
def test_a_design_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, design: pd.DataFrame, suffix: str
) -> None:
    checked = check_design(design)
    path = tmp_path_factory.mktemp("design") / f"design{suffix}"
    write_design(checked, path)
    pd.testing.assert_frame_equal(read_design(path), checked)
    pd.testing.assert_frame_equal(check_design(checked), checked)


def test_files_are_written_relative_and_come_back_absolute(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.tif", "b.tif"):
        (tmp_path / "data" / name).touch()
    design = check_design(
        pd.DataFrame({"file": ["data/a.tif", "data/b.tif"], "role": ["veh", "ago"]}), folder=tmp_path
    )
    (tmp_path / "tables").mkdir()
    write_design(design, tmp_path / "tables" / "design.csv")
    assert "../data/a.tif" in (tmp_path / "tables" / "design.csv").read_text(encoding="utf-8-sig")
    pd.testing.assert_frame_equal(read_design(tmp_path / "tables" / "design.csv"), design)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    design = check_design(pd.DataFrame({"recording": ["a"], "role": ["veh"]}))
    write_design(design, tmp_path / "design.csv")
    with pytest.raises(S1RImagingError, match="overwrite"):
        write_design(design, tmp_path / "design.csv")
    write_design(design, tmp_path / "design.csv", overwrite=True)
    with pytest.raises(ValueError, match=r"\.csv, \.tsv, \.xlsx, \.toml"):
        write_design(design, tmp_path / "design.docx")
