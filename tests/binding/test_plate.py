from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from s1r_imaging.binding.layers import plate_in_title
from s1r_imaging.binding.plate import PLATE_COLUMNS, check_plate, read_binding_plate
from s1r_imaging.errors import S1RImagingError
from s1r_imaging.simulate import simulate_binding_plate

PLATE, _ = simulate_binding_plate(seed=4, n_experiments=1, compounds={"PRE-084": 44e-9, "(+)-pentazocine": 4e-9})
TWO, _ = simulate_binding_plate(seed=5, n_experiments=2, layout="random")
WELLS = [f"{letter}{column}" for letter in "ABCDEFGH" for column in range(1, 13)]


def grid(values: dict[str, Any], mark: str = ",", shape: tuple[str, int] = ("ABCDEFGH", 12)) -> str:
    rows = [mark.join(["", *(str(n + 1) for n in range(shape[1]))])]
    for letter in shape[0]:
        cells = (values.get(f"{letter}{n + 1}", "") for n in range(shape[1]))
        rows.append(mark.join([letter, *("" if cell is None else str(cell) for cell in cells)]))
    return "\n".join(rows) + "\n"


def by_well(plate: pd.DataFrame, column: str) -> dict[str, Any]:
    return dict(zip(plate["well"], plate[column], strict=True))


def doses(plate: pd.DataFrame, factor: float = 1e9, unit: str = "") -> dict[str, str]:
    return {well: f"{dose * factor:.12g}{unit}" for well, dose in by_well(plate, "concentration_M").items()}


def map_table(plate: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Well": plate["well"],
            "Role": plate["role"].map(
                {"total": "TB", "nonspecific": "NSB", "competitor": "Unknown", "blank": "BG"}
            ),
            "Compound": plate["compound"],
            "Conc (nM)": plate["concentration_M"] * 1e9,
        }
    )


def check(read: pd.DataFrame, plate: pd.DataFrame, *, tolerance: float = 1e-12) -> None:
    """Compare a plate that was read with the one that was written, well by well."""
    keys = ["experiment", "well"]
    assert list(read.columns[:8]) == [*PLATE_COLUMNS, "well", "replicate", "plate"]
    left, right = read.set_index(keys).sort_index(), plate.set_index(keys).sort_index()
    assert list(left.index) == list(right.index)
    assert left["role"].tolist() == right["role"].tolist()
    assert left["compound"].tolist() == right["compound"].tolist()
    for column in ("concentration_M", "signal"):
        np.testing.assert_allclose(left[column].astype(float), right[column].astype(float), rtol=tolerance)


