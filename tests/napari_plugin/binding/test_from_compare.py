"""Functional curves from what the other window compared."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from qtpy.QtWidgets import QLabel

from napari_plugin.binding_widget import BindingWidget
from napari_plugin.compare.work import answer_of
from napari_plugin.main_widget import MainWidget
from napari_plugin.settings import Settings
from napari_plugin.steps.compare import CompareStep
from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment.concentration import fit_concentration_response
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment, run_experiment
from s1r_imaging.simulate import SimulationOptions, simulate_experiment
from tests.napari_plugin.binding.hands import click, find


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    tiny = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)
    recordings, design, _ = simulate_experiment(2, n_days=2, conditions=["vehicle", "agonist"], recording=tiny)
    agonist = design["role"] == "agonist"
    parts = []  # the same dishes as if at several concentrations: what the fit makes of them is not asked here
    for number, dose in enumerate((1e-7, 1e-6, 1e-5)):
        parts.append(design[agonist].assign(agonist_M=dose, recording=design["recording"] + f" {number}"))
    named = pd.concat([design[~agonist], *parts], ignore_index=True)
    known = {recording.name: recording for recording in recordings}
    films = {name: known[re.sub(r" \d$", "", name)] for name in named["recording"]}
    films = {name: replace(film, name=name) for name, film in films.items()}
    return run_experiment(
        named, recordings=films, options=ExperimentOptions(compare=CompareOptions(measure="auc_dff_s"))
    )


def test_the_answer_of_compare_is_taken_without_a_folder(
    make_napari_viewer: Callable[..., Any], qtbot: Any, experiment: Experiment
) -> None:
    viewer = make_napari_viewer()
    made = BindingWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(made, name="Binding curves", area="right")
    click(made, qtbot, "step_functional")
    click(made, qtbot, "take_compared")
    assert made.context.runner.message.startswith("The step Compare holds no answer")
    other = MainWidget(viewer, settings=Settings({}))
    viewer.window.add_dock_widget(other, name="Calcium imaging", area="right")
    click(made, qtbot, "take_compared")
    assert made.context.runner.message.startswith("The step Compare holds no answer")
    step = other.steps["compare"]
    assert isinstance(step, CompareStep)
    step.results.show_answer(answer_of(experiment))
    click(made, qtbot, "take_compared")
    assert made.context.runner.message == ""
    assert f"{len(experiment.responses)} responses" in find(made, QLabel, "functional_facts").text()
    click(made, qtbot, "fit_functional")
    expected = fit_concentration_response(experiment.responses, experiment.design, measure="auc_dff_s")
    found = made.context.functional.found
    assert found is not None
    pd.testing.assert_frame_equal(found.response.table, expected.table, check_exact=True)
    viewer.window.remove_dock_widget(made)
    viewer.window.remove_dock_widget(other)
