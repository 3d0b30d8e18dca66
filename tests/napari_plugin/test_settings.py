"""What the window remembers."""

from pathlib import Path

import pytest
from qtpy.QtCore import QSettings

from napari_plugin.settings import OnDisk, Settings
from s1r_imaging.calcium.dff import DffOptions
from s1r_imaging.imaging.segment import SegmentationOptions


@pytest.fixture(params=["disk", "memory"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return Settings() if request.param == "disk" else Settings({})


def test_options_come_back(settings: Settings) -> None:
    assert settings.options(DffOptions) == DffOptions()
    options = DffOptions(f0="maximin", f0_window_s=12.5, f0_end_s=3.0, f0_min_frames=7)
    settings.remember_options(options)
    assert settings.options(DffOptions) == options
    assert settings.options(SegmentationOptions) == SegmentationOptions()
    settings.remember_options(DffOptions())
    assert settings.options(DffOptions) == DffOptions()


def test_another_window_finds_them() -> None:
    Settings().remember_options(SegmentationOptions(diameter_um=15.0))
    assert Settings().options(SegmentationOptions).diameter_um == 15.0


@pytest.mark.parametrize("kept", ["no JSON", "[1, 2]", '{"min_score": 7.0}', '{"no_such_option": 1}', "3"])
def test_options_that_no_longer_hold_are_the_defaults(kept: str) -> None:
    values = {"options/segmentation": kept}
    assert Settings(values).options(SegmentationOptions) == SegmentationOptions()


def test_forgetting_options_leaves_the_rest(settings: Settings, tmp_path: Path) -> None:
    settings.remember_options(SegmentationOptions(diameter_um=15.0))
    settings.remember_choice("plot/view", "heat map")
    settings.remember_folder(tmp_path)
    settings.forget_options()
    assert settings.options(SegmentationOptions) == SegmentationOptions()
    assert settings.choice("plot/view") == "heat map"
    assert settings.folder == str(tmp_path)


def test_folders(settings: Settings, tmp_path: Path) -> None:
    assert settings.folder == ""
    folder = tmp_path / "monday"
    folder.mkdir()
    (folder / "film.tif").touch()
    settings.remember_folder(folder / "film.tif")
    assert settings.folder == str(folder)
    (folder / "film.tif").unlink()
    folder.rmdir()
    assert settings.folder == ""  # a stick that is no longer there


def test_choices(settings: Settings) -> None:
    assert settings.choice("size", 3) == 3
    settings.remember_choice("size", [1, 2.5, "µm", None])
    assert settings.choice("size") == [1, 2.5, "µm", None]


def test_tests_touch_no_settings_of_people(tmp_path: Path) -> None:
    on_disk = OnDisk()
    on_disk["a"] = "b"
    assert dict(on_disk) == {"a": "b"}
    assert len(on_disk) == 1
    on_disk._settings.sync()
    assert list(tmp_path.rglob("*.ini"))
    assert on_disk._settings.format() == QSettings.Format.IniFormat