def write(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (tmp_path / name).write_bytes(text.encode(encoding))
    return tmp_path / name


def test_a_grid_pasted_from_a_counter_with_a_long_map(tmp_path: Path) -> None:
    junk = "Microplate counter\nProtocol no.,5\nIsotope,H-3\nFirmware,2.1\nDate,12.03.2024\n\nPlate 1\nCCPM1\n"
    counts = write(tmp_path, "counts.csv", junk + grid(by_well(PLATE, "signal")) + "\nEnd of plate\n")
    map_table(PLATE).to_csv(tmp_path / "map.csv", index=False)
    read = read_binding_plate(counts, plate_map=tmp_path / "map.csv")
    check(read, PLATE)
    assert set(read["plate"]) == {"1"}
    assert (
        read.groupby(["compound", "role", "concentration_M"])["replicate"]
        .apply(sorted)
        .map(lambda numbers: numbers == list(range(1, len(numbers) + 1)))
        .all()
    )


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
def test_grids_of_the_map_below_each_other_with_decimal_commas(tmp_path: Path, encoding: str) -> None:
    comma: dict[str, Any] = {
        well: f"{cpm:.1f}".replace(".", ",") for well, cpm in by_well(PLATE, "signal").items()
    }
    counts = write(tmp_path, "counts.csv", "Zähler;H-3\n\n" + grid(comma, ";"), encoding)
    dose: dict[str, Any] = {well: text.replace(".", ",") for well, text in doses(PLATE, 1e6).items()}
    text = f"Role\n{grid(by_well(PLATE, 'role'), ';')}\nCompound\n{grid(by_well(PLATE, 'compound'), ';')}\n"
    layout = write(tmp_path, "map.csv", text + f"Concentration (µM)\n{grid(dose, ';')}", encoding)
    check(read_binding_plate(counts, plate_map=layout), PLATE.assign(signal=PLATE["signal"].round(1)))


def workbook(path: Path, sheets: dict[str, dict[str, Any]]) -> Path:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, values in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([None, *range(1, 13)])
        for letter in "ABCDEFGH":
            sheet.append([letter, *(values.get(f"{letter}{n + 1}") for n in range(12))])
    book.save(path)
    return path


def test_one_workbook_with_a_sheet_for_each_property(tmp_path: Path) -> None:
    sheets = {
        "role": by_well(PLATE, "role"),
        "compound": {well: name or None for well, name in by_well(PLATE, "compound").items()},
        "conc nM": {well: dose * 1e9 for well, dose in by_well(PLATE, "concentration_M").items()},
    }
    layout = workbook(tmp_path / "map.xlsx", sheets)
    counts = workbook(tmp_path / "counts.xlsx", {"Plate 1": by_well(PLATE, "signal")})
    check(read_binding_plate(counts, plate_map=layout), PLATE)
    both = workbook(tmp_path / "both.xlsx", {"CPM": by_well(PLATE, "signal"), **sheets})
    check(read_binding_plate(both), PLATE)


def test_one_file_for_each_property(tmp_path: Path) -> None:
    counts = write(tmp_path, "counts.txt", grid(by_well(PLATE, "signal"), "\t"))
    files = {
        "role": write(tmp_path, "r.csv", grid(by_well(PLATE, "role"))),
        "compound": write(tmp_path, "c.csv", grid(by_well(PLATE, "compound"))),
        "concentration (pM)": write(tmp_path, "d.csv", grid(doses(PLATE, 1e12))),
    }
    check(read_binding_plate(counts, plate_map=files), PLATE)
    with pytest.raises(ValueError, match=r"plate_map\['colour'\]"):
        read_binding_plate(counts, plate_map={"colour": counts})


def test_one_grid_that_says_it_all(tmp_path: Path) -> None:
    words = {"total": "TB", "blank": "blank", "nonspecific": "NSB 10 µM"}
    columns = (PLATE[name].tolist() for name in ("well", "role", "compound", "concentration_M"))
    cells = {
        str(well): words.get(role, f"{compound} {dose * 1e9:.12g} nM")
        for well, role, compound, dose in zip(*columns, strict=True)
    }
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal")))
    check(read_binding_plate(counts, plate_map=write(tmp_path, "map.csv", grid(cells))), PLATE)
    check(read_binding_plate(counts, plate_map=write(tmp_path, "map.csv", f"Plate layout\n{grid(cells)}")), PLATE)


def test_two_plates_with_one_map_each(tmp_path: Path) -> None:
    plates = [part for _, part in TWO.groupby("experiment")]
    text = "".join(f"Plate {n + 1}\n{grid(by_well(part, 'signal'))}\n" for n, part in enumerate(plates))
    counts = write(tmp_path, "counts.csv", text)
    table = map_table(TWO).assign(Plate=TWO["experiment"].map(lambda n: f"Plate {n}").to_numpy())
    check(read_binding_plate(counts, plate_map=table), TWO)
    grids = "".join(
        f"Plate {n + 1} - role\n{grid(by_well(part, 'role'))}\nPlate {n + 1} - compound\n"
        f"{grid(by_well(part, 'compound'))}\nPlate {n + 1} - concentration [nM]\n{grid(doses(part))}\n"
        for n, part in enumerate(plates)
    )
    check(read_binding_plate(counts, plate_map=write(tmp_path, "map.csv", grids)), TWO)


def test_one_map_for_two_plates_that_are_laid_out_alike(tmp_path: Path) -> None:
    again = pd.concat([PLATE, PLATE.assign(experiment=2, signal=PLATE["signal"] + 1)])
    text = grid(by_well(PLATE, "signal")) + "\n" + grid(by_well(again[again["experiment"] == 2], "signal"))
    check(read_binding_plate(write(tmp_path, "counts.csv", text), plate_map=map_table(PLATE)), again)


def test_384_wells(tmp_path: Path) -> None:
    plate, _ = simulate_binding_plate(
        seed=1, n_experiments=1, plate_format="384", n_replicates=10, layout="random"
    )
    text = "Top\tcounter\n" + grid(by_well(plate, "signal"), "\t", ("ABCDEFGHIJKLMNOP", 24))
    check(read_binding_plate(write(tmp_path, "counts.tsv", text), plate_map=map_table(plate)), plate)


def test_long_tables_and_log_units(tmp_path: Path) -> None:
    plate = PLATE[PLATE["role"] != "blank"]
    table = map_table(plate).drop(columns="Conc (nM)")
    with np.errstate(divide="ignore"):
        table["log [M]"] = np.log10(plate["concentration_M"].to_numpy())
    table["log [M]"] = table["log [M]"].where(plate["role"].to_numpy() != "total")
    counts = plate[["well", "signal", "counting_time_min"]].rename(columns={"signal": "CPM", "well": "Pos"})
    counts.sample(frac=1, random_state=1).to_csv(tmp_path / "counts.csv", index=False)
    read = read_binding_plate(tmp_path / "counts.csv", plate_map=table)
    check(read, plate, tolerance=1e-9)
    assert set(read["counting_time_min"]) == {2.0}


def test_a_table_that_needs_no_map(tmp_path: Path) -> None:
    PLATE.to_csv(tmp_path / "plate.csv", index=False)
    check(read_binding_plate(tmp_path / "plate.csv"), PLATE)
    tidy = PLATE[list(PLATE_COLUMNS)]
    tidy.to_csv(tmp_path / "tidy.csv", index=False)
    read = read_binding_plate(tmp_path / "tidy.csv")
    assert set(read["well"]) == {""}
    pd.testing.assert_frame_equal(read[list(PLATE_COLUMNS)], tidy, check_dtype=False)


def test_a_tidy_frame_is_returned_as_a_checked_copy() -> None:
    before = PLATE.copy()
    read = read_binding_plate(PLATE)
    check(read, PLATE)
    read["signal"] = 0.0
    pd.testing.assert_frame_equal(PLATE, before)


def test_quench_beside_the_counts_is_left_aside(tmp_path: Path) -> None:
    cpm, quench = grid(by_well(PLATE, "signal")), grid(dict.fromkeys(WELLS, 412.5))
    counts = write(tmp_path, "counts.csv", f"Plate 1\nCPM\n{cpm}\nPlate 1\nSQP(I)\n{quench}")
    check(read_binding_plate(counts, plate_map=map_table(PLATE)), PLATE)
    counts = write(tmp_path, "two.csv", f"Plate 1\nCPM\n{cpm}\nPlate 1\nDPM\n{quench}")
    with pytest.raises(S1RImagingError, match="counts_column="):
        read_binding_plate(counts, plate_map=map_table(PLATE))
    check(read_binding_plate(counts, plate_map=map_table(PLATE), counts_column="CPM"), PLATE)


def test_lists_of_counters_with_other_columns(tmp_path: Path) -> None:
    lines = [f"{well}\t{cpm:.1f}\t3.1\t20.5\t" for well, cpm in by_well(PLATE, "signal").items()]
    head = "Top counter V2.1\nRun ID: 12\nCount time: 2.00 min\n\nPos\tCPMA\t2S%\tTSIS\tFlags\n"
    counts = write(tmp_path, "list.txt", head + "\n".join(lines))
    check(read_binding_plate(counts, plate_map=map_table(PLATE)), PLATE)
    rows = [f"1;{well};{cpm:.1f};400.2;{2.5 * cpm:.2f}" for well, cpm in by_well(PLATE, "signal").items()]
    text = "PLATE;WELL;CCPM1;SQP;DPM1\n" + "\n".join(rows).replace(".", ",")
    counts = write(tmp_path, "columns.csv", text)
    with pytest.raises(S1RImagingError, match=r"signal stands in several columns \(CCPM1, DPM1\)"):
        read_binding_plate(counts, plate_map=map_table(PLATE))
    read = read_binding_plate(counts, plate_map=map_table(PLATE), counts_column="CCPM1")
    check(read, PLATE)
    np.testing.assert_allclose(read["DPM1"], 2.5 * read["signal"])
    assert set(read["SQP"]) == {400.2}


def test_grids_are_named_by_their_corner_too(tmp_path: Path) -> None:
    counts = write(
        tmp_path, "counts.csv", "\n".join(line[2:] for line in grid(by_well(PLATE, "signal")).splitlines()[1:])
    )
    parts = {"Role": by_well(PLATE, "role"), "Cpd name": by_well(PLATE, "compound"), "nM": doses(PLATE)}
    layout = write(tmp_path, "map.csv", "\n".join(name + grid(values) for name, values in parts.items()))
    check(read_binding_plate(counts, plate_map=layout), PLATE)
    layout = write(tmp_path, "odd.csv", "\n".join(name.replace("nM", "?") + grid(v) for name, v in parts.items()))
    with pytest.raises(S1RImagingError, match="a grid of the map has no name"):
        read_binding_plate(counts, plate_map=layout)


def test_merged_cells_of_a_map_hold_for_all_their_wells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    grids: dict[str, list[str | None]] = {
        "Plate 1: role": ["TB", "NSB", "sample"],
        "Compound": [None, None, "NE-100"],
    }
    for name, cells in grids.items():
        sheet.append([name])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=13)
        sheet.append([None, *range(1, 13)])
        row = sheet.max_row + 1
        for first, (letter, cell) in enumerate(zip("ABC", cells, strict=True), start=row):
            sheet.append([letter, cell])
            sheet.merge_cells(start_row=first, end_row=first, start_column=2, end_column=13)
    sheet.append(["conc in nM"])
    sheet.append([None, *range(1, 13)])
    sheet.append(["C", *range(1, 13)])
    book.save(tmp_path / "map.xlsx")
    text = "Plate information\nPlate,Repeat,Barcode\n1,1,0042\n\n"
    values = {well: n for n, well in enumerate(WELLS[:36])}
    counts = write(tmp_path, "counts.csv", text + grid(values, shape=("ABC", 12)))
    read = read_binding_plate(counts, plate_map=tmp_path / "map.xlsx")
    assert read["role"].value_counts().to_dict() == {"total": 12, "nonspecific": 12, "competitor": 12}
    doses_nM = read.loc[read["role"] == "competitor", "concentration_M"] * 1e9
    np.testing.assert_allclose(doses_nM, range(1, 13))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Plate 1", "1"), ("Plate no. 3 of 4", "3"), ("PLATE ID: 000123", "000123"), ("Plate: A - role", "A"),
        ("Plate Monday", "Monday"), ("Plate Repeat Barcode", None), ("Plate information", None),
        ("Microplate 5", None), ("Plate map", None), ("plate_2", "2"), ("Plate2", "2"), ("plates 2", None),
    ],
)  # fmt: skip
def test_names_of_plates_in_the_lines_above(line: str, name: str | None) -> None:
    assert plate_in_title([line]) == name


