from typing import Any

import pandas as pd
import pytest

from s1r_imaging.experiment.design import check_design
from s1r_imaging.experiment.design_notes import design_notes, recordings_by_condition


def design(n_days: int = 3, roles: tuple[str, ...] = ("vehicle", "agonist"), **columns: Any) -> pd.DataFrame:
    rows = [{"recording": f"{role}{day}", "role": role, "day": day} for day in range(n_days) for role in roles]
    return check_design(pd.DataFrame(rows).assign(**columns))


ALL = ("vehicle", "agonist", "antagonist", "antagonist_agonist", "positive_control")


def test_a_whole_design_leaves_nothing_to_say() -> None:
    assert design_notes(design(roles=ALL)) == ()


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (("agonist", "positive_control"), ["no", "role vehicle"]),
        (("vehicle", "agonist"), ["role positive control"]),
        (("vehicle", "antagonist", "antagonist_agonist", "maximum"), ["role agonist", "block cannot"]),
        (("vehicle", "agonist", "antagonist_agonist", "maximum"), ["role antagonist", "by itself"]),
        (("vehicle", "agonist", "antagonist", "maximum"), ["role antagonist + agonist", "block cannot"]),
    ],
)
def test_a_missing_group_is_named(roles: tuple[str, ...], words: list[str]) -> None:
    (note,) = design_notes(design(roles=roles))
    for word in words:
        assert word in note.casefold()


def test_one_replicate_and_two() -> None:
    assert any("have 1 replicate each: no interval" in note for note in design_notes(design(1, ALL)))
    assert any("2 replicates each: intervals will be very wide" in note for note in design_notes(design(2, ALL)))


def test_recordings_that_share_a_replicate() -> None:
    notes = design_notes(design(roles=(*ALL, *ALL), recording=[str(n) for n in range(30)]))
    assert any("Up to 2 recordings" in note and "dish" in note for note in notes)


def test_wells_of_one_plate() -> None:
    wells = [f"{row}{column}" for row in "ABCDE" for column in range(1, 4)]
    table = pd.DataFrame({"plate": 1, "well": wells, "role": [role for role in ALL for _ in range(3)]})
    (note,) = design_notes(check_design(table))
    assert "All wells are on one plate" in note


def test_conditions_that_never_met_vehicle() -> None:
    table = design(roles=ALL)
    table.loc[table["role"] == "agonist", "day"] += 10
    assert any("'agonist' shared no day with vehicle" in note for note in design_notes(table))


def test_one_day_only() -> None:
    table = design(roles=ALL).assign(day=1)
    assert any("All recordings are of one day" in note for note in design_notes(table))


def test_several_concentrations_in_one_condition() -> None:
    table = design(roles=ALL)
    table["agonist"] = table["role"].map({"agonist": "ATP"})
    table["agonist_M"] = table["role"].map({"agonist": 1e-5}) * (1 + table["day"])
    assert any(
        "several concentrations of agonist (10 µM, 20 µM and 30 µM)" in note for note in design_notes(table)
    )


def test_a_control_at_the_end_of_every_recording_is_a_positive_control() -> None:
    ended = design(events=["drug@30; KCl@200"] * 6)
    assert not any("positive control" in note for note in design_notes(ended))


def test_columns_of_ones_own_are_named() -> None:
    assert any("not used: operator" in note for note in design_notes(design(roles=ALL, operator="Kim")))


def test_the_four_columns_are_enough() -> None:
    table = design(roles=ALL)[["recording", "condition", "role", "replicate"]]
    assert design_notes(table) == ()
    assert recordings_by_condition(table)[1] == "agonist (agonist): 3 recordings, 3 replicates"


def test_recordings_of_one_file_are_no_replicates() -> None:
    table = design(roles=ALL)
    files = [f"{name}.tif" for name in table["recording"]]
    assert not any("one file" in note for note in design_notes(table.assign(file=files)))
    filled_down = [*files[:2], files[1], *files[3:]]
    (note,) = [note for note in design_notes(table.assign(file=filled_down)) if "one file" in note]
    assert (
        note
        == "Recordings 'agonist0' and 'antagonist0' are of one file (agonist0.tif): they are one replicate, not 2."
    )
    channels = list(range(len(files)))
    assert not any("one file" in note for note in design_notes(table.assign(file=filled_down, channel=channels)))
