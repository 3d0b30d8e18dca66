import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.io.files import safe_name


@pytest.mark.parametrize("name", ["day1_dish2_vehicle", "ΔF control 3 µM", "plate 1_A1", "a.b (c), d+e"])
def test_a_good_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a\\b", "<img src=x>", "CON", "nul.txt", "end.", " edge ", "a\nb", "é" * 200, ".git"]
)
def test_what_no_file_may_be_called_is_changed_and_stays_itself(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    safe = safe_name(name)
    assert safe != name
    folder = tmp_path_factory.mktemp("names")
    (folder / safe).mkdir()
    assert [path.name for path in folder.iterdir()] == [safe]


@given(st.lists(st.text(), unique=True))
def test_two_names_never_become_one(names: list[str]) -> None:
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(safe)
    for name in safe:
        assert len(name.encode()) <= 120
        assert not set(name) & set('<>:"/\\|?*')
        assert unicodedata.normalize("NFC", name) == name
