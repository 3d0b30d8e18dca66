"""A session as a Python script that repeats it."""

import dataclasses
import pprint
from pathlib import Path
from typing import Any

import numpy as np

from napari_plugin.session import Session
from s1r_imaging.analysis import STAGES, AnalysisOptions
from s1r_imaging.io.files import safe_name
from s1r_imaging.options import Options
from s1r_imaging.provenance import versions
from s1r_imaging.recording import Event, Recording
from s1r_imaging.runfile import RunFile, run_of

STACK_FILE = "recording.npy"
"""Where the script expects the frames of a recording that came from no file."""


def script(
    session: Session, *, labels: str | Path | None = None, background_region: str | Path | None = None
) -> str:
    """Return a Python script that gives the results of a session.

    It names only the options that are not the defaults.

    Parameters
    ----------
    session : Session
        With a recording.
    labels : path, optional
        Where the cells of the session are saved; needed where they were drawn or edited.
    background_region : path, optional
        Where the background region is saved; needed where there is one.

    Returns
    -------
    str
        The script.

    Raises
    ------
    ValueError
        If no recording is open, or cells were edited and `labels` does not say where they are, or there is a
        background region and `background_region` does not.
    """
    recording = session.opened
    if recording is None:
        raise ValueError("There is no recording yet, so there is nothing to repeat: open one first.")
    if session.labels_given and labels is None:
        raise ValueError("The cells were drawn or edited: save them to a file first, which the script then reads.")
    has_region = session.used_region is not None
    if has_region and background_region is None:
        raise ValueError("There is a background region: save it to a file first, which the script then reads.")
    run = run_of(
        recording,
        session.options,
        labels=Path(labels) if labels and session.labels_given else None,
        background_region=Path(background_region) if background_region and has_region else None,
        bleaching_reference=session.used_references,
    )
    return "\n".join([*_head(run, recording), *_call(run), "", *_tail(recording)]) + "\n"


def _head(run: RunFile, recording: Recording) -> list[str]:
    version = versions()["s1r-imaging"]
    names = ["analyze_recording", "write_results", *(["Event"] if run.events else [])]
    changed = _changed(run.options)
    names += ["AnalysisOptions"] if changed else []
    lines = [
        f'"""The analysis of {_plain(recording.name)}, as it was done in the window of s1r-imaging {version}."""',
        "",
        *(["import numpy as np", ""] if run.source is None or _are_regular(run.time_s) else []),
        f"from s1r_imaging import {', '.join(sorted(names, key=_as_ruff_sorts))}",
    ]
    imports = sorted((STAGES[name].__module__, STAGES[name].__name__) for name in changed)
    lines += [f"from {module} import {kind}" for module, kind in imports]
    if run.source is None:
        frames, (height, width) = recording.n_frames, recording.frame_shape
        lines += [
            "",
            f"# The recording was in memory and came from no file: {frames} frames of {height} × {width} pixels.",
            f"# Save them with np.save({STACK_FILE!r}, stack), or put another array in their place.",
            f"stack = np.load({STACK_FILE!r}, mmap_mode='r')",
        ]
    return [*lines, ""]


def _call(run: RunFile) -> list[str]:
    lines = ["analysis = analyze_recording(", "    stack," if run.source is None else f"    {str(run.source)!r},"]
    if run.time_s is not None:
        lines += [f"    time_s={_times(run.time_s)},"]
    if run.events:
        lines += ["    events=[", *(f"        {_event(event)}," for event in run.events), "    ],"]
    for name, path in (("labels", run.labels), ("background_region", run.background_region)):
        if path is not None:
            lines += [f"    {name}={str(path)!r},"]
    if run.bleaching_reference:
        paths = [f"        {str(path)!r}," for path in run.bleaching_reference]
        lines += ["    bleaching_reference=[", *paths, "    ],"]
    changed = _changed(run.options)
    if changed:
        lines += ["    options=AnalysisOptions("]
        lines += [
            f"        {name}={STAGES[name].__name__}({_arguments(given)})," for name, given in changed.items()
        ]
        lines += ["    ),"]
    return [*lines, ")"]


def _tail(recording: Recording) -> list[str]:
    folder = safe_name(f"{recording.name}-results")
    return [
        f"write_results(analysis, {folder!r})",
        'print(analysis.responses.groupby("event")["is_responder"].mean())',
    ]


def _changed(options: AnalysisOptions) -> dict[str, dict[str, Any]]:
    """Return the options of each stage that are not its defaults; motion correction is off by default."""
    stages: dict[str, Options | None] = {name: getattr(options, name) for name in STAGES}
    changed = {name: _not_default(stage) for name, stage in stages.items() if stage is not None}
    return {name: given for name, given in changed.items() if given or name == "motion"}


def _not_default(options: Options) -> dict[str, Any]:
    defaults = type(options)()
    values = {item.name: getattr(options, item.name) for item in dataclasses.fields(options)}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}


def _event(event: Event) -> str:
    return f"Event({_arguments({name: value for name, value in vars(event).items() if value is not None})})"


def _arguments(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _times(times: tuple[float, ...]) -> str:
    if _are_regular(times):
        return f"np.arange({len(times)}) * {times[1]!r}"
    return pprint.pformat(list(times), width=90, compact=True).replace("\n", "\n    ")


def _are_regular(times: tuple[float, ...] | None) -> bool:
    return times is not None and np.array_equal(np.arange(len(times)) * times[1], times)


def _plain(name: str) -> str:
    """Return a name that a docstring can hold."""
    return name.replace("\\", "/").replace('"', "'")


def _as_ruff_sorts(name: str) -> tuple[bool, str]:
    return (name[0].islower(), name)
