"""Figures of an experiment: those that apply, and in none a text that meets another or leaves the page."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from s1r_imaging.experiment.compare import compare_conditions
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.plots import (
    answer_figure,
    experiment_figures,
    plot_block,
    plot_condition_traces,
    plot_contrasts,
    plot_responder_fraction,
    plot_superplot,
    save_figure,
)
from s1r_imaging.plots.wrapping import wrap
from tests.experiment.dose_scene import agonist_rows, inhibition_rows, split
from tests.plots.comparison_scene import FOUR, MANY, ODD, TWELVE, ExperimentScene, experiment_scene

CASES: dict[str, dict[str, Any]] = {
    "typical": {},
    "twelve conditions": {"conditions": TWELVE, "n_cells": 150},
    "two dozen conditions": {"conditions": MANY, "n_cells": 3},
    "odd names": {"conditions": ODD},
    "one replicate": {"n_replicates": 1},
    "two replicates, uneven times": {"n_replicates": 2, "jitter_s": 0.3, "start_jitter_s": 15.0},
    "twelve replicates": {"n_replicates": 12, "n_cells": 300},
    "cells as n": {"method": "cells"},
    "one cell": {"n_cells": 1},
    "vehicle and agonist": {"conditions": dict(list(FOUR.items())[:2])},
}


@pytest.fixture(scope="module")
def scenes() -> dict[str, ExperimentScene]:
    return {name: experiment_scene(**options) for name, options in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_texts_stay_on_the_page_and_apart(
    case: str, scenes: dict[str, ExperimentScene], check_layout: Callable[[Figure], None]
) -> None:
    for draw in experiment_figures(scenes[case]).values():
        check_layout(draw())


def test_figures_are_listed_by_name_the_answer_first(scenes: dict[str, ExperimentScene]) -> None:
    names = list(experiment_figures(scenes["typical"]))
    assert names[0] == "answer"
    assert {
        "superplot_peak", "responder_fraction", "contrasts", "block", "contrasts_responder_fraction",
        "block_responder_fraction", "mean_traces",
    } <= set(names)  # fmt: skip


def test_what_does_not_apply_is_left_out(scenes: dict[str, ExperimentScene]) -> None:
    assert not [name for name in experiment_figures(scenes["vehicle and agonist"]) if name.startswith("block")]
    scene = scenes["typical"]
    no_traces = experiment_figures(replace(scene, mean_traces=scene.mean_traces[:0]))
    assert "mean_traces" not in no_traces
    nothing = replace(scene, mean_traces=scene.mean_traces[:0], comparisons={})
    assert list(experiment_figures(nothing)) == ["answer"]
    assert "no recording could be analysed" in [text.get_text() for text in answer_figure(nothing).axes[0].texts]


@pytest.mark.parametrize(
    ("case", "letters"), [("typical", "abc"), ("twelve conditions", "abc"), ("vehicle and agonist", "ab")]
)
def test_the_answer_has_a_panel_for_each_part(case: str, letters: str, scenes: dict[str, ExperimentScene]) -> None:
    figure = answer_figure(scenes[case])
    assert len(figure.axes) == len(letters)
    panels = [part for part in figure.findobj() if getattr(part, "get_suptitle", str)() in tuple(letters)]
    assert len(panels) == len(letters)


def test_the_answer_of_a_table_without_traces_or_block_still_stands(scenes: dict[str, ExperimentScene]) -> None:
    for case in ("typical", "twelve conditions"):
        scene = scenes[case]
        only = replace(scene, mean_traces=scene.mean_traces[:0])
        assert len(answer_figure(only).axes) == 2
        comparison = scene.comparisons["peak_dff"]
        bare = replace(only, comparisons={"peak_dff": replace(comparison, block=comparison.block[:0])})
        assert len(answer_figure(bare).axes) == 1


def test_concentration_figures_are_listed_where_there_are_curves(
    scenes: dict[str, ExperimentScene], check_layout: Callable[[Figure], None]
) -> None:
    rng = np.random.default_rng(0)
    responses, design = split(agonist_rows(rng) + inhibition_rows(rng))
    scene = replace(
        scenes["typical"], design=design, comparisons={"peak_dff": compare_conditions(responses, design)},
        concentration_response=fit_concentration_response(responses, design),
        mean_traces=scenes["typical"].mean_traces[:0],
    )  # fmt: skip
    figures = experiment_figures(scene)
    assert {"concentration_response", "concentration_inhibition"} <= set(figures)
    assert "concentration_response" not in experiment_figures(scenes["typical"])
    for draw in figures.values():
        check_layout(draw())


def test_a_second_run_gives_the_same_bytes(scenes: dict[str, ExperimentScene], tmp_path: Path) -> None:
    files = [save_figure(answer_figure(scenes["typical"]), tmp_path / f"{name}.svg") for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_names_in_a_vector_file_are_text_and_no_markup(scenes: dict[str, ExperimentScene], tmp_path: Path) -> None:
    content = save_figure(answer_figure(scenes["odd names"]), tmp_path / "odd.svg").read_text("utf-8")
    assert "<script" not in content
    assert "&lt;b&gt;veh&lt;/b&gt;" in content


@pytest.mark.parametrize("width_mm", [60.0, 120.0])
def test_pictures_fit_on_axes_of_a_user(
    width_mm: float, scenes: dict[str, ExperimentScene], check_layout: Callable[[Figure], None]
) -> None:
    scene = scenes["typical"]
    peak, fraction = scene.comparisons["peak_dff"], scene.comparisons["responder_fraction"]
    for draw in (
        lambda ax: plot_superplot(peak, ax=ax),
        lambda ax: plot_responder_fraction(fraction, ax=ax),
        lambda ax: plot_contrasts(peak, ax=ax),
        lambda ax: plot_block(peak, ax=ax),
        lambda ax: plot_condition_traces(scene.mean_traces, scene.design, scene.events, axes=[ax]),
    ):
        figure = Figure(figsize=(width_mm / 25.4, 80 / 25.4), layout="constrained")
        draw(figure.subplots())
        check_layout(figure)


def test_lines_break_at_blanks_and_keep_numbers_with_their_units() -> None:
    lines = wrap("BD-1047 10 µM + PRE-084 300 nM", 50.0, 7.0)
    assert [line.strip().replace("\u00a0", " ") for line in lines] == ["BD-1047", "10 µM +", "PRE-084", "300 nM"]
    long = wrap("x" * 200, 40.0, 7.0, most=3)
    assert len(long) == 3
    assert long[-1].endswith("…")
    assert wrap("", 40.0, 7.0) == [""]
    assert wrap("cost $5_a$", 100.0, 7.0) == [r"cost \$5_a\$"]
    whole = "one_two three/four-five, six"
    assert "".join(wrap(whole, 30.0, 7.0, most=20)).replace(" ", "") == whole.replace(" ", "")
    assert np.all([len(line) < 12 for line in wrap(whole, 30.0, 7.0, most=20)])
