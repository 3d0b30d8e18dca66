"""Windows of tests keep their settings to themselves."""

from pathlib import Path

import pytest
from qtpy.QtCore import QSettings


@pytest.fixture(autouse=True)
def settings_of_this_test(tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
