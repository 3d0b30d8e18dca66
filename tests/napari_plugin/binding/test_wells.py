"""Wells, roles and undo, without a window."""

import numpy as np
import pandas as pd
import pytest

from napari_plugin.binding.grid import places_in
from napari_plugin.binding.wells import Wells, checked, problem_of, series_steps
from s1r_imaging.binding.layout import dilution_series, read_wells
from s1r_imaging.binding.plate import BindingPlateOptions
from s1r_imaging.io.sheets import text_frame
from s1r_imaging.simulate import simulate_binding_plate


@pytest.fixture
def wells() -> Wells:
    made = Wells()
    grid = "\n".join("\t".join(f"{100 * row + column},5" for column in range(12)) for row in range(8))
    made.open(read_wells(text_frame(grid)))
    return made


def test_a_grid_with_decimal_commas_is_pasted_without_a_map(wells: Wells) -> None:
    assert wells.plates == ["1"]
    assert wells.shape("1") == (8, 12)
    assert len(wells.table) == 96
    assert wells.table.set_index("well").loc["C4", "signal"] == 203.5
    assert not wells.has_roles


def test_a_plate_of_384_wells() -> None:
    made = Wells()
    made.open(read_wells(pd.DataFrame(np.arange(384.0).reshape(16, 24))))
    assert made.shape("1") == (16, 24)
    assert made.at("1", [(15, 23)]) == [383]


def test_roles_are_given_and_taken_back(wells: Wells) -> None:
    before = wells.table
    wells.assign(wells.at("1", places_in("A", (8, 12))), "total")
    assert wells.in_use()["concentration_M"].eq(0.0).all()
    wells.undo()
    assert wells.table is before
    assert not wells.can_undo
    wells.redo()
    assert wells.table["role"].eq("total").sum() == 12


def test_a_new_change_forgets_what_was_taken_back(wells: Wells) -> None:
    wells.assign([0], "total")
    wells.undo()
    wells.assign([1], "blank")
    assert not wells.can_redo


def test_wells_left_out_keep_their_role(wells: Wells) -> None:
    wells.assign([0, 1], "total")
    wells.leave_out([0])
    assert list(wells.in_use()["well"]) == ["A2"]
    wells.leave_out([0], out=False)
    assert list(wells.in_use()["well"]) == ["A1", "A2"]


def test_problems_are_one_sentence(wells: Wells) -> None:
    reading = BindingPlateOptions()
    assert "No well has a role" in problem_of(wells, reading)
    wells.assign([0], "total")
    assert "no competitor wells" in problem_of(wells, reading)
    wells.assign([1, 2], "competitor", compound="")
    words = problem_of(wells, reading)
    assert "competitor without a concentration in A2, A3" in words
    assert "competitor without a compound in A2, A3" in words
    wells.assign([1, 2], "competitor", compound="x", concentrations_M=[1e-9, 1e-8])
    assert not problem_of(wells, reading)


@pytest.mark.parametrize(
    ("direction", "per_step", "steps"),
    [
        ("right", 1, [0, 1, 2, 3]),
        ("left", 1, [3, 2, 1, 0]),
        ("right", 2, [0, 0, 1, 1]),
        ("down", 1, [0, 0, 0, 0]),
    ],
)
def test_directions_of_a_series(direction: str, per_step: int, steps: list[int]) -> None:
    assert series_steps([(2, column) for column in range(4, 8)], direction, per_step) == steps


def test_series_of_a_block(wells: Wells) -> None:
    places = places_in("B1:D3", (8, 12))
    steps = series_steps(places, "right", 1)
    series = dilution_series(1e-5, 10, 3)
    wells.assign(
        wells.at("1", places), "competitor", compound="x", concentrations_M=[series[step] for step in steps]
    )
    plate = checked(wells.in_use(), BindingPlateOptions())
    assert plate.groupby("concentration_M")["well"].agg(list).to_dict() == {
        1e-7: ["B3", "C3", "D3"],
        1e-6: ["B2", "C2", "D2"],
        1e-5: ["B1", "C1", "D1"],
    }
    assert sorted(plate["replicate"].unique()) == [1, 2, 3]


@pytest.mark.parametrize("text", ["Z1", "A1:B2:C3", "A13", "13", "hello", "A0"])
def test_wells_that_are_not_on_the_plate(text: str) -> None:
    with pytest.raises(ValueError, match="names no wells of this plate"):
        places_in(text, (8, 12))


def test_a_map_gives_the_roles_and_leaves_the_rest_without() -> None:
    counts = pd.DataFrame({"well": ["A1", "A2", "A3"], "cpm": [1500.0, 90.0, 800.0]})
    layout = pd.DataFrame({"well": ["A1", "A2", "A3"], "role": ["TB", "empty", "NSB"]})
    found = read_wells(counts, plate_map=layout).set_index("well")
    assert found["role"].to_dict() == {"A1": "total", "A3": "nonspecific", "A2": ""}
    assert found.loc["A2", "signal"] == 90.0


def test_simulated_plates_stay_what_they_are() -> None:
    plate, _ = simulate_binding_plate(n_experiments=2)
    made = Wells()
    made.open(read_wells(plate))
    found = checked(made.in_use(), BindingPlateOptions())[plate.columns]
    pd.testing.assert_frame_equal(found, plate, check_dtype=False, check_exact=True)
