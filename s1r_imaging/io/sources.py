"""Where the numbers come from that turn frames into seconds and pixels into micrometres, in a few words."""

from typing import Any

from s1r_imaging.recording import Recording


def time_source(recording: Recording) -> str:
    """Say where the frame times of a recording come from.

    Parameters
    ----------
    recording : Recording
        As `read_recording` gives it, or made from such a one.

    Returns
    -------
    str
        A few words, such as ``"the file (OME DeltaT)"``.

    Examples
    --------
    >>> import numpy as np
    >>> from s1r_imaging import read_recording
    >>> time_source(read_recording(np.zeros((9, 4, 4)), frame_interval_s=0.5))
    'frame_interval_s given'
    """
    found = _reading(recording).get("frame_interval_from")
    if found is None:
        return "given with the recording"
    if found in ("time_s", "frame_interval_s"):
        return f"{found} given"
    return f"the file ({found})"


def pixel_size_source(recording: Recording) -> str:
    """Say where the pixel size of a recording comes from.

    Parameters
    ----------
    recording : Recording
        As `read_recording` gives it, or made from such a one.

    Returns
    -------
    str
        A few words, such as ``"the file"``.

    Examples
    --------
    >>> import numpy as np
    >>> from s1r_imaging import read_recording
    >>> pixel_size_source(read_recording(np.zeros((9, 4, 4)), frame_interval_s=0.5))
    'not known'
    """
    if recording.pixel_size_um is None:
        return "not known"
    reading = _reading(recording)
    if not reading:
        return "given with the recording"
    return "pixel_size_um given" if "pixel_size_um" in reading else "the file"


def _reading(recording: Recording) -> dict[str, Any]:
    """Return the options of the step that read it; nothing for a recording that was made otherwise."""
    steps = [step for step in recording.history if step.name == "read_recording"]
    return dict(steps[-1].options) if steps else {}
