"""The work of the step that compares, without a window."""

from dataclasses import replace

import pytest

from napari_plugin.compare.figures import with_ending
from napari_plugin.compare.words import answer_words, figure_words
from napari_plugin.compare.work import analysis_options, answer_of, options_in_words
from s1r_imaging.analysis import AnalysisOptions
from s1r_imaging.calcium.responses import ResponseOptions
from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment, compare_again, run_experiment
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.io.recording import RecordingOptions
from s1r_imaging.simulate import SimulationOptions, simulate_experiment


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    tiny = SimulationOptions(height_px=48, width_px=48, n_frames=60, stimulus_s=15.0, drift_px=0.0)
    recordings, design, _ = simulate_experiment(2, n_days=2, conditions=["vehicle", "agonist"], recording=tiny)
    return run_experiment(design, recordings=recordings)


def test_what_belongs_to_the_recording_that_is_open_is_not_asked_of_the_others() -> None:
    reading = RecordingOptions(name="a", channel=1, frame_interval_s=0.5, pixel_size_um=0.3, frames_axis="z")
    options = AnalysisOptions(recording=reading, responses=ResponseOptions(min_amplitude_dff=0.2))
    held = analysis_options(options)
    assert held.recording == RecordingOptions(frames_axis="z")
    assert held.responses == options.responses
    assert options_in_words(held) == "recording: frames_axis = z; responses: min_amplitude_dff = 0.2"
    assert "motion is corrected" in options_in_words(AnalysisOptions(motion=MotionOptions()))


def test_recordings_are_not_analysed_again_in_secret(experiment: Experiment) -> None:
    other = AnalysisOptions(responses=ResponseOptions(min_amplitude_dff=0.2))
    with pytest.raises(ValueError, match="must be run again"):
        compare_again(experiment, ExperimentOptions(analysis=other))


def test_answered_anew_as_a_run_would(experiment: Experiment) -> None:
    options = replace(experiment.options, compare=CompareOptions(method="permutation", measure="auc_dff_s"))
    again = compare_again(experiment, options)
    assert list(again.comparisons) == ["auc_dff_s", "responder_fraction"]
    assert again.responses is experiment.responses
    assert again.options == options


def test_sentences_are_said_once_and_large_tables_stay_on_disk(experiment: Experiment) -> None:
    first, more = answer_words(experiment)
    assert first[0].startswith("• ")
    assert len({*first, *more}) == len(first) + len(more)
    answer = answer_of(experiment)
    assert {"contrasts", "checks", "recordings"} <= set(answer.tables)
    assert not any(name.startswith(("prism_", "mean_traces", "responses")) for name in answer.tables)
    assert all(figure_words(name) for name in answer.figures)
    assert with_ending("a.b", "SVG (*.svg)").name == "a.b.svg"