def test_without_roles_the_compound_says_them(tmp_path: Path) -> None:
    table = map_table(PLATE)
    words = PLATE["role"].map({"total": "TB", "nonspecific": "NSB", "blank": "Background"})
    table["Compound"] = words.where(words.notna(), PLATE["compound"]).to_numpy()
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal")))
    check(read_binding_plate(counts, plate_map=table.drop(columns="Role")), PLATE)


def test_sheets_name_their_plates(tmp_path: Path) -> None:
    sheets = {"monday": by_well(PLATE, "signal"), "tuesday": by_well(PLATE, "signal")}
    counts = workbook(tmp_path / "counts.xlsx", sheets)
    read = read_binding_plate(counts, plate_map=map_table(PLATE))
    assert list(dict.fromkeys(read["experiment"])) == ["monday", "tuesday"]
    assert len(read) == 2 * len(PLATE)


def test_a_file_of_counts_taken_for_the_map_is_refused(tmp_path: Path) -> None:
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal")))
    with pytest.raises(S1RImagingError, match="no role in A1, A2"):
        read_binding_plate(counts, plate_map=counts)


def test_unused_wells_must_be_marked(tmp_path: Path) -> None:
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal") | {"H12": 31}))
    with pytest.raises(S1RImagingError, match=r"counts without a plate map .*'empty'.* in H12"):
        read_binding_plate(counts, plate_map=map_table(PLATE))
    table = map_table(PLATE)
    table.loc[len(table)] = ["H12", "empty", None, None]
    check(read_binding_plate(counts, plate_map=table), PLATE)


