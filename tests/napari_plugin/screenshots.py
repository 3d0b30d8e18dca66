"""Pictures of the plugin's windows for the documentation: ``python -m tests.napari_plugin.screenshots FOLDER``.

A person's way through the sample data, on a screen of the size of a small laptop; needs Xvfb.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from pyvirtualdisplay.display import Display

SIZE = (1366, 768)
COLOURS = 256
SETTLE_MS = 700


class Camera:
    """Takes pictures of a viewer's window.

    Parameters
    ----------
    folder : Path
        Where they go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def takes(self, viewer: Any, name: str) -> None:
        """Save what the window shows as ``NAME.png``, with few colours, so that it stays small."""
        from tests.napari_plugin.person import HANDS

        HANDS.qWait(SETTLE_MS)
        shown = Image.fromarray(viewer.screenshot(canvas_only=False, flash=False)).convert("RGB")
        assert shown.size == SIZE, f"{name}: {shown.size}"
        path = self._folder / f"{name}.png"
        shown.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def open_viewer() -> Any:
    """Return a viewer that fills the screen."""
    import napari

    viewer = napari.Viewer(show=True)
    viewer.theme = "dark"
    viewer.window._qt_window.setGeometry(0, 0, *SIZE)
    return viewer


def open_sample(viewer: Any, sample: str) -> None:
    """Open a sample and wait until it is simulated."""
    from tests.napari_plugin.person import wait_until

    viewer.open_sample("s1r-imaging", sample)
    wait_until(lambda: all("being simulated" not in layer.name for layer in viewer.layers), sample, patience_s=300)


def calcium(camera: Camera) -> None:
    """From the sample recording to exported results."""
    from tests.napari_plugin.person import HANDS, Person, wait_until

    viewer = open_viewer()
    open_sample(viewer, "recording")
    person = Person(viewer)
    person.clicks_and_waits_at("recording", "use_layer")
    viewer.reset_view()  # the plugin's windows took room
    camera.takes(viewer, "recording")
    viewer.theme = "light"
    camera.takes(viewer, "recording-light")
    viewer.theme = "dark"
    person.clicks_and_waits_at("cells", "find_cells")
    person.picks(person.label_at(105, 230), person.label_at(110, 255))
    camera.takes(viewer, "cells")
    person.clicks_and_waits_at("traces", "update_traces")
    person.picks(person.label_at(130, 180))
    viewer.dims.set_current_step(0, 92)
    camera.takes(viewer, "traces")
    person.clicks_and_waits_at("responses", "measure_responses")
    person.chooses("colour_by", "peak_dff")
    camera.takes(viewer, "responses")
    person.looks_at_plot("heatmap")
    camera.takes(viewer, "heatmap")
    person.looks_at_plot("single")
    person.clicks("show_table")
    HANDS.qWait(SETTLE_MS)
    person.picks(person.label_at(30, 60))
    camera.takes(viewer, "table")
    person.looks_at_plot("overlay")
    person.clicks_and_waits_at("export", "export")
    wait_until(lambda: "Results are in" in person.says, person.says)
    person.finds("export_state")
    camera.takes(viewer, "export")
    viewer.close()


def compare(camera: Camera) -> None:
    """From the sample experiment to the comparison of its conditions."""
    from tests.napari_plugin.person import Person

    viewer = open_viewer()
    open_sample(viewer, "experiment")
    person = Person(viewer)
    person.goes_to("compare")
    person.waits()
    viewer.reset_view()
    camera.takes(viewer, "compare-design")
    person.patience_s = 600
    tabs = person.at.tabs  # type: ignore[attr-defined]
    tabs.setCurrentIndex(1)
    person.clicks_and_waits("run_experiment")
    person.scrolls_up()
    camera.takes(viewer, "compare-results")
    viewer.close()


def binding(camera: Camera) -> None:
    """From the sample plates to Ki."""
    from qtpy.QtWidgets import QApplication

    from tests.napari_plugin.person import Person, open_plugin
    from tests.napari_plugin.tables import saturation_table, schild_table

    viewer = open_viewer()
    open_sample(viewer, "binding_plate")
    person = Person(viewer, open_plugin(viewer, "Binding curves"))
    person.clicks_and_waits_at("plate", "layer_plate")
    camera.takes(viewer, "binding-plate")
    person.goes_to("roles")
    person.types("wells_range", "A1:C11")
    person.finds("plate_roles")
    camera.takes(viewer, "binding-roles")
    person.clicks_and_waits_at("fit", "fit")
    person.finds("fit_state")
    camera.takes(viewer, "binding-fit")
    for step, table in (("functional", schild_table()), ("radioligand", saturation_table())):
        person.goes_to(step)
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(table)
        person.clicks_and_waits(f"paste_{step}")
        person.clicks_and_waits(f"fit_{step}")
        person.scrolls_up()
        camera.takes(viewer, f"binding-{step}")
    viewer.close()


PARTS = {"calcium": calcium, "compare": compare, "binding": binding}


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of the plugin's windows.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them when not given")
    given = parser.parse_args(arguments)
    with Display(visible=False, size=SIZE, color_depth=24), tempfile.TemporaryDirectory(prefix="dish-") as kept:
        _keep_to(Path(kept))
        for name in given.parts or PARTS:
            PARTS[name](Camera(given.folder))


def _keep_to(folder: Path) -> None:
    """Keep samples and settings apart from those of whoever runs this."""
    from qtpy.QtCore import QSettings

    from napari_plugin import samples

    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder / "settings"))
    samples.sample_folder = lambda: folder / "samples"


if __name__ == "__main__":
    main()
