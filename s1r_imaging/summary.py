"""The answer of an analysis in a few lines of text, for the command line and the window."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from s1r_imaging.analysis import Analysis
from s1r_imaging.flags import CellFlag


def summary_lines(analysis: Analysis) -> list[str]:
    """Say how many cells responded to each event, how strongly, and what is suspect.

    Parameters
    ----------
    analysis : Analysis
        What `analyze_recording` returned.

    Returns
    -------
    list of str
        One line per fact.
    """
    recording = analysis.recording
    frames = f"{recording.n_frames} frames, {recording.frame_interval_s:.4g} s apart"
    lines = [f"{recording.name}: {frames}, {analysis.traces.n_cells} cells."]
    if not analysis.traces.n_cells:
        return [*lines, no_cells_reason(analysis.images.mean, analysis.images.maximum)]
    return [*lines, *response_lines(analysis.responses)]


def response_lines(responses: pd.DataFrame) -> list[str]:
    """Say how many cells responded to each event, how strongly, and how many are flagged.

    Parameters
    ----------
    responses : DataFrame
        What `measure_responses` returned.

    Returns
    -------
    list of str
        One line per event, and one that counts the flags where there are any.
    """
    lines = [_event_line(str(event), rows) for event, rows in responses.groupby("event", sort=False)]
    counts = _flag_counts(responses)
    return [*lines, f"Flags: {counts}."] if counts else lines


def no_cells_reason(mean: NDArray[np.float32], maximum: NDArray[np.float32], *, remedy: str = "") -> str:
    """Say why there may be no cells, and what to do.

    Parameters
    ----------
    mean, maximum : array, shape (Y, X)
        Summary images of the recording (counts).
    remedy : str
        What to do; that of the command line when not given.

    Returns
    -------
    str
        One sentence.
    """
    known = np.isfinite(mean)
    if not known.any():
        return "No cells: no pixel of the recording is a finite number."
    if np.all(maximum[known] == mean[known].flat[0]):
        return (
            f"No cells: every pixel is {mean[known].flat[0]:g} in every frame; was the camera dark, or saturated?"
        )
    default = "look at pictures/cells.png, give a diameter (--diameter-um), or your own --labels."
    return f"No cells were found: {remedy or default}"


def _event_line(event: str, rows: pd.DataFrame) -> str:
    responders = rows[rows["is_responder"]]
    share = f"{len(responders)} of {len(rows)} cells responded ({len(responders) / len(rows):.0%})"
    line = f"{event or 'whole recording'}: {share}"
    achieved = rows["false_responder_rate"].iloc[0]
    if pd.notna(achieved):
        line += f"; the same call finds {achieved:.1%} responders in the baseline"
    if len(responders):
        line += (
            f"; median of the responders: peak ΔF/F0 {responders['peak_dff'].median():.3g}, "
            f"time to peak {responders['time_to_peak_s'].median():.3g} s"
        )
    return line + "."


def _flag_counts(responses: pd.DataFrame) -> str:
    """Count the cells that have each flag, those with several stimuli once."""
    flagged = (
        (flag, responses.loc[(responses["flags"] & int(flag)) != 0, "label"].nunique()) for flag in CellFlag
    )
    return ", ".join(f"{flag.name.lower()} {count}" for flag, count in flagged if flag.name and count)
