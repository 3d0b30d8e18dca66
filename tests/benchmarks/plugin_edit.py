"""How soon the window follows the hand: a label edited to its trace redrawn, a click to the cell selected.

Opens a real window on a memory-mapped stack; needs a screen (``xvfb-run -a``).
Run with ``python -m tests.benchmarks.plugin_edit``; 2 GB of free disk, removed afterwards.
"""

import argparse
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import napari
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

from napari_plugin.layers import recording_to_layer
from napari_plugin.main_widget import MainWidget
from napari_plugin.plot.canvas import TracesCanvas
from s1r_imaging.recording import Event, Recording
from tests.benchmarks.memory import write_frames
from tests.napari_plugin.jobs import do

_PATIENCE_MS = 20_000


def cells_of(size: int, n_cells: int) -> NDArray[np.int32]:
    """Return square cells with ground between them."""
    side = int(np.ceil(np.sqrt(n_cells)))
    step = size // side
    labels = np.zeros((size, size), dtype=np.int32)
    for number in range(n_cells):
        top, left = (step * part + step // 5 for part in divmod(number, side))
        labels[top : top + step // 2, left : left + step // 2] = number + 1
    return labels


def open_window(path: Path, n_frames: int, size: int, n_cells: int) -> MainWidget:
    """Return the plugin in a window, with everything computed."""
    times = 0.5 * np.arange(n_frames, dtype=np.float64)
    stack = np.memmap(path, np.uint16, "r", shape=(n_frames, size, size))
    recording = Recording(stack, time_s=times, pixel_size_um=0.65, events=(Event("KCl", times[n_frames // 3]),))
    viewer = napari.Viewer(title="benchmark")
    widget = MainWidget(viewer)
    viewer.window.add_dock_widget(widget, area="right")
    session = widget.context.session
    session.open(recording)
    data, kwargs, _ = recording_to_layer(recording)
    widget.context.recording_layer = viewer.add_image(data, **kwargs)
    session.set_labels(cells_of(size, n_cells))
    do(session.job("dff"))
    settle()
    return widget


def time_edit(widget: MainWidget, label: int) -> tuple[float, float]:
    """Return how long it takes from a stroke of the brush to ΔF/F0 in the session, and to all of it drawn (ms)."""
    context, layer = widget.context, widget.context.cells.layer
    rows, columns = np.nonzero(layer.data == label)
    heard: list[float] = []
    loop = QEventLoop()  # sleeps where nothing happens: a loop that asks all the time would slow the work

    def hear(what: str) -> None:
        if what == "dff":
            heard.append(time.perf_counter())
            loop.quit()

    context.session.changed.connect(hear)
    QTimer.singleShot(_PATIENCE_MS, loop.quit)
    start = time.perf_counter()
    layer.brush_size = 5
    layer.paint((int(rows.max()), int(columns.max())), label)
    loop.exec()
    for _ in range(3):  # what the answer set off is drawn
        QApplication.processEvents()
    drawn = time.perf_counter()
    context.session.changed.disconnect(hear)
    if not heard:
        raise TimeoutError("the window did not follow")
    settle()
    return 1000 * (heard[0] - start), 1000 * (drawn - start)


def settle() -> None:
    """Let the window come to rest, as it does between two strokes of a hand."""
    loop = QEventLoop()
    QTimer.singleShot(500, loop.quit)
    loop.exec()


def rest() -> None:
    """Wait until all traces are drawn, which goes on in pieces for a while after the last edit."""
    settle()
    canvases = [each for each in QApplication.allWidgets() if isinstance(each, TracesCanvas)]
    until = time.monotonic() + _PATIENCE_MS / 1000
    while not all(canvas.is_complete for canvas in canvases) and time.monotonic() < until:
        settle()


def time_click(widget: MainWidget, label: int) -> float:
    """Return how long it takes from the release of the mouse on a cell to the window showing it (ms)."""
    context, layer = widget.context, widget.context.cells.layer
    row, column = (int(part.mean()) for part in np.nonzero(layer.data == label))
    where = layer.data_to_world((row, column))
    event = SimpleNamespace(
        type="mouse_press",
        pos=np.zeros(2),
        button=1,
        modifiers=(),
        position=(0.0, *where),
        view_direction=None,
        dims_displayed=[1, 2],
    )
    (press,) = (call for call in context.viewer.mouse_drag_callbacks if "CellClicks" in repr(call))
    click = press(context.viewer, event)
    next(click)
    event.type = "mouse_release"
    start = time.perf_counter()
    next(click, None)
    for _ in range(3):
        QApplication.processEvents()
    taken = 1000 * (time.perf_counter() - start)
    if context.selection.label != label:
        raise RuntimeError("the click selected another cell")
    return taken


def say(what: str, milliseconds: list[float], most: float) -> None:
    """Print best, median and worst; on a machine that does other things too, the best says most."""
    best, median, worst = min(milliseconds), np.median(milliseconds), max(milliseconds)
    print(f"{what:40s} best {best:4.0f}, median {median:4.0f}, worst {worst:4.0f} ms (< {most:.0f} ms)")


def main() -> None:
    """Time edits and clicks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.raw"
        write_frames(path, args.frames, args.size)
        widget = open_window(path, args.frames, args.size, args.cells)
        labels: list[Any] = [1 + 7 * number % args.cells for number in range(args.repeats)]
        edits = [time_edit(widget, label) for label in labels]
        say("edit to ΔF/F0 of the session", [edit[0] for edit in edits], 150)
        say("edit to its trace redrawn", [edit[1] for edit in edits], 150)
        rest()  # clicks are timed by themselves, not with what the edits left to be drawn
        say("click to the cell selected and shown", [time_click(widget, label) for label in labels], 50)
        widget.context.viewer.close()


if __name__ == "__main__":
    main()
