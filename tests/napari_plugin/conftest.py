"""Windows of tests keep their settings to themselves."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import QSettings


@pytest.fixture(autouse=True)
def settings_of_this_test(tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))


@pytest.fixture(scope="session")
def qapp_cls(qapp_cls: Any) -> Any:
    """Skip tests of windows where there is no screen, real or virtual: Qt would end the whole run."""
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not has_screen:
        pytest.skip("no screen and no Xvfb to open a window on")
    return qapp_cls
