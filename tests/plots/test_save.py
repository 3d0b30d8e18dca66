from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from s1r_imaging.plots import overview_figure, plot_heatmap, save_figure


def overview(scene: Any) -> Any:
    return overview_figure(scene.image, scene.labels, scene.traces, scene.responses, pixel_size_um=0.65)


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_second_run_gives_the_same_bytes(ending: str, build: Callable[..., Any], tmp_path: Path) -> None:
    files = [save_figure(overview(build()), tmp_path / f"{name}{ending}") for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_svg_is_xml_with_readable_text_and_no_date(scene: Any, tmp_path: Path) -> None:
    content = save_figure(overview(scene), tmp_path / "a.svg").read_text("utf-8")
    words = {element.text for element in ET.fromstring(content).iter() if element.text}
    assert {"Time (s)", "ΔF/F0", "PRE-084 10 µM"} <= words
    assert "date" not in content.lower()


def test_ground_is_white_whatever_the_settings_of_the_user(scene: Any, tmp_path: Path) -> None:
    dark: Any = {
        "figure.facecolor": "black", "axes.facecolor": "black", "savefig.facecolor": "none", "text.color": "white",
        "savefig.transparent": True, "axes.labelcolor": "white", "xtick.color": "white", "axes.edgecolor": "white",
        "savefig.bbox": "tight",
    }  # fmt: skip
    plain = save_figure(overview(scene), tmp_path / "plain.png")
    with mpl.rc_context(dark):
        before = dict(mpl.rcParams)
        darkened = save_figure(overview(scene), tmp_path / "dark.png")
        assert dict(mpl.rcParams) == before
    np.testing.assert_array_equal(imread(plain), imread(darkened))
    np.testing.assert_array_equal(imread(plain)[0, 0], 1)


def test_other_endings_are_refused_and_a_failure_leaves_nothing(scene: Any, tmp_path: Path) -> None:
    figure = plot_heatmap(scene.traces).get_figure(root=True)
    assert figure is not None
    with pytest.raises(ValueError, match=r"\.svg or \.pdf"):
        save_figure(figure, tmp_path / "a.jpg")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match="folder"):
        save_figure(figure, tmp_path / "folder.png")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]