def test_all_problems_stand_in_one_message(tmp_path: Path) -> None:
    table = map_table(PLATE).astype(object)
    competitor = table.index[table["Role"] == "Unknown"]
    wells = table["Well"]
    table.loc[0, "Role"] = "sigma"
    table.loc[competitor[0], "Conc (nM)"] = None
    table.loc[competitor[1], "Conc (nM)"] = "10 µM"
    table.loc[competitor[2], "Conc (nM)"] = -3
    table.loc[competitor[3], "Compound"] = None
    table.loc[len(table)] = table.loc[competitor[4]]
    table.loc[len(table)] = ["H11", "TB", None, None]
    signal = by_well(PLATE, "signal") | {wells[1]: -12, wells[2]: "OVER", "H12": 40}
    counts = write(tmp_path, "counts.csv", grid(signal))
    with pytest.raises(S1RImagingError) as caught:
        read_binding_plate(counts, plate_map=table)
    said = str(caught.value)
    for words in (
        "counts.csv",
        f"unknown role 'sigma' in {wells[0]}",
        f"competitor without a concentration in {wells[competitor[0]]}",
        f"has another unit than its heading in {wells[competitor[1]]}",
        f"is negative; a logarithm needs the unit 'log M' in {wells[competitor[2]]}",
        f"competitor without a compound in {wells[competitor[3]]}",
        f"second row for {wells[competitor[4]]}",
        "missing counts (bad_counts='keep' keeps them) in",
        f"negative counts (bad_counts='keep' keeps them) in {wells[1]}",
        "empty' for unused wells) in H12",
    ):
        assert words in said
    assert wells[2] in said
    assert "H11" in said


