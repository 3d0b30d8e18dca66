"""Speed of the plugin's plot in a real window: a cell selected, the slider moved, one cell edited, all drawn anew.

Run with ``xvfb-run -a -s "-screen 0 1366x768x24" python -m tests.benchmarks.plugin_plot``.
"""

import argparse
import functools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import napari
import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication

from napari_plugin.context import Context
from napari_plugin.plot.canvas import TracesCanvas
from napari_plugin.plot.overlay import Overlay
from napari_plugin.plot.view import TracesView
from napari_plugin.selection import Selection
from napari_plugin.session import Session
from napari_plugin.settings import Settings
from napari_plugin.work import Runner
from s1r_imaging.imaging.extract import TraceOptions
from s1r_imaging.progress import silent
from s1r_imaging.recording import Event, Recording
from s1r_imaging.simulate import simulate_traces
from tests.napari_plugin.jobs import do, take

CELL_PX, COLUMNS = 4, 20
N_TIMES = 60
SPENT: dict[str, list[float]] = defaultdict(list)
WORKED: dict[str, list[float]] = defaultdict(list)


def recording_of(n_cells: int, n_frames: int) -> tuple[Recording, NDArray[np.int32]]:
    """Return a recording of square cells side by side, with frames at irregular times, and its cells."""
    stimulus_s = n_frames * 0.125
    traces, _ = simulate_traces(n_cells=n_cells, n_frames=n_frames, stimulus_s=stimulus_s, amplitude_sd=0.5)
    n_rows = -(-n_cells // COLUMNS)
    labels = np.zeros(n_rows * COLUMNS, dtype=np.int32)
    labels[:n_cells] = traces.labels
    counts = np.zeros((n_frames, len(labels)), dtype=np.uint16)
    counts[:, :n_cells] = traces.f.T.clip(0, 65535)
    data = counts.reshape(n_frames, n_rows, COLUMNS).repeat(CELL_PX, axis=1).repeat(CELL_PX, axis=2)
    cells = labels.reshape(n_rows, COLUMNS).repeat(CELL_PX, axis=0).repeat(CELL_PX, axis=1)
    time_s = np.cumsum(np.random.default_rng(0).uniform(0.4, 0.6, n_frames))
    events = (Event("PRE-084", stimulus_s, concentration_M=1e-5),)
    return Recording(data, time_s=time_s, events=events, name="benchmark"), cells


def note(owner: type, name: str) -> None:
    """Note how long each call of a method takes (ms)."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def timed(*args: Any) -> Any:
        start, worked = time.perf_counter(), time.thread_time()
        answer = method(*args)
        SPENT[name].append(1e3 * (time.perf_counter() - start))
        WORKED[name].append(1e3 * (time.thread_time() - worked))
        return answer

    setattr(owner, name, timed)


def settle(canvas: TracesCanvas) -> None:
    """Wait until all is drawn."""
    QApplication.processEvents()
    until = time.perf_counter() + 30
    while not canvas.is_complete and time.perf_counter() < until:
        QApplication.processEvents()
    for _ in range(20):
        QApplication.processEvents()


def measure(what: str, do: Callable[[int], object], names: tuple[str, ...], limit_ms: float | None = None) -> None:
    """Print how long it took in these methods of the plot, how much of that they worked, and with all the window.

    Beside other programs, and beside the threads that draw the image, time passes in which nothing is done.
    """
    own, work, walls = [], [], []
    for number in range(N_TIMES):
        SPENT.clear()
        WORKED.clear()
        start = time.perf_counter()
        do(number)
        QApplication.processEvents()
        walls.append(1e3 * (time.perf_counter() - start))
        own.append(sum(sum(SPENT[name]) for name in names))
        work.append(sum(sum(WORKED[name]) for name in names))
    row = f"{what:34s}{np.median(own):8.2f}{max(own):8.2f}{np.median(work):8.2f}{max(work):8.2f}"
    row += f"{np.median(walls):10.2f}{max(walls):8.2f}"
    print(row if limit_ms is None else f"{row}{limit_ms:8.0f}{np.median(own) / limit_ms:8.2f}")


def measure_full(view: TracesView) -> None:
    """Print how long it takes until every trace is drawn, and the longest piece of it."""
    totals, pieces, heads = [], [], []
    for _ in range(10):
        SPENT.clear()
        start = time.perf_counter()
        view.canvas.redraw()
        settle(view.canvas)
        totals.append(1e3 * (time.perf_counter() - start))
        pieces.append(max(SPENT["_draw_more"]))
        heads.append(max(SPENT["draw"]))
    print(f"{'all drawn anew, until complete':34s}{np.median(totals):8.1f}{max(totals):8.1f}")
    print(f"{'  axes and first traces':34s}{np.median(heads):8.1f}{max(heads):8.1f}")
    print(f"{'  longest piece after that':34s}{np.median(pieces):8.1f}{max(pieces):8.1f}")


def edit(session: Session, labels: NDArray[np.int32], number: int) -> None:
    """Take one pixel from a cell, and have its trace measured again."""
    row, column = divmod(number, COLUMNS)
    changed = np.array(labels)
    changed[row * CELL_PX, column * CELL_PX] = 0
    job = session.edit_job(changed)
    answer = job.compute(silent)
    SPENT.clear()
    take(job, answer)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--frames", type=int, default=1000)
    arguments = parser.parse_args()
    for owner, name in (
        (TracesView, "_on_selection"),
        (TracesView, "_on_frame"),
        (TracesView, "_refresh"),
        (TracesCanvas, "paintEvent"),
        (TracesCanvas, "draw"),
        (TracesCanvas, "_draw_more"),
        (Overlay, "label_at"),
    ):
        note(owner, name)
    viewer = napari.Viewer()
    context = Context(viewer, Session(), Selection(), Runner(), Settings())
    view = TracesView(context)
    viewer.window.add_dock_widget(view, name="Traces", area="bottom")
    viewer.window.resize(1366, 768)
    recording, labels = recording_of(arguments.cells, arguments.frames)
    context.session.set_options("traces", TraceOptions(background="none"))
    context.session.open(recording)
    context.recording_layer = viewer.add_image(recording.data, axis_labels=("t", "y", "x"))
    context.session.set_labels(labels)
    do(context.session.job())
    settle(view.canvas)
    size = view.canvas.size()
    print(f"{arguments.cells} cells x {arguments.frames} frames; {size.width()} x {size.height()} pixels; ms")
    print(
        f"{'':34s}{'median':>8s}{'max':>8s}{'CPU':>8s}{'max':>8s}{'window':>10s}{'max':>8s}{'limit':>8s}{'ratio':>8s}"
    )
    rng = np.random.default_rng(1)
    chosen = rng.permutation(arguments.cells)[:N_TIMES] + 1
    measure(
        "cell selected -> highlighted",
        lambda number: context.selection.select(int(chosen[number % len(chosen)])),
        ("_on_selection", "paintEvent"),
        50.0,
    )
    measure(
        "slider moved",
        lambda number: viewer.dims.set_current_step(0, number * 7 % arguments.frames),
        ("_on_frame", "paintEvent"),
        5.0,
    )
    box = view.canvas.drawing.ax.bbox  # type: ignore[union-attr]
    places = rng.uniform((box.x0, box.y0), (box.x1, box.y1), (N_TIMES, 2))
    measure("nearest trace found", lambda n: view.canvas.drawing.label_at(*places[n]), ("label_at",), 10.0)  # type: ignore[union-attr]
    measure(
        "cell edited -> its trace redrawn",
        functools.partial(edit, context.session, labels),
        ("_refresh", "paintEvent"),
    )
    settle(view.canvas)
    measure_full(view)
    context.close()
    viewer.close()


if __name__ == "__main__":
    main()
