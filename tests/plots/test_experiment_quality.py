"""What became of each recording: bars against the table, failures named, any number of recordings."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from s1r_imaging.plots import plot_recordings
from s1r_imaging.plots.style import figure_of


def tables(n: int, *, failed: tuple[int, ...] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [f"day{i // 4}_dish with a rather long name_{i}" for i in range(n)]
    conditions = [("vehicle", "PRE-084 10 µM", "BD-1047", "<b>both</b>")[i % 4] for i in range(n)]
    design = pd.DataFrame({"recording": names, "condition": conditions})
    runs = pd.DataFrame(
        {
            "recording": names[::-1],
            "status": ["failed" if n - 1 - i in failed else "done" for i in range(n)],
            "n_cells": [np.nan if n - 1 - i in failed else 10.0 + n - 1 - i for i in range(n)],
            "n_flagged": [np.nan if n - 1 - i in failed else 3.0 for i in range(n)],
        }
    )
    return runs, design


def test_bars_are_the_cells_of_each_recording_in_the_order_of_the_design() -> None:
    ax = plot_recordings(*tables(6, failed=(2,)))
    widths: list[Any] = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert widths == [[7, 8, 0, 10, 11, 12], [3, 3, 0, 3, 3, 3]]
    (crosses,) = [line for line in ax.lines if line.get_label() == "recording failed"]
    assert list(np.asarray(crosses.get_ydata())) == [2]
    assert "recording failed" not in [line.get_label() for line in plot_recordings(*tables(6)).lines]


@pytest.mark.parametrize("n", [0, 1, 12, 96, 384])
def test_texts_stay_on_the_page_and_apart(n: int, check_layout: Callable[[Figure], None]) -> None:
    runs, design = tables(n, failed=(0,) if n else ())
    check_layout(figure_of(plot_recordings(runs, design.sort_values("condition", kind="stable"))))
    check_layout(figure_of(plot_recordings(runs, design)))


def test_a_recording_without_a_run_keeps_its_row() -> None:
    runs, design = tables(4)
    ax = plot_recordings(runs[:2], design)
    assert [bar.get_width() for bar in ax.containers[0]] == [0, 0, 9, 10]
    assert "no recordings" in [text.get_text() for text in plot_recordings(runs[:0], design[:0]).findobj(Text)]
