"""The window of binding curves, alone."""

from typing import Any

import pytest

from napari_plugin.binding_widget import BindingWidget
from napari_plugin.settings import Settings


@pytest.fixture
def widget(qtbot: Any) -> BindingWidget:
    made = BindingWidget(settings=Settings({}))
    qtbot.addWidget(made)
    made.resize(340, 700)
    made.show()
    return made
