"""The design table as it is edited, without a window."""

from pathlib import Path

import pandas as pd
import pytest

from napari_plugin.compare.draft import forget_draft, keep_draft, kept_draft
from napari_plugin.compare.table import (
    NEW_COLUMNS,
    Content,
    DesignTable,
    check_content,
    content_of_folder,
    open_content,
)
from napari_plugin.settings import Settings
from s1r_imaging.experiment.design import check_design, read_design
from s1r_imaging.io.recording import write_recording
from s1r_imaging.simulate import simulate_recording

ROWS = "file;role;agonist;agonist (µM);operator\na.tif;veh;;;Kim\nb.tif;Agonist;PRE-084;2,5;Kim\n"


@pytest.fixture
def design(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / f"{name}.tif").write_bytes(b"")
    path = tmp_path / "design.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def opened(path: Path) -> DesignTable:
    table = DesignTable()
    table.start(open_content(path), source=path)
    return table


def test_what_is_opened_is_checked_as_the_library_reads_the_file(design: Path) -> None:
    table = opened(design)
    assert table.content.headings == ("file", "role", "agonist", "agonist (µM)", "operator")
    found = table.check()
    assert found.table is not None
    pd.testing.assert_frame_equal(found.table, read_design(design))
    assert not table.is_changed


def test_problems_belong_to_their_cells_whatever_the_heading_says(design: Path) -> None:
    table = opened(design)
    table.set_cells([(0, 1, "vehcle"), (1, 3, "much"), (1, 0, "c.tif")])
    table.insert_row(1)  # a blank row does not count, and keeps its number
    found = table.check()
    assert found.table is None
    marked = found.marked(table.content.headings)
    assert set(marked) == {(0, 1), (2, 3), (2, 0)}
    assert marked[0, 1].startswith("row 2, column role: unknown role 'vehcle' (vehicle?)")
    assert marked[2, 3].startswith("row 4, column agonist (µM): 'much'")


def test_every_edit_is_undone_and_done_again(design: Path) -> None:
    table = opened(design)
    contents = [table.content]
    table.set_cells([(0, 1, "buffer")])
    contents.append(table.content)
    table.add_column("note")
    contents.append(table.content)
    table.remove_rows([0])
    contents.append(table.content)
    table.remove_column(0)
    contents.append(table.content)
    for content in reversed(contents[:-1]):
        table.undo()
        assert table.content == content
    assert not table.is_changed
    assert not table.can_undo
    for content in contents[1:]:
        table.redo()
        assert table.content == content
    assert not table.can_redo


def test_pasted_cells_add_rows_and_stop_at_the_last_column() -> None:
    table = DesignTable()
    table.paste(0, 0, [["d1", "vehicle"], ["d2", "agonist"]])
    assert table.content.headings == NEW_COLUMNS
    table.paste(1, 1, [["maximum"], ["minimum"]])
    assert [row[:2] for row in table.content.rows] == [("d1", "vehicle"), ("d2", "maximum"), (None, "minimum")]
    last = len(NEW_COLUMNS) - 1
    table.paste(0, last, [["seen", "too far"]])
    assert table.content.rows[0][last] == "seen"
    table.paste(0, 1, [["agonist", "antagonist"], ["antagonist", "agonist"]])  # words that are headings too
    assert table.content.rows[0][1:3] == ("agonist", "antagonist")


def test_a_pasted_table_with_headings_goes_below_them() -> None:
    table = DesignTable()
    table.paste(0, 0, [["Recording", "Group", "agonist (nM)"], ["d1", "vehicle", ""], ["d2", "ATP", "300"]])
    assert len(table.content.rows) == 2
    first = dict(zip(table.content.headings, table.content.rows[1], strict=True))
    assert {name: value for name, value in first.items() if value} == {
        "recording": "d2",
        "condition": "ATP",
        "agonist (nM)": "300",
    }


def test_saved_in_another_folder_files_are_still_found(design: Path, tmp_path: Path) -> None:
    table = opened(design)
    before = table.check().table
    table.set_cells([(0, 4, "Lee")])
    place = tmp_path / "elsewhere"
    place.mkdir()
    for ending in (".csv", ".xlsx", ".toml"):
        table.save(place / f"design{ending}")
        assert not table.is_changed
        saved, now = read_design(table.source or Path()), table.check().table
        assert before is not None
        assert now is not None
        pd.testing.assert_frame_equal(saved, now)
        assert saved["file"].tolist() == before["file"].tolist()
    assert "../a.tif" in (place / "design.csv").read_text(encoding="utf-8-sig")
    table.undo()  # the folder goes back with the names
    assert table.check().table is not None


def test_events_of_toml_files_become_text(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(
        '[[recording]]\nrecording = "a"\nrole = "agonist"\nevents = [{name = "PRE-084", start_s = 30}, '
        '{name = "KCl", start_s = 200}]\n',
        encoding="utf-8",
    )
    content = open_content(tmp_path / "d.toml")
    assert content.rows[0][content.headings.index("events")] == "PRE-084@30; KCl@200"
    table = DesignTable()
    table.start(content, source=tmp_path / "d.toml")
    table.save(tmp_path / "e.toml")
    assert check_design(pd.DataFrame(content.rows, columns=list(content.headings)))["events"].tolist() == [
        "PRE-084@30; KCl@200"
    ]


def test_rows_that_are_too_long_are_shown_and_said(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("recording,role\na,vehicle\nb,agonist,2\n", encoding="utf-8")
    content = open_content(path)
    assert content.headings == ("recording", "role", "")
    assert any("heading" in problem.line for problem in check_content(content).problems)


def test_a_folder_becomes_a_table_to_fill_in(tmp_path: Path) -> None:
    recording, _ = simulate_recording(height_px=32, width_px=32, n_frames=8, stimulus_s=2.0)
    write_recording(tmp_path / "day1_dish1_vehicle.tif", recording)
    table = DesignTable()
    table.start(content_of_folder(tmp_path), is_saved=False)
    row = dict(zip(table.content.headings, table.content.rows[0], strict=True))
    assert (row["role"], row["day"], row["dish"], row["file"]) == ("vehicle", "1", "1", "day1_dish1_vehicle.tif")
    assert table.check().table is not None
    assert table.is_changed  # it is in no file


def test_files_are_named_from_the_folder_of_the_design(design: Path, tmp_path: Path) -> None:
    table = opened(design)
    table.name_file(1, "labels", tmp_path / "cells" / "b_labels.tif")
    assert table.content.headings[-1] == "labels"
    assert table.content.rows[1][-1] == "cells/b_labels.tif"


def test_drafts_come_back(design: Path) -> None:
    settings, table = Settings({}), opened(design)
    assert kept_draft(settings) is None
    table.set_cells([(0, 1, "buffer")])
    keep_draft(settings, table)
    assert kept_draft(settings) == (table.content, design)
    forget_draft(settings)
    assert kept_draft(settings) is None


def test_an_empty_table_has_no_problem_yet() -> None:
    assert check_content(Content(NEW_COLUMNS, ((None,) * len(NEW_COLUMNS),))).problems == ()
