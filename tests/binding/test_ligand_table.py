"""The table of published values says what each number is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import s1r_imaging.binding.ligand_table
from s1r_imaging.binding import ligands

# as the overview that the project started from gives them, as Ki (nM)
OVERVIEW = [
    ("(+)-pentazocine", 2.9),
    ("(+)-pentazocine", 4.8),
    ("haloperidol", 3.54),
    ("PRE-084", 2.2),
    ("SA4503", 5.5),
    ("ANAVEX2-73", 23.4),
    ("pridopidine", 147.0),
]


def test_columns_and_their_types() -> None:
    table = ligands()
    assert list(table.columns) == [
        "compound", "kind", "value_nM", "error_nM", "species", "tissue", "radioligand", "source", "url",
        "verified", "note",
    ]  # fmt: skip
    assert (table["value_nM"] > 0).all()
    assert not (table["error_nM"] <= 0).any()
    texts = table.drop(columns=["value_nM", "error_nM"])
    assert all(isinstance(value, str) for value in texts.to_numpy().ravel())
    assert not table.duplicated().any()


def test_every_value_says_what_it_is_and_where_it_comes_from() -> None:
    table = ligands()
    module = s1r_imaging.binding.ligand_table
    assert set(table["kind"]) == set(module.KINDS)
    assert set(table["verified"]) == set(module.VERIFIED)
    assert table["source"].ne("").all()
    checked = table["verified"].ne("no")
    assert table.loc[checked, "url"].str.startswith("https://").all()
    assert table.loc[table["kind"] == "Kd", "compound"].eq(table.loc[table["kind"] == "Kd", "radioligand"]).all()


@pytest.mark.parametrize(("compound", "value_nM"), OVERVIEW)
def test_the_overview_is_there_unverified_and_beside_what_others_found(compound: str, value_nM: float) -> None:
    table = ligands()
    rows = table[(table["compound"] == compound) & table["source"].str.contains("overview")]
    row = rows[rows["value_nM"] == value_nM].iloc[0]
    assert (row["kind"], row["verified"]) == ("Ki", "no")
    assert row["note"]


def test_what_reviews_take_for_a_ki_is_an_ic50() -> None:
    table = ligands().set_index(["compound", "value_nM"])["kind"]
    for compound, value_nM in [("SA4503", 17.4), ("ANAVEX2-73", 860.0), ("PRE-084", 44.0)]:
        assert table[compound, value_nM] == "IC50"
    assert table["SA4503", 4.6] == "Ki"


def test_reference_values_are_all_there(reference_data: Path) -> None:
    published = pd.read_csv(reference_data / "binding" / "sigma1_published.csv")
    table = ligands()
    for row in published[published["kind"] != "note"].itertuples():
        numbers = [float(part) for part in str(row.value_nM).replace("-", "/").split("/")]
        mine = table[table["compound"] == row.compound]
        kind = str(row.quantity).split()[0]
        if kind == "Kd" and len(numbers) > 1:
            continue  # a range of the overview, there as Ki of the unlabelled ligand
        for number in numbers:
            match = mine[(mine["kind"] == kind) & np.isclose(mine["value_nM"], number)]
            assert len(match), (row.compound, number)
            if str(row.error_nM) != "nan":
                assert np.isclose(match["error_nM"], float(str(row.error_nM))).any()


def test_changing_the_table_changes_no_later_one() -> None:
    mine = ligands()
    mine["value_nM"] = -1.0
    assert (ligands()["value_nM"] > 0).all()


def test_the_name_is_the_function_whatever_was_imported_first() -> None:
    code = (
        "import s1r_imaging.binding.ligand_table; from s1r_imaging.binding import ligands; print(len(ligands()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 20
