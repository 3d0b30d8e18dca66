"""What the documentation shows must run, and nothing public may be missing from it."""

import re
from pathlib import Path

import pytest

import s1r_imaging

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not path.relative_to(DOCS).parts[0].startswith("_"))
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_CODE = [path for path in (README, *PAGES) if CODE.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_code_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    text = page.read_text(encoding="utf-8")
    for block in CODE.finditer(text):
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block.group(1), str(page), "exec"), names)


def test_every_public_name_is_in_the_reference() -> None:
    listed = set(re.findall(r"^   (\w+)$", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(s1r_imaging.__all__) - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_page_is_reached_from_the_index(page: Path) -> None:
    name = page.relative_to(DOCS).with_suffix("").as_posix()
    assert name == "index" or f"\n{name}\n" in (DOCS / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name.startswith("plugin")], ids=lambda page: page.name
)
def test_every_test_that_a_page_of_the_plugin_names_exists(page: Path) -> None:
    """What is claimed of complaints is shown by the tests that are named beside it."""
    folder, file, missing = ROOT / "tests" / "napari_plugin", Path(), []
    for name in re.findall(r"`([\w/]*test_\w+(?:\.py)?)`", page.read_text(encoding="utf-8")):
        if name.endswith(".py"):  # the tests that follow are in this file
            file = folder / name
            there = file.is_file()
        else:
            there = f"def {name}(" in file.read_text(encoding="utf-8")
        if not there:
            missing.append(f"{file.name}: {name}")
    assert missing == []


def test_the_page_of_the_plugin_names_tests() -> None:
    rows = re.findall(
        r"^\| .* \| .*`test_\w+`.* \|$", (DOCS / "plugin.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) >= 9
