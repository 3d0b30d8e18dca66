import json
import subprocess
import sys
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from npe2 import PluginManager, PluginManifest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = files("s1r_imaging") / "napari.yaml"
NAPARI_S_OWN = "napari"


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    found: PluginManifest = PluginManifest.from_file(str(MANIFEST))
    return found


@pytest.fixture(scope="module")
def plugins(manifest: PluginManifest) -> PluginManager:
    """As napari has them: its own readers, and ours."""
    manager = PluginManager()
    manager.discover()
    return manager


def test_the_manifest_is_valid_and_all_it_names_is_there() -> None:
    installed = PluginManifest.from_distribution("s1r-imaging")
    assert installed.name == "s1r-imaging"
    installed.validate_imports()


def test_every_command_is_used_and_every_used_one_is_there(manifest: PluginManifest) -> None:
    parts = manifest.contributions
    used = {part.command for part in [*(parts.widgets or ()), *(parts.readers or ()), *(parts.sample_data or ())]}
    assert {command.id for command in parts.commands or ()} == used
    in_menus = {getattr(item, "command", None) for items in parts.menus.values() for item in items}
    assert in_menus <= used
    assert sorted(parts.menus) == ["napari/layers/measure", "napari/layers/segment"]


def test_no_file_of_ours_lies_in_the_way_of_the_distribution_napari_plugin() -> None:
    names = {"_widget.py", "napari.yaml", "processing.py", "segmentation.py"}
    assert not names & {path.name for path in (ROOT / "napari_plugin").iterdir()}


def test_the_wheel_holds_the_manifest_and_names_it(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        assert {"s1r_imaging/napari.yaml", "napari_plugin/main_widget.py"} <= set(archive.namelist())
        (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        text = archive.read(entry_points).decode()
    assert "[napari.manifest]\ns1r-imaging = s1r_imaging:napari.yaml" in text


def test_napari_and_qt_are_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    everywhere = " ".join([*project["dependencies"], *project["optional-dependencies"]["napari"]]).lower()
    assert not any(name in everywhere for name in ("pyqt", "pyside", "napari["))
    assert "napari" not in " ".join(project["dependencies"])
    assert "Framework :: napari" in project["classifiers"]


def readers(plugins: PluginManager, path: Path) -> set[str]:
    return {reader.plugin_name for reader in plugins.iter_compatible_readers([str(path)])}


@pytest.mark.parametrize("name", ["a.tif", "a.tiff", "a.ome.tif", "a.ome.tiff", "a.btf", "a.stk", "a.lsm"])
def test_other_files_are_left_to_napari(plugins: PluginManager, tmp_path: Path, name: str) -> None:
    assert readers(plugins, tmp_path / name) == {NAPARI_S_OWN}


@pytest.mark.parametrize("name", ["frames", "a.ome.zarr"])
def test_folders_are_left_to_napari(plugins: PluginManager, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()  # a reader of any folder would be offered for every one
    assert readers(plugins, tmp_path / name) == {NAPARI_S_OWN}


@pytest.mark.parametrize("name", ["a.nd2", "dish.1.CZI", "a.lif", "a.oib", "a.oif"])
def test_files_of_microscopes_are_ours(plugins: PluginManager, tmp_path: Path, name: str) -> None:
    assert readers(plugins, tmp_path / name) == {"s1r-imaging"}


def test_finding_the_plugin_imports_nothing_of_it() -> None:
    code = (
        "import json, sys; from npe2 import PluginManager; manager = PluginManager(); manager.discover();"
        "print(json.dumps([name for name in sys.modules if name.startswith(('napari_plugin', 's1r_imaging.'))]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []
