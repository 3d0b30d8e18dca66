"""What the report says, without a browser."""

import dataclasses
import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment_options import ExperimentOptions
from s1r_imaging.experiment_run import Experiment
from s1r_imaging.report import methods_text, report_html, write_report
from tests.report.scene import CONDITIONS, HOSTILE, made_up_experiment, made_up_plates

VOID = {"img", "meta", "br"}


class Outline(HTMLParser):
    """Headings, texts and pictures of a page; complains where elements are not closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.alts: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((tag, ""))
        if tag == "img":
            self.alts.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if self.headings and self.headings[-1][0] in self.open:
            tag, so_far = self.headings.pop()
            self.headings.append((tag, so_far + data))


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    assert not found.open
    return found


def test_the_answer_comes_first(experiment: Experiment, page: str) -> None:
    found = outline(page)
    titles = [text for tag, text in found.headings if tag == "h2"]
    assert titles[:2] == ["The answer", "Can it be trusted?"]
    assert titles[-3:] == ["Design as used", "Methods", "Options and versions"]
    answer = experiment.comparisons["peak_dff"].sentences[0]
    assert found.text.index(answer) < found.text.index("Can it be trusted?", found.text.index("The answer", 200))


def test_headings_step_down_by_one(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in outline(page).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_loaded_and_nothing_runs(page: str) -> None:
    assert "script" not in outline(page).tags
    sources = re.findall(r'(?:src|href)="([^"]{0,40})', page)
    assert all(source.startswith(("data:image/", "#")) for source in sources)
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert "url(" not in page


def test_every_picture_has_words(page: str, experiment: Experiment) -> None:
    alts = outline(page).alts
    assert len(alts) >= len(experiment.pictures) + 5
    assert all(len(alt) > 20 for alt in alts)


def test_a_report_of_twelve_recordings_fits_in_a_mail(page: str) -> None:
    assert len(page.encode()) < 5_000_000


def test_numbers_of_the_tables_are_in_the_report(experiment: Experiment, page: str) -> None:
    text = outline(page).text
    block = experiment.comparisons["peak_dff"].block.iloc[0]
    assert f"{block['estimate']:.3g} %" in text
    for sentence in experiment.comparisons["peak_dff"].checks["sentence"]:
        assert sentence in text
    for contrast in experiment.comparisons["peak_dff"].contrasts["contrast"]:
        assert contrast in text
    assert "day3_3_BD-1047 + PRE-084: dish12.tif: the file ends in frame 80 of 160." in text


def test_flags_are_explained(experiment: Experiment, page: str) -> None:
    text = outline(page).text
    counts = experiment.responses["flags"].map(lambda flags: bool(int(flags) & 2)).sum()
    assert f"saturated{counts}Pixels reached the camera's top code" in text


def test_methods_cite_only_what_was_used(experiment: Experiment) -> None:
    made = methods_text(experiment)
    text = " ".join(made.paragraphs)
    assert "[@" not in text
    for entry in made.references:
        year = re.search(r"\((\d{4})\)", entry)
        assert year is not None
        assert f"{entry.split(' ')[0]}" in text
        assert year[1] in text
    assert any(entry.startswith("Fieller") for entry in made.references)
    assert not any(entry.startswith("Dunnett") for entry in made.references)


def test_software_and_its_versions_are_named(experiment: Experiment) -> None:
    assert f"numpy {np.__version__}" in methods_text(experiment).paragraphs[-1]


def test_cells_as_n_are_announced_before_the_answer() -> None:
    experiment = made_up_experiment(comparison={"method": "cells"})
    text = outline(report_html(experiment)).text
    warning = experiment.comparisons["peak_dff"].note
    assert "cells" in warning.lower()
    assert 0 < text.index(warning) < text.index("blocked the response")
    assert "far too small" in " ".join(methods_text(experiment).paragraphs)


@pytest.mark.parametrize("four", [HOSTILE[:4], HOSTILE[4:]], ids=["markup", "letters"])
def test_names_are_shown_as_they_are(four: list[str]) -> None:
    names = dict(zip(four, CONDITIONS.values(), strict=True))
    experiment = made_up_experiment(names=names, name=four[0], n_days=2)
    experiment = dataclasses.replace(experiment, recordings=experiment.recordings.assign(message=four[1]))
    found = outline(report_html(experiment))
    assert "script" not in found.tags
    assert found.tags.count("h1") == 1
    assert found.headings[0] == ("h1", four[0])
    for name in four:
        assert re.sub("[\x00\udcff\u202e]", "\ufffd", name) in found.text


def empty_experiment() -> Experiment:
    experiment = made_up_experiment()
    nothing = {
        name: getattr(experiment, name).iloc[:0] for name in ("recordings", "responses", "mean_traces", "design")
    }
    return dataclasses.replace(experiment, **nothing, comparisons={}, pictures={}, events={}, name="")


def all_failed() -> Experiment:
    experiment = made_up_experiment()
    nothing = {name: getattr(experiment, name).iloc[:0] for name in ("responses", "mean_traces")}
    failed = experiment.recordings.assign(status="failed", message="no such file.")
    return dataclasses.replace(experiment, **nothing, recordings=failed, comparisons={}, pictures={}, events={})


@pytest.mark.parametrize("make", [empty_experiment, all_failed])
def test_an_experiment_without_results_says_so(make: Callable[[], Experiment]) -> None:
    text = outline(report_html(make())).text
    assert "There is no comparison" in text
    assert "No recording was analysed." in text
    assert "Analyses were done with s1r-imaging" in text


def test_one_replicate_has_no_interval() -> None:
    text = outline(report_html(made_up_experiment(n_days=1))).text
    assert "cannot be said" in text
    assert "nan" not in re.findall(r"\w+", text.casefold())


def test_without_a_block_there_is_no_section_on_it() -> None:
    names = {condition: role for condition, role in CONDITIONS.items() if role in {"vehicle", "agonist"}}
    experiment = made_up_experiment(names=names)
    assert ("h2", "Block") not in outline(report_html(experiment)).headings
    assert not any("Fieller" in text for text in methods_text(experiment).paragraphs)


def test_potencies_are_the_answer_where_they_were_asked_for() -> None:
    experiment = made_up_plates()
    assert experiment.concentration_response is not None
    text = outline(report_html(experiment)).text
    pa2, ec50 = experiment.schild[0].sentences[0], experiment.concentration_response.sentences[0]
    start = text.index("The answer", text.index("Options and versions"))
    assert text.index(pa2, start) < text.index(ec50, start) < text.index("All comparisons in words")
    methods = " ".join(methods_text(experiment).paragraphs)
    assert "was read from the plate reader's files" in methods
    assert "Cells were outlined" not in methods
    assert "Arunlakshana and Schild, 1959" in methods
    assert "averaged over replicates" in methods


def test_files_are_shown_below_the_folder_they_share() -> None:
    experiment = made_up_experiment(n_days=1)
    files = [f"/somewhere/secret/{name}" for name in experiment.design["file"]]
    experiment = dataclasses.replace(experiment, design=experiment.design.assign(file=files))
    page = report_html(experiment)
    assert "secret" not in page
    assert "vehicle.tif" in page


def test_ratios_are_called_ratios() -> None:
    text = outline(report_html(made_up_experiment(n_days=2, comparison={"scale": "log"}))).text
    assert "Ratio of Peak ΔF/F0 between conditions" in text


def test_options_stand_in_full(page: str) -> None:
    text = outline(page).text
    for section, values in ExperimentOptions().to_dict().items():
        assert f"[{section}]" in text
        assert all(f"{name} = " in text for name in values)


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    experiment = empty_experiment()
    path = write_report(experiment, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == report_html(experiment)
    with pytest.raises(S1RImagingError, match="nowhere"):
        write_report(experiment, tmp_path / "nowhere" / "report.html")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
