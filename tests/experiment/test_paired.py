from typing import Any

import numpy as np
import pandas as pd
import pytest

from s1r_imaging.experiment.block import block_percent
from s1r_imaging.experiment.paired import BLOCK_DTYPES, CONTRAST_DTYPES, paired_stimuli

BLOCK, DESENSITISATION = 0.75, 0.8


def make(
    *,
    n_replicates: int = 4,
    n_cells: int = 40,
    noise: float = 0.02,
    mode: str = "scale",
    names: tuple[str, str] = ("ATP 1", "ATP 2"),
    roles: tuple[str, str] = ("agonist", "antagonist_agonist"),
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make responses to two stimuli, log-normal cells in log-normal dishes, 85 % of which respond."""
    rng = np.random.default_rng(seed)
    tables, design = [], []
    for condition, role, left in (("control", roles[0], 1.0), ("NE-100", roles[1], 1 - BLOCK)):
        for replicate in range(n_replicates):
            name = f"{condition} {replicate}"
            design.append({"recording": name, "condition": condition, "role": role, "replicate": f"r{replicate}"})
            size = np.exp(0.2 * rng.standard_normal() + 0.4 * rng.standard_normal(n_cells))
            true = 0.8 * size * (rng.random(n_cells) < 0.85)
            kept = left if mode == "scale" else (rng.random(n_cells) < left)
            run_down = DESENSITISATION * np.exp(0.05 * rng.standard_normal())
            for event, level in zip(names, (true, run_down * kept * true), strict=True):
                peak = level + noise * rng.standard_normal(n_cells)
                table = {"recording": name, "label": np.arange(1, n_cells + 1), "event": event, "peak_dff": peak}
                tables.append(pd.DataFrame(table | {"is_responder": peak > 2 * noise}))
    return pd.concat(tables, ignore_index=True), pd.DataFrame(design)


def run(responses: pd.DataFrame, design: pd.DataFrame, **options: Any) -> Any:
    return paired_stimuli(responses, design, **({"first": "ATP 1", "second": "ATP 2"} | options))


@pytest.mark.parametrize("mode", ["scale", "silence"])
@pytest.mark.parametrize("noise", [0.02, 0.2])
def test_block_and_desensitisation_are_recovered(mode: str, noise: float) -> None:
    """With much noise the choice of cells by S1 lowers S2/S1; it cancels in the block."""
    found = run(*make(n_replicates=150, noise=noise, mode=mode))
    assert found.block["estimate"].item() == pytest.approx(100 * BLOCK, abs=2.0)
    everything = run(*make(n_replicates=150, noise=noise, mode=mode), cells_used="all")
    control = everything.replicates.query("condition == 'control'")["ratio"]
    assert control.mean() == pytest.approx(DESENSITISATION, abs=0.02)


def test_the_interval_of_four_replicates_covers() -> None:
    blocks = [run(*make(seed=seed, mode="silence")).block.iloc[0] for seed in range(40)]
    covered = [block["ci_low"] <= 100 * BLOCK <= block["ci_high"] for block in blocks]
    assert np.mean(covered) >= 0.84  # three standard errors below 95 %


def test_tables_fit_together() -> None:
    responses, design = make()
    found = run(responses, design)
    assert found.block.dtypes.astype(str).to_dict() == BLOCK_DTYPES
    assert found.contrasts.dtypes.astype(str).to_dict() == CONTRAST_DTYPES
    assert len(found.cells) == len(responses) / 2
    own = found.cells.query("recording == 'NE-100 2' and is_used")
    row = found.replicates.query("condition == 'NE-100' and replicate == 'r2'").iloc[0]
    assert row["ratio"] == pytest.approx(own["second"].sum() / own["first"].sum())
    assert row["n_cells"] == len(own)
    ratios = {name: rows["ratio"] for name, rows in found.replicates.groupby("condition")}
    block = block_percent([0.0] * 4, ratios["control"], ratios["NE-100"])
    assert found.block["ci_high"].item() == pytest.approx(block.ci_high)
    difference = ratios["NE-100"].mean() - ratios["control"].mean()
    assert found.contrasts["estimate"].item() == pytest.approx(difference)


def test_cells_without_a_first_response_are_left_out_and_counted() -> None:
    responses, design = make()
    found = run(responses, design)
    first = responses[responses["event"] == "ATP 1"]
    assert found.replicates["n_left_out"].sum() == (~first["is_responder"]).sum()
    assert found.cells.loc[~found.cells["is_first_responder"], "ratio"].isna().all()
    assert any("did not respond to the first stimulus" in sentence for sentence in found.sentences)
    assert run(responses, design, cells_used="all").replicates["n_left_out"].sum() == 0


def test_a_cell_measured_once_is_counted_as_missing() -> None:
    responses, design = make()
    responses.loc[responses.index[:3], "peak_dff"] = np.nan
    found = run(responses, design)
    assert found.replicates["n_missing"].tolist()[0] == 3
    assert np.isfinite(found.block["estimate"].item())


def test_one_name_for_both_stimuli_is_first_and_second_time() -> None:
    one = run(*make())
    same = run(*make(names=("ATP", "ATP")), first="ATP", second="ATP")
    pd.testing.assert_frame_equal(one.block, same.block)


def test_days_in_common_are_used() -> None:
    responses, design = make()
    day = design["replicate"].str[1:].astype(int)
    found = run(responses, design.assign(day=day))
    assert found.block["is_paired"].item()
    assert found.contrasts["is_paired"].item()
    assert not run(responses, design.assign(day=day), pairing="none").block["is_paired"].item()


def test_recordings_of_a_replicate_count_as_one() -> None:
    responses, design = make(n_replicates=4)
    design["replicate"] = ["a", "a", "b", "b"] * 2
    found = run(responses, design)
    assert found.replicates["n_recordings"].tolist() == [2, 2, 2, 2]
    assert found.block["n_replicates"].item() == 2


def test_a_recording_without_the_second_stimulus_is_named() -> None:
    responses, design = make()
    gone = (responses["recording"] == "control 1") & (responses["event"] == "ATP 2")
    found = run(responses[~gone], design)
    assert found.block["n_replicates_reference"].item() == 3
    assert any("control 1" in sentence for sentence in found.sentences)


def test_one_replicate_gives_an_estimate_and_no_interval() -> None:
    found = run(*make(n_replicates=1))
    assert found.block["estimate"].item() == pytest.approx(75, abs=8)
    assert np.isnan(found.block["ci_low"].item())
    assert found.block["verdict"].item().startswith("cannot be said: one replicate")
    assert not any("nan" in sentence for sentence in found.sentences)


def test_a_control_that_does_not_answer_again_tells_no_block() -> None:
    responses, design = make()
    responses.loc[responses["event"] == "ATP 2", "peak_dff"] = np.tile([0.3, -0.3], len(responses) // 4)
    found = run(responses, design)
    assert found.block["is_open"].item()
    assert "second response of control is not clear of zero" in found.block["verdict"].item()


def test_nobody_responding_is_a_table_that_says_so() -> None:
    responses, design = make()
    found = run(responses.assign(is_responder=False), design)
    assert found.replicates["ratio"].isna().all()
    assert found.block["verdict"].item().startswith("cannot be said: no replicate")
    assert found.contrasts["p_value"].isna().all()


def test_responses_of_wells_need_neither_labels_nor_calls() -> None:
    responses, design = make(n_cells=1)
    wells = responses.drop(columns=["label", "is_responder"]).assign(peak_dff=lambda t: t["peak_dff"].abs() + 0.1)
    found = run(wells, design)
    assert len(found.cells) == 8
    assert any("is_responder" in sentence for sentence in found.sentences)


def test_roles_choose_the_control() -> None:
    responses, design = make(roles=("vehicle", "antagonist"))
    assert run(responses, design).block["reference"].item() == "control"
    named = run(responses, design.assign(role="antagonist_agonist"), control="control")
    assert named.block["condition"].tolist() == ["NE-100"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"first": "KCl"}, "first='KCl': no such event"),
        ({}, {"control": "DMSO"}, "control='DMSO': no such condition"),
        ({"role": "agonist"}, {}, "control is not given"),
        ({"role": "antagonist"}, {}, "design has no condition with role agonist or vehicle"),
        ({"role": ["agonist"] * 4 + ["minimum"] * 4}, {}, "design has no condition with role antagonist"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], options: dict[str, Any], message: str) -> None:
    responses, design = make()
    with pytest.raises(ValueError, match=message):
        run(responses, design.assign(**change), **options)
    with pytest.raises(ValueError, match="no column 'event'"):
        run(responses.drop(columns="event"), design)