def test_bad_counts_can_be_kept(tmp_path: Path) -> None:
    wells = PLATE["well"]
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal") | {wells[1]: -12, wells[2]: "OVER"}))
    read = read_binding_plate(counts, plate_map=map_table(PLATE), bad_counts="keep").set_index("well")
    assert read.loc[wells[1], "signal"] == -12
    assert np.isnan(read["signal"][wells[2]])


def test_a_concentration_without_a_unit_is_refused(tmp_path: Path) -> None:
    counts = write(tmp_path, "counts.csv", grid(by_well(PLATE, "signal")))
    table = map_table(PLATE).rename(columns={"Conc (nM)": "Conc"})
    with pytest.raises(S1RImagingError, match="concentration that has no unit in"):
        read_binding_plate(counts, plate_map=table)
    mixed = table.assign(Conc=[*doses(PLATE, 1e9, " nM").values()])
    check(read_binding_plate(counts, plate_map=mixed), PLATE)
    with pytest.raises(S1RImagingError, match="has no unit in"):
        read_binding_plate(counts, plate_map=mixed.assign(Conc=["10", *mixed["Conc"][1:]]))


def test_check_plate_names_every_fault() -> None:
    with pytest.raises(ValueError, match="no column 'role', 'signal'"):
        check_plate(PLATE.drop(columns=["role", "signal"]))
    with pytest.raises(TypeError, match="expected a DataFrame"):
        check_plate([1, 2])  # type: ignore[arg-type]
    wrong = PLATE.astype({"concentration_M": object, "signal": object})
    competitor = wrong.index[wrong["role"] == "competitor"]
    wrong.loc[competitor[0], "concentration_M"] = np.nan
    wrong.loc[competitor[1], "concentration_M"] = -7.0
    wrong.loc[competitor[2], "compound"] = None
    wrong.loc[competitor[3], "role"] = "sigma"
    wrong.loc[competitor[4], "signal"] = "many"
    wrong.loc[competitor[5], "well"] = wrong.loc[competitor[6], "well"]
    with pytest.raises(ValueError, match="cannot be used") as caught:
        check_plate(wrong)
    for number in (0, 1, 2, 3, 4, 6):
        assert wrong.loc[competitor[number], "well"] in str(caught.value)


def test_check_plate_keeps_bad_counts_extra_columns_and_empty_plates() -> None:
    odd = PLATE.assign(lot="B").astype({"signal": object})
    odd.loc[0, "signal"], odd.loc[1, "signal"] = None, -5
    checked = check_plate(odd)
    assert np.isnan(checked["signal"][0])
    assert checked["signal"][1] == -5
    assert set(checked["lot"]) == {"B"}
    empty = check_plate(PLATE.iloc[:0])
    assert list(empty.columns) == list(PLATE.columns)
    assert len(read_binding_plate(PLATE.iloc[:0])) == 0


def test_frames_give_value_errors() -> None:
    with pytest.raises(ValueError, match="no plate map"):
        read_binding_plate(pd.DataFrame({"well": ["A1", "A2"], "cpm": [1, 2]}))
