import string
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.design import check_design, read_design
from s1r_imaging.experiment.design_file import write_design
from s1r_imaging.io.files import safe_name


def test_odd_characters_in_names_are_legal(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", '=HYPERLINK("x")', "a/b", "ΔF & 'co'", "\u202dright", "CON"]
    frame = pd.DataFrame({"recording": names, "condition": names, "role": ["agonist"] * 6, "dish": range(6)})
    design = check_design(frame)
    assert design["recording"].tolist() == design["condition"].tolist() == names
    for suffix in (".csv", ".tsv", ".xlsx", ".toml"):
        write_design(design, tmp_path / f"design{suffix}")
        pd.testing.assert_frame_equal(read_design(tmp_path / f"design{suffix}"), design)
    for name in names:
        (tmp_path / safe_name(name)).mkdir()


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12).map(
    lambda text: text.replace("\xa0", "").replace("\u202f", "").replace("\u2028", "").replace("\u2029", "").strip()
)
_WORD = _TEXT.filter(lambda text: text not in {"", "NaN", "nan"} and "\ufeff" not in text)
_COMPOUND = st.text(string.ascii_letters + string.digits + "()+-,;'\"<>&=µ ", min_size=1, max_size=10).map(
    str.strip
)


@st.composite
def designs(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(1, 6))

    def each(values: st.SearchStrategy[Any], **options: Any) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count, **options))

    def folded(text: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())

    compound = draw(
        _COMPOUND.filter(lambda text: text.casefold() not in {"", "nan", "none", "no", "nil", "-", "n/a"})
    )
    roles = each(st.sampled_from(["vehicle", "agonist"]))
    columns: dict[str, Any] = {
        "recording": each(_WORD, unique_by=folded),
        "role": roles,
        "day": each(st.integers(1, 30) | _WORD),
        "agonist": [compound if role == "agonist" else None for role in roles],
        "agonist_M": [draw(st.floats(1e-12, 1e-2)) if role == "agonist" else None for role in roles],
        "agonist_start_s": each(st.none() | st.floats(0, 1e4)),
        "frame_interval_s": each(st.none() | st.floats(1e-3, 1e3)),
        "channel": each(st.none() | st.integers(0, 3) | _WORD),
        "note": each(st.none() | _WORD),
    }
    if draw(st.booleans()):
        columns["condition"] = [f"{role} {compound}" for role in roles]
    return pd.DataFrame(columns).astype(object)


@given(designs(), st.sampled_from([".csv", ".tsv", ".xlsx", ".toml"]))
def test_a_design_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, design: pd.DataFrame, suffix: str
) -> None:
    checked = check_design(design)
    path = tmp_path_factory.mktemp("design") / f"design{suffix}"
    write_design(checked, path)
    pd.testing.assert_frame_equal(read_design(path), checked)
    pd.testing.assert_frame_equal(check_design(checked), checked)


def test_files_are_written_relative_and_come_back_absolute(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.tif", "b.tif"):
        (tmp_path / "data" / name).touch()
    design = check_design(
        pd.DataFrame({"file": ["data/a.tif", "data/b.tif"], "role": ["veh", "ago"]}), folder=tmp_path
    )
    (tmp_path / "tables").mkdir()
    write_design(design, tmp_path / "tables" / "design.csv")
    assert "../data/a.tif" in (tmp_path / "tables" / "design.csv").read_text(encoding="utf-8-sig")
    pd.testing.assert_frame_equal(read_design(tmp_path / "tables" / "design.csv"), design)


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    design = check_design(pd.DataFrame({"recording": ["a"], "role": ["veh"]}))
    write_design(design, tmp_path / "design.csv")
    with pytest.raises(S1RImagingError, match="overwrite"):
        write_design(design, tmp_path / "design.csv")
    write_design(design, tmp_path / "design.csv", overwrite=True)
    with pytest.raises(ValueError, match=r"\.csv, \.tsv, \.xlsx, \.toml"):
        write_design(design, tmp_path / "design.docx")
