"""Every picture of every kind of recording: nothing leaves the page, no text meets another, no warning."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from s1r_imaging.plots import (
    overview_figure,
    plot_cells,
    plot_heatmap,
    plot_mean_trace,
    plot_quality,
    plot_response_distributions,
    plot_traces,
)
from s1r_imaging.recording import Event

LONG_NAMES = (
    Event("very_long antagonist $BD_{1047}$ & how it was made\nup", 20.0, end_s=60.0, concentration_M=3e-9),
    Event("KCl", 100.0, end_s=110.0, concentration_M=0.05),
    Event("x_$y$_ionomycin", 140.0, concentration_M=1e-6),
)
OVERLAPPING = (
    Event("BD-1047", 20.0, end_s=130.0, concentration_M=1e-6),
    Event("PRE-084", 60.0, concentration_M=1e-5),
)
CASES: dict[str, dict[str, Any]] = {
    "typical": {},
    "no cells": {"n_cells": 0},
    "one cell": {"n_cells": 1, "responding": 1.0},
    "no ΔF/F0 at all": {"n_cells": 12, "dead": 1.1},
    "some without ΔF/F0, uneven times": {"n_cells": 25, "dead": 0.2, "irregular": True},
    "no events": {"events": ()},
    "no responders": {"responding": 0.0},
    "three events with odd names": {"events": LONG_NAMES},
    "antagonist, then agonist": {"events": OVERLAPPING},
    "two frames": {"n_frames": 2, "events": ()},
    "a thousand cells": {"n_cells": 1000, "n_frames": 100},
}
HARD = ("one cell", "no ΔF/F0 at all", "three events with odd names")
PICTURES: dict[str, Callable[[Any], Any]] = {
    "cells": lambda s: plot_cells(s.image, s.labels, pixel_size_um=0.65),
    "cells by peak": lambda s: plot_cells(
        s.image, s.labels, values=s.responses.groupby("label")["peak_dff"].max(), values_label="Peak ΔF/F0",
        flags=s.traces.cells["flags"],
    ),
    "heat map": lambda s: plot_heatmap(s.traces, s.responses),
    "heat map without responses": lambda s: plot_heatmap(s.traces),
    "mean": lambda s: plot_mean_trace(s.traces),
    "means": lambda s: plot_mean_trace(s.traces, s.responses),
    "traces": lambda s: plot_traces(s.traces, s.responses),
    "distributions": lambda s: plot_response_distributions(s.responses),
    "quality": lambda s: plot_quality(s.traces, s.responses, shifts_px=np.zeros((len(s.traces.time_s), 2))),
    "overview": lambda s: overview_figure(s.image, s.labels, s.traces, s.responses, pixel_size_um=0.65),
}  # fmt: skip


@pytest.fixture(scope="module")
def scenes(build: Callable[..., Any]) -> dict[str, Any]:
    return {name: build(**options) for name, options in CASES.items()}


# The overview holds four pictures of each case; the others need only the cases that are hard for them.
@pytest.mark.parametrize(
    ("picture", "case"),
    [("overview", case) for case in CASES]
    + [(picture, case) for picture in PICTURES if picture != "overview" for case in HARD]
    + [("cells", "a thousand cells"), ("traces", "a thousand cells")],
)
def test_texts_stay_on_the_page_and_apart(
    picture: str, case: str, scenes: dict[str, Any], check_layout: Callable[[Figure], None]
) -> None:
    drawn = PICTURES[picture](scenes[case])
    check_layout(drawn if isinstance(drawn, Figure) else np.ravel(drawn)[0].get_figure(root=True))


def test_the_check_finds_texts_that_meet_or_leave_the_page(check_layout: Callable[[Figure], None]) -> None:
    for places in (((0.5, 0.5), (0.51, 0.5)), ((0.5, 0.5), (0.99, 0.5))):
        figure = Figure()
        for x, y in places:
            figure.text(x, y, "some words")
        with pytest.raises(AssertionError):
            check_layout(figure)
