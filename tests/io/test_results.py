import errno
import json
import os
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s1r_imaging.errors import CancelledWorkError, S1RImagingError
from s1r_imaging.io.files import write_file
from s1r_imaging.io.labels import write_labels
from s1r_imaging.io.mappings import plain
from s1r_imaging.io.results import (
    MANIFEST,
    Content,
    check_folder,
    read_table,
    update_folder,
    write_folder,
    write_table,
)
from s1r_imaging.provenance import Step

TABLE = pd.DataFrame({"label": [3, 7], "peak_dff": [0.1 + 0.2, np.nan], "flags": [0, 4]})
FILES: dict[str, Content] = {
    "cells.csv": TABLE,
    "provenance.json": {"steps": (Step(name="x", version="1"),), "missing": float("nan")},
    "run.toml": {"dff": {"f0": "mean", "f0_start_s": None}},
    "README.txt": "ΔF/F0\n",
    "pictures/map.png": lambda path: path.write_bytes(b"png"),
}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, but for the list of what was written."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_folder_holds_what_it_was_given(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a" / "b" / "out.d", FILES)
    assert folder == tmp_path / "a" / "b" / "out.d"
    assert set(tree(tmp_path)) == {f"a/b/out.d/{name}" for name in FILES}
    pd.testing.assert_frame_equal(read_table(folder / "cells.csv"), TABLE)
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert record == {
        "steps": [{"name": "x", "options": {}, "version": "1", "input_digest": None}],
        "missing": None,
    }
    assert tomllib.loads((folder / "run.toml").read_text(encoding="utf-8")) == {"dff": {"f0": "mean"}}
    assert (folder / "README.txt").read_bytes() == "ΔF/F0\n".encode()
    again = write_folder(tmp_path / "again", FILES)
    assert tree(again) == tree(folder)
    assert folder.stat().st_mode == (tmp_path / "a").stat().st_mode


def test_an_existing_folder_is_only_replaced_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    write_folder(folder, FILES)
    before = tree(folder)
    with pytest.raises(S1RImagingError, match=r"out exists .*overwrite=True \(--overwrite\)"):
        write_folder(folder, {"README.txt": "new"})
    (folder / ".DS_Store").write_bytes(b"")
    write_folder(folder, {"README.txt": "new"}, overwrite=True)
    assert tree(tmp_path) == {"out/README.txt": b"new"}
    (folder / "my notes.txt").write_text("dish 3 was cold")
    with pytest.raises(S1RImagingError, match=r"out holds 'my notes\.txt'.* would be lost"):
        write_folder(folder, FILES, overwrite=True)
    assert tree(tmp_path) == {"out/README.txt": b"new", "out/my notes.txt": b"dish 3 was cold"}
    assert before != tree(folder)


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "cells.csv").write_text("years of work")
    with pytest.raises(S1RImagingError, match=r"thesis holds 'cells\.csv'"):
        write_folder(tmp_path / "thesis", FILES, overwrite=True)
    assert tree(tmp_path) == {"thesis/cells.csv": b"years of work"}


def full_disk(path: Path) -> None:
    path.write_bytes(b"half a pict")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(path: Path) -> None:
    path.write_bytes(b"half a pict")
    raise KeyboardInterrupt


def cancel(path: Path) -> None:
    raise CancelledWorkError


