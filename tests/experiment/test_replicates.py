import numpy as np
import pandas as pd
import pytest

from s1r_imaging.experiment.compared_event import compared_events
from s1r_imaging.experiment.replicates import gather_cells, replicate_table
from s1r_imaging.flags import CellFlag
from tests.experiment.comparison_tables import experiment_tables


def test_replicates_are_means_of_dishes_not_of_pooled_cells() -> None:
    responses = pd.DataFrame({"recording": ["a"] * 3 + ["b"], "peak_dff": [1.0, 1.0, 1.0, 3.0]})
    design = pd.DataFrame({"recording": ["a", "b"], "condition": "c", "role": "agonist", "replicate": "day 1"})
    row = replicate_table(responses, design).iloc[0]
    assert (row["value"], row["n_cells"], row["n_recordings"]) == (2.0, 4, 2)
    assert row["sd"] == pytest.approx(np.std([1, 1, 1, 3], ddof=1))


def test_cells_that_are_not_numbers_are_counted_not_averaged() -> None:
    responses = pd.DataFrame({"recording": "a", "peak_dff": [1.0, np.nan, np.inf, 3.0]})
    design = pd.DataFrame({"recording": ["a"], "condition": "c", "role": "agonist", "replicate": 1})
    row = replicate_table(responses, design).iloc[0]
    assert (row["value"], row["n_cells"], row["n_missing"]) == (2.0, 2, 2)


def test_a_cell_that_could_not_be_measured_is_not_a_non_responder() -> None:
    responses = pd.DataFrame(
        {"recording": "a", "peak_dff": [1.0, np.nan, 0.0], "is_responder": [True, False, False]}
    )
    design = pd.DataFrame({"recording": ["a"], "condition": "c", "role": "agonist", "replicate": 1})
    assert replicate_table(responses, design, measure="responder_fraction")["value"].to_list() == [0.5]


def test_flagged_cells_stay_unless_they_are_left_out() -> None:
    responses = pd.DataFrame(
        {"recording": "a", "peak_dff": [1.0, 5.0, 3.0], "flags": [0, int(CellFlag.SATURATED), int(CellFlag.EDGE)]}
    )
    design = pd.DataFrame({"recording": ["a"], "condition": "c", "role": "agonist", "replicate": 1})
    assert replicate_table(responses, design)["value"].to_list() == [3.0]
    assert replicate_table(responses, design, leave_out_flags="saturated; edge")["value"].to_list() == [1.0]
    with pytest.raises(ValueError, match="'wet' is no flag"):
        replicate_table(responses, design, leave_out_flags="wet")


def test_a_replicate_without_cells_keeps_its_row() -> None:
    responses, design = experiment_tables()
    lost = responses[responses["recording"] != "agonist_2"]
    table = replicate_table(lost, design)
    assert len(table) == 16
    row = table[table["replicate"] == "agonist_2"].iloc[0]
    assert np.isnan(row["value"])
    assert row["n_cells"] == 0
    assert "agonist_2" in gather_cells(lost, design, measure="peak_dff").problems[0]


def test_responses_of_unknown_recordings_are_left_out_and_said() -> None:
    responses, design = experiment_tables()
    found = gather_cells(responses, design.iloc[1:], measure="peak_dff")
    assert "vehicle_0" not in set(found.table["recording"])
    assert "vehicle_0" in found.problems[0]


def test_numbers_as_names_match_text() -> None:
    responses = pd.DataFrame({"recording": ["1", "2"], "peak_dff": [1.0, 2.0]})
    design = pd.DataFrame({"recording": [1, 2], "condition": "c", "role": "agonist", "replicate": [1, 2]})
    assert replicate_table(responses, design)["value"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"responses": None}, "responses is a NoneType"),
        ({"measure": "height"}, "responses has no column 'height'"),
        ({"measure": "event"}, "does not hold numbers"),
        ({"drop": "replicate"}, "design has no column 'replicate'"),
        ({"role": "placebo"}, "role 'placebo'"),
        ({"recording": "vehicle_1"}, "'vehicle_1' twice"),
        ({"condition": "agonist"}, "two roles"),
        ({"replicate": None}, "row 1 has no replicate"),
        ({"strangers": True}, "share no recording"),
    ],
)
def test_mistakes_are_told_in_one_sentence(change: dict[str, object], message: str) -> None:
    responses, design = experiment_tables(n_replicates=2)
    given: pd.DataFrame | None = responses
    if "responses" in change:
        given = None
    if "drop" in change:
        design = design.drop(columns=str(change["drop"]))
    if "strangers" in change:
        given = responses.assign(recording="x" + responses["recording"])
    for name in ("role", "recording", "condition", "replicate"):
        if name in change:
            design[name] = [change[name], *design[name].iloc[1:]]
    with pytest.raises((TypeError, ValueError), match=message):
        replicate_table(given, design, measure=str(change.get("measure", "peak_dff")))  # type: ignore[arg-type]


def rows(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in columns.items()})


def test_the_event_asked_for_comes_first_then_the_design_then_the_agonist() -> None:
    events = {"a": ["ATP", "KCl"]}
    assert compared_events(events, rows(recording="a", role="agonist", agonist="atp ")) == {"a": "ATP"}
    assert compared_events(events, rows(recording="a", role="agonist", agonist="ATP", event="KCl")) == {"a": "KCl"}
    assert compared_events(events, rows(recording="a", role="agonist", agonist="ATP"), event="kcl") == {"a": "KCl"}
    assert compared_events({"a": ["ATP", "UTP"]}, rows(recording="a", role="agonist")) == {"a": "UTP"}
    assert compared_events(events, rows(recording="a", role="agonist"), event="UTP") == {}


def test_vehicle_is_compared_at_the_place_of_the_agonist_not_at_the_viability_test() -> None:
    design = pd.DataFrame(
        {
            "recording": ["ago", "veh", "ant", "both", "named", "pos"],
            "role": ["agonist", "vehicle", "antagonist", "antagonist_agonist", "vehicle", "positive_control"],
            "agonist": ["PRE-084", None, None, "PRE-084", None, None],
        }
    )
    events = {
        "ago": ["PRE-084", "KCl"],
        "veh": ["buffer", "KCl"],
        "ant": ["BD-1063", "buffer", "KCl"],
        "both": ["BD-1063", "PRE-084", "KCl"],
        "named": ["Vehicle", "x", "KCl"],
        "pos": ["buffer", "KCl"],
    }
    chosen = compared_events(events, design)
    assert chosen == {
        "ago": "PRE-084",
        "veh": "buffer",
        "ant": "buffer",
        "both": "PRE-084",
        "named": "Vehicle",
        "pos": "KCl",
    }


def test_a_viability_test_is_not_the_answer_of_a_compound_that_no_event_names() -> None:
    events = {"a": ["stimulus", "KCl 60 mM"], "b": ["KCl"]}
    assert compared_events(events, rows(recording="a", role="agonist", agonist="PRE-084 hydrochloride")) == {
        "a": "stimulus"
    }
    assert compared_events(events, rows(recording="b", role="agonist")) == {"b": "KCl"}


def test_only_the_compared_event_is_averaged_and_it_is_said() -> None:
    responses, design = experiment_tables(n_replicates=1, means={"agonist": 1.0})
    late = responses.assign(event="KCl", peak_dff=5.0)
    table = replicate_table(pd.concat([responses, late]), design)
    assert table["event"].to_list() == ["PRE-084"]
    assert table["value"].iloc[0] < 2
    assert replicate_table(pd.concat([responses, late]), design, event="KCl")["value"].to_list() == [5.0]
