"""Whether the window stays awake, and how much memory it takes, while two gigabytes are analysed.

Writes a recording of 1,000 frames of 1024 × 1024 pixels with some 400 cells, opens it in the plugin's window and
goes the whole road by the window's own buttons. Needs a screen (``xvfb-run -a``).
Run with ``python -m tests.benchmarks.plugin_window``; 2 GB of free disk, removed afterwards.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QPushButton

from napari_plugin.main_widget import MainWidget
from napari_plugin.settings import Settings
from s1r_imaging.imaging.motion import MotionOptions
from s1r_imaging.recording import Event
from tests.benchmarks.heartbeat import Heartbeat, Lookout, resident

MOST_MS, MOST_MB = 200.0, 1536.0
PATIENCE_S = 600.0
_LOOK_MS = 100


class Road:
    """The plugin's window, and how its steps are taken.

    Parameters
    ----------
    plays : bool
        Whether the person moves the time slider ten times a second all the while.
    """

    def __init__(self, *, plays: bool) -> None:
        self.viewer = napari.Viewer(title="benchmark")
        self.viewer.window.resize(1366, 768)
        self.widget = MainWidget(self.viewer, settings=Settings({}))
        self.viewer.window.add_dock_widget(self.widget, area="right")
        self.heart = Heartbeat()
        self._plays = plays
        self.rest()

    def rest(self, seconds: float = 0.5) -> None:
        """Let the window do what is left to do."""
        end = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() > end)

    def until(self, is_done: Callable[[], bool]) -> None:
        """Let the window work, as its own loop does, until something is so."""
        end, loop, timer = time.perf_counter() + PATIENCE_S, QEventLoop(), QTimer()

        def look() -> None:
            if is_done() or time.perf_counter() > end:
                loop.quit()
            elif self._plays:
                self._move()

        timer.setInterval(_LOOK_MS)
        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        if not is_done():
            raise TimeoutError(self.widget.context.runner.message)

    def _move(self) -> None:
        layer = self.widget.context.recording_layer
        if layer is not None:
            self.viewer.dims.set_current_step(0, (self.viewer.dims.current_step[0] + 7) % layer.data.shape[0])

    def stage(self, name: str, do: Callable[[], object]) -> None:
        """Do something, and note how the window fares until nothing is under way."""
        self.heart.begin(name)
        do()
        self.until(lambda: not self.widget.context.runner.busy)
        self.rest()  # what the answer set off is part of it
        self.heart.end()
        if self.widget.context.session.stale:
            raise RuntimeError(f"{name}: {self.widget.context.runner.message}")

    def press(self, step: str, name: str) -> Callable[[], None]:
        """Return what presses a button of a step."""

        def press() -> None:
            self.widget.show_step(step)
            found: Any = self.widget.steps[step].findChild(QPushButton, name)
            if found is None or not found.isEnabled():
                raise RuntimeError(f"{name} cannot be pressed")
            found.click()

        return press


def go(path: Path, folder: Path, *, plays: bool, corrects_motion: bool) -> tuple[Road, int]:
    """Go the whole road; return it with the number of cells."""
    road = Road(plays=plays)
    session = road.widget.context.session
    opening: object = road.widget.steps["recording"]
    road.stage("window, nothing open", lambda: None)
    road.stage("open", lambda: opening.open_path(path))  # type: ignore[attr-defined]
    if session.opened is None:
        raise RuntimeError(road.widget.context.runner.message)
    session.set_events((Event("PRE-084", 40.0, concentration_M=1e-5),))
    if corrects_motion:
        session.set_options("motion", MotionOptions())
        road.stage("motion", lambda: road.widget.context.runner.start(lambda: session.job("motion")))
    road.stage("find cells", road.press("cells", "find_cells"))
    road.stage("traces and dff", road.press("traces", "update_traces"))
    road.stage("responses", road.press("responses", "measure_responses"))
    export: object = road.widget.steps["export"]
    export.set_folder(folder)  # type: ignore[attr-defined]
    road.stage("export", road.press("export", "export"))
    if not any(folder.iterdir()) or session.labels is None:
        raise RuntimeError(road.widget.context.runner.message)
    return road, len(np.unique(session.labels)) - 1


def report(road: Road) -> None:
    """Print a line for each stage."""
    print(
        f"{'stage':24s}{'s':>7s}{'longest gap':>13s}{'own work':>10s}{'in queue':>10s}{'median':>8s}{'peak':>9s}"
        f"{'without files':>15s}"
    )
    for name, beats in road.heart.stages.items():
        gap, own, queue = beats.worst
        print(
            f"{name:24s}{beats.seconds:7.1f}{gap:10.0f} ms{own:7.0f} ms{queue:7.0f} ms"
            f"{np.median(beats.gaps_ms):5.1f} ms"
            f"{beats.peak_mb:6.0f} MB{beats.own_mb:12.0f} MB"
        )
    worst = max(beats.worst[0] for beats in road.heart.stages.values())
    alone = max(beats.worst_alone for beats in road.heart.stages.values())
    peak = max(beats.peak_mb for beats in road.heart.stages.values())
    own = max(beats.own_mb for beats in road.heart.stages.values())
    print(
        f"{'longest freeze':24s}{worst:17.0f} ms (< {MOST_MS:.0f} ms), {alone:.0f} ms without waiting for a "
        "processor"
    )
    print(f"{'most memory resident':24s}{peak:17.0f} MB (< {MOST_MB:.0f} MB), without pages of files {own:.0f} MB")


def explain(road: Road, lookout: Lookout, least_ms: float) -> None:
    """Print what the window's thread did in the longest gaps."""
    for name, beats in road.heart.stages.items():
        if beats.worst[0] >= least_ms:
            print(f"\n{name}, {beats.worst[0]:.0f} ms", *lookout.report(*beats.when), sep="\n")


def main() -> None:
    """Measure one road, or several in fresh windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--size", type=int, default=1024, choices=(256, 512, 768, 1024))
    parser.add_argument("--plays", action="store_true", help="move the time slider all the while")
    parser.add_argument("--motion", action="store_true", help="correct motion too")
    parser.add_argument("--say", type=float, default=np.inf, help="what stages with longer gaps (ms) are made of")
    parser.add_argument("--file", type=Path, default=None, help="a recording that is there already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file
        if path is None:
            path = Path(folder) / "large.ome.tif"
            make = f"from tests.benchmarks.large_recording import *; write_large(Path({str(path)!r}), "
            make += f"n_frames={arguments.frames}, size_px={arguments.size})"
            subprocess.run([sys.executable, "-c", make], check=True)  # in a program of its own: memory is measured
        before = resident().get("VmRSS", 0.0)
        lookout = Lookout() if np.isfinite(arguments.say) else None
        road, n_cells = go(path, Path(folder) / "results", plays=arguments.plays, corrects_motion=arguments.motion)
        size = path.stat().st_size / 1e9
        print(f"{size:.2f} GB, {n_cells} cells; before the window {before:.0f} MB; load {os.getloadavg()[0]:.1f}")
        report(road)
        if lookout is not None:
            lookout.end()
            explain(road, lookout, arguments.say)
        road.viewer.close()


if __name__ == "__main__":
    main()