@pytest.mark.parametrize(
    ("writer", "error"),
    [(full_disk, S1RImagingError), (interrupt, KeyboardInterrupt), (cancel, CancelledWorkError)],
)
def test_nothing_half_written_stays(tmp_path: Path, writer: Any, error: type[BaseException]) -> None:
    write_folder(tmp_path / "old", FILES)
    before = tree(tmp_path)
    for folder in (tmp_path / "new", tmp_path / "deep" / "er" / "new"):
        with pytest.raises(error):
            write_folder(folder, FILES | {"z.png": writer})
    with pytest.raises(error):
        write_folder(tmp_path / "old", FILES | {"z.png": writer}, overwrite=True)
    assert tree(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_a_full_disk_is_said_with_the_folders_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(S1RImagingError, match=r"new could not be written: the disk is full") as caught:
        write_folder(tmp_path / "new", {"z.png": full_disk})
    assert "partial" not in str(caught.value)
    labels = np.ones((4, 5), np.int32)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tifffile.imwrite", fail)
    with pytest.raises(S1RImagingError, match=r"new could not be written: the disk is full") as caught:
        write_folder(tmp_path / "new", {"labels.tif": lambda path: write_labels(path, labels)})
    assert "partial" not in str(caught.value)
    with pytest.raises(S1RImagingError, match=r"labels\.tif could not be written: the disk is full"):
        write_labels(tmp_path / "labels.tif", labels)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_that_is_really_full(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.symlink_to("/dev/full")
        path.write_bytes(b"x" * 100_000)

    with pytest.raises(S1RImagingError, match="the disk is full"):
        write_folder(tmp_path / "new", {"a.txt": "first", "z.bin": write})
    with pytest.raises(S1RImagingError, match=r"z\.bin could not be written: the disk is full"):
        write_file(tmp_path / "z.bin", write)
    assert list(tmp_path.iterdir()) == []


def test_full_only_when_the_disk_is_asked_to_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(S1RImagingError, match="the disk is full"):
        write_folder(tmp_path / "new", FILES)
    assert list(tmp_path.iterdir()) == []


def test_the_old_folder_comes_back_when_the_swap_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "out", FILES)
    before = tree(tmp_path)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if ".partial" in self.name and Path(target).name == "out" and (self / "new.txt").exists():
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(S1RImagingError, match="out could not be written: permission denied"):
        write_folder(folder, FILES | {"new.txt": "x"}, overwrite=True)
    assert tree(tmp_path) == before


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(S1RImagingError, match="file is a file"):
        write_folder(file, FILES)
    with pytest.raises(S1RImagingError, match="out could not be written"):
        write_folder(file / "out", FILES)

    def refuse(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(S1RImagingError, match="out could not be written: permission denied"):
        write_folder(tmp_path / "out", FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unwritable for this user")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(S1RImagingError, match="permission denied"):
        write_folder(locked / "out", FILES)


@pytest.mark.parametrize("name", ["", "../x.csv", "/x.csv", "a/../../x.csv"])
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        write_folder(tmp_path / "out", {name: "x"})
    with pytest.raises(ValueError, match=r"x\.json"):
        write_folder(tmp_path / "out", {"x.json": TABLE})
    with pytest.raises(ValueError, match=r"x\.csv"):
        write_folder(tmp_path / "out", {"x.csv": {"a": 1}})
    assert list(tmp_path.iterdir()) == []


def test_check_folder_before_the_work(tmp_path: Path) -> None:
    check_folder(tmp_path / "new")
    check_folder(tmp_path)
    (tmp_path / "x").write_text("x")
    with pytest.raises(S1RImagingError, match="holds 'x'"):
        check_folder(tmp_path, overwrite=True)
    with pytest.raises(S1RImagingError, match="not empty"):
        check_folder(tmp_path)


@settings(deadline=None, max_examples=50)
@given(
    numbers=st.lists(st.floats(), min_size=1, max_size=20),
    words=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).filter(lambda text: text != "NaN"),
)
def test_tables_survive_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], words: str
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    table = pd.DataFrame({"x": np.array(numbers), "n": np.arange(len(numbers)), "words": "w" + words, "ok": True})
    write_table(path, table)
    pd.testing.assert_frame_equal(read_table(path), table, check_exact=True)


def test_a_named_index_and_empty_text_are_kept(tmp_path: Path) -> None:
    table = pd.DataFrame({"names": ["", "edge; moved"]}, index=pd.Index([4, 9], name="label"))
    write_table(tmp_path / "t.csv", table)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv").set_index("label"), table)
    write_table(tmp_path / "t.csv", TABLE.iloc[:0])
    assert list(read_table(tmp_path / "t.csv").columns) == list(TABLE.columns)
    with pytest.raises(S1RImagingError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")


def test_plain_values() -> None:
    given_value = {
        1: np.arange(2), "path": Path("a"), "set": {2, 1}, "flag": np.True_, "n": np.int64(3), "inf": np.inf,
        "time": np.datetime64("2024-01-02"), "step": Step(name="s", version="0", options={"a": (1.5,)}),
    }  # fmt: skip
    expected = {
        "1": [0, 1], "path": "a", "set": [1, 2], "flag": True, "n": 3, "inf": None, "time": "2024-01-02",
        "step": {"name": "s", "version": "0", "options": {"a": [1.5]}, "input_digest": None},
    }  # fmt: skip
    assert plain(given_value) == expected
    assert json.loads(json.dumps(plain(given_value), allow_nan=False)) == expected


def test_update_replaces_its_own_files_and_leaves_others(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "run"
    update_folder(folder, {"tables/a.csv": pd.DataFrame({"x": [1]}), "report.html": "one"})
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "recordings").mkdir()
    with pytest.raises(S1RImagingError, match="overwrite"):
        update_folder(folder, {"report.html": "two"})
    update_folder(folder, {"tables/b.csv": pd.DataFrame({"x": [2]}), "report.html": "two"}, overwrite=True)
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert there == [MANIFEST, "notes.txt", "recordings", "report.html", "tables", "tables/b.csv"]
    assert (folder / "report.html").read_text(encoding="utf-8") == "two"


@pytest.mark.parametrize("name", ["tables/notes.txt", "report.html"])
def test_update_refuses_to_lose_what_it_did_not_write(tmp_path: Path, name: str) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(S1RImagingError, match=name.replace(".", r"\.")):
        update_folder(tmp_path, {"tables/a.csv": pd.DataFrame({"x": [1]}), "report.html": ""}, overwrite=True)
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_update_that_fails_changes_nothing(tmp_path: Path, fault: BaseException) -> None:
    def fail(_: Path) -> None:
        raise fault

    update_folder(tmp_path / "old", {"report.html": "one"})
    expected = S1RImagingError if isinstance(fault, OSError) else type(fault)
    for name in ("old", "new"):
        with pytest.raises(expected) as caught:
            update_folder(tmp_path / name, {"report.html": "two", "table.csv": fail}, overwrite=True)
        assert ".partial" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert {path.name for path in (tmp_path / "old").iterdir()} == {MANIFEST, "report.html"}
    assert (tmp_path / "old" / "report.html").read_text(encoding="utf-8") == "one"


def test_a_file_is_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(S1RImagingError, match="is a file"):
        update_folder(tmp_path / "taken", {"report.html": ""})


def test_names_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", pd.DataFrame({"recording": ["001", "1e5"], "peak_dff": [0.5, 1.0]}))
    assert read_table(tmp_path / "a.csv", text=("recording", "event"))["recording"].tolist() == ["001", "1e5"]
