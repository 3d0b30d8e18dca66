"""The statistics that were done are the ones that are told."""

import dataclasses
import inspect
from typing import Any

import pytest

from s1r_imaging.experiment.compare import CompareOptions
from s1r_imaging.experiment.concentration import ConcentrationOptions
from s1r_imaging.report import methods_curves as curves
from s1r_imaging.report import methods_imaging as imaging
from s1r_imaging.report import methods_statistics as statistics
from s1r_imaging.report.references import REFERENCES, cite, references_of
from tests.report.options_words import same_words

ALL_CHECKS = ("agonist_responds", "antagonist_silent", "cells_alive", "z_prime", "replicates")
# What was compared and paired is told by what came out of it; the seed changes nothing that matters.
TOLD_BY_THE_RESULT = {"measure", "event", "pairing", "permutation_seed", "leave_out_flags"}
COMPARE = [item.name for item in dataclasses.fields(CompareOptions) if item.name not in TOLD_BY_THE_RESULT]
CURVES = [item.name for item in dataclasses.fields(ConcentrationOptions)]


def comparison(options: dict[str, Any]) -> str:
    return " ".join(
        [
            statistics.unit_text(["peak_dff"], options, n_replicates=[3]),
            statistics.comparison_text(options, pairs=[False]),
            statistics.block_text(options, pairs=[False]),
            statistics.checks_text(options, judged=ALL_CHECKS),
        ]
    )


def potency(options: dict[str, Any]) -> str:
    return curves.concentration_text(options, kinds={"ec50", "ic50"}, methods={"one_curve"})


@pytest.mark.parametrize("name", COMPARE)
def test_every_option_of_the_comparison_has_words_of_its_own(name: str) -> None:
    assert same_words(CompareOptions, name, comparison) == []


@pytest.mark.parametrize("name", CURVES)
def test_every_option_of_the_curves_has_words_of_its_own(name: str) -> None:
    assert same_words(ConcentrationOptions, name, potency) == []


@pytest.mark.parametrize(
    ("method", "pairs", "words"),
    [
        ("replicate_means", [False], "Welch's t test on replicate means"),
        ("replicate_means", [True], "t test on replicate means within days"),
        ("replicate_means", [True, False], "or, where they shared days, by a t test"),
        ("permutation", [False], "labels of replicates, with"),
        ("permutation", [True], "labels of replicates within days"),
        ("mixed_model", [False], "effect of the condition and a random intercept"),
        ("mixed_model", [True], "a fixed effect of the day"),
        ("cells", [False], "Welch's t test on cells"),
    ],
)
def test_the_test_that_was_done_is_told(method: Any, pairs: list[bool], words: str) -> None:
    options = CompareOptions(method=method).to_dict()
    assert words in statistics.comparison_text(options, pairs=pairs)


def test_pairs_of_a_block_are_told() -> None:
    options = CompareOptions().to_dict()
    assert "on one difference per day;" in statistics.block_text(options, pairs=[True])
    assert "Aspin" in statistics.block_text(options, pairs=[False])
    assert "where the conditions shared days" in statistics.block_text(options, pairs=[True, False])


def test_what_was_not_done_is_not_told() -> None:
    options = CompareOptions().to_dict()
    assert statistics.comparison_text(options, pairs=[]) == ""
    assert statistics.block_text(options, pairs=[]) == ""
    assert statistics.checks_text(options, judged=["replicates"]) == ""
    assert "Z′" not in statistics.checks_text(options, judged=["cells_alive"])


def test_n_and_what_is_left_out_are_told() -> None:
    options = CompareOptions(leave_out_flags="edge;f0_too_low").to_dict()
    text = statistics.unit_text(["peak_dff", "responder_fraction"], options, n_replicates=[3, 5])
    assert "n is the number of replicates (3 to 5 per condition)" in text
    assert "Cells flagged edge, f0 too low were left out." in text
    assert "the peak ΔF/F0 and the fraction of responders" in text


def test_how_curves_were_averaged_is_told() -> None:
    options = ConcentrationOptions().to_dict()

    def text(*methods: str) -> str:
        return curves.concentration_text(options, kinds={"ec50"}, methods=methods)

    assert "Each replicate was fitted by itself" in text("replicate_curves")
    assert "One curve was fitted" in text("one_curve")
    assert "where replicates did not hold a whole curve" in text("replicate_curves", "one_curve")
    assert "IC50" not in text("one_curve")


def test_citations_become_authors_and_a_list() -> None:
    text = "By one [@welch1947; @aspin1948] and two [@welch1947], 95 % of them."
    assert cite(text) == "By one (Welch, 1947; Aspin, 1948) and two (Welch, 1947), 95\u00a0% of them."
    assert [entry[:5] for entry in references_of([text, text])] == ["Aspin", "Welch"]
    with pytest.raises(KeyError):
        cite("[@nobody1900]")


def test_every_reference_has_its_year_where_it_is_cited() -> None:
    for key, reference in REFERENCES.items():
        assert key[-4:] == reference.short[-4:]
        assert f"({key[-4:]})" in reference.full
        assert reference.full.endswith(".")


def test_every_reference_is_used() -> None:
    texts = "".join(inspect.getsource(module) for module in (imaging, statistics, curves))
    assert [key for key in REFERENCES if f"@{key}" not in texts] == []
