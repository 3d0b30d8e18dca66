"""The real plate of a FlexStation, reduced by hand and by the road of this package.

The file holds the reduced ratio (340/380 nm) of 48 wells, 61 rounds of reads every 5 s, the last of which holds no
number in any well. Activator, positive control or vehicle was added at 60 s: the twelfth round, read between 55.1
and 57.0 s, is untouched in every well, and the thirteenth, from 60.1 s on, dips while the pipettes stand in the
wells.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from s1r_imaging.calcium.dff import compute_dff
from s1r_imaging.calcium.responses import measure_responses
from s1r_imaging.curves.fit import fit_curve
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment.plate_map import read_plate_map, well_recordings
from s1r_imaging.flags import CellFlag
from s1r_imaging.io.plate_reader import read_plate_reader
from s1r_imaging.recording import Event, Traces

ADDED_S = 60.0
DOSES_nM = {"C": 300.0, "D": 100.0, "E": 30.0, "F": 10.0, "G": 3.0, "H": 1.0}

Wells = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@pytest.fixture(scope="module")
def data(reference_data: Path) -> Path:
    return reference_data / "calcium" / "flexstation_MIT" / "activator_example_data.txt"


@pytest.fixture(scope="module")
def plate_map(reference_data: Path) -> Path:
    return reference_data / "calcium" / "flexstation_MIT" / "activator_example_map.csv"


@pytest.fixture(scope="module")
def by_hand(data: Path) -> Wells:
    lines = data.read_text(encoding="latin-1").split("\n")
    heading = lines[2].split("\t")
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for line in lines[3:]:
        cells = line.split("\t")
        for place, word in enumerate(heading):
            if re.fullmatch(r"[A-H]\d+", word) and place < len(cells) and re.fullmatch(r"[\d.]+", cells[place]):
                found[word].append((float(cells[place - 1]), float(cells[place])))
    return {well: (np.array(pairs)[:, 0], np.array(pairs)[:, 1]) for well, pairs in found.items()}


@pytest.fixture(scope="module")
def traces(data: Path) -> Traces:
    return compute_dff(read_plate_reader(data, events=[Event("activator", ADDED_S)], name="plate1"))


@pytest.fixture(scope="module")
def wells(traces: Traces, plate_map: Path) -> pd.DataFrame:
    responses = well_recordings(traces, measure_responses(traces))
    return read_plate_map(plate_map, plate="plate1").merge(responses, on="recording", validate="one_to_one")


def test_every_number_of_the_file_is_read(traces: Traces, by_hand: Wells) -> None:
    assert set(traces.cells["well"]) == set(by_hand)
    assert traces.f.shape == (48, 60)
    for well, row, offset in zip(traces.cells["well"], traces.f, traces.cells["time_offset_s"], strict=True):
        times, values = by_hand[well]
        np.testing.assert_array_equal(row, values)
        assert np.abs(traces.time_s + offset - times).max() < 1.0  # the first round of column 1 came early
        assert np.abs(traces.time_s + offset - times)[1:].max() < 0.12
    assert len(traces.history[0].options["wells_without_values"]) == 48
    assert not traces.cells["flags"].any() or set(traces.cells["flags"]) <= {0, int(CellFlag.BLEACHED)}


def test_the_addition_lies_between_the_twelfth_and_thirteenth_round(by_hand: Wells) -> None:
    last_before = max(times[11] for times, _ in by_hand.values())
    first_after = min(times[12] for times, _ in by_hand.values())
    assert last_before < ADDED_S < first_after
    change = np.array([values[11:13] / values[:11].mean() - 1 for _, values in by_hand.values()])
    assert abs(np.median(change[:, 0])) < 0.01  # one read scatters by 1 to 2 %
    assert np.median(change[:, 1]) < -0.1


def test_responders_are_the_wells_that_got_something(wells: pd.DataFrame) -> None:
    called = wells.groupby("condition")["is_responder"].sum()
    assert called["DMSO"] <= 1  # A2 keeps a step of 10 % after the addition: something was carried over
    assert (called[["EA 10 nM", *(f"activator {dose:g} nM" for dose in (300, 100, 30, 10, 3))]] == 6).all()


def hand_ec50(by_hand: Wells) -> float:
    """Mean over wells of the highest ratio after the addition over the mean ratio before, by concentration."""
    doses, means = [], []
    for row, dose in DOSES_nM.items():
        peaks = []
        for column in range(1, 7):
            times, values = by_hand[f"{row}{column}"]
            before = values[times < ADDED_S].mean()
            peaks.append(values[times >= ADDED_S].max() / before - 1)
        doses.append(dose * 1e-9)
        means.append(np.mean(peaks))
    return float(fit_curve("stimulation_4pl", doses, means).parameters["estimate"]["log_ec50"])


def test_ec50_agrees_with_the_hand_reduction(wells: pd.DataFrame, by_hand: Wells) -> None:
    agonist = wells[wells["role"] == "agonist"]
    assert sorted(agonist["agonist_M"].unique() * 1e9) == pytest.approx(sorted(DOSES_nM.values()))
    road = fit_curve("stimulation_4pl", agonist["agonist_M"], agonist["peak_dff"]).parameters.loc["log_ec50"]
    by_hand_fit = hand_ec50(by_hand)
    assert road["estimate"] == pytest.approx(by_hand_fit, abs=0.02)  # 5 % of a concentration
    assert -8.3 < road["ci_low"] < road["estimate"] < road["ci_high"] < -7.7
    assert road["ci_low"] < by_hand_fit < road["ci_high"]


def test_ec50_of_the_experiment_agrees(traces: Traces, plate_map: Path, by_hand: Wells) -> None:
    responses = well_recordings(traces, measure_responses(traces))
    table = fit_concentration_response(responses, read_plate_map(plate_map, plate="plate1")).table
    row = table.loc[0]
    assert (row["compound"], row["relation"], row["n_replicates"]) == ("activator", "=", 42)
    assert row["log_ec50"] == pytest.approx(hand_ec50(by_hand), abs=0.05)  # here vehicle is the zero dose
    assert row["log_ci_low"] < hand_ec50(by_hand) < row["log_ci_high"]


def test_the_map_is_the_one_in_the_file(plate_map: Path) -> None:
    design = read_plate_map(plate_map, plate="plate1").set_index("well")
    with plate_map.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[2:]
    for row, start, end, _, contents, _, protein, dose, unit in lines:
        for column in range(int(start), int(end) + 1):
            well = design.loc[f"{row.strip()}{column}"]
            role = {"DMSO": "vehicle", "EA": "positive_control", "activator": "agonist"}[contents]
            assert well["role"] == role
            assert well["Protein"] == protein
            assert unit == "nM"
            if role != "vehicle":
                assert well["agonist_M"] == pytest.approx(float(dose) * 1e-9)
    assert len(design) == 48
