"""A binding session as a Python script that repeats it."""

from typing import Any

from napari_plugin.binding.state import BindingState, Origin
from s1r_imaging.binding.plate import BindingPlateOptions
from s1r_imaging.binding_analysis import BindingOptions
from s1r_imaging.io.files import safe_name
from s1r_imaging.options import Options
from s1r_imaging.provenance import versions

DEFAULT_NAME = "binding"


def script(state: BindingState) -> str:
    """Return a Python script that gives the results of the window; it names only options that are no defaults.

    Parameters
    ----------
    state : BindingState
        With wells that files hold as they are.

    Returns
    -------
    str
        The script.

    Raises
    ------
    ValueError
        If the wells are in the window only.
    """
    if not state.has_wells:
        raise ValueError("There is no plate yet, so there is nothing to repeat: open or paste one first.")
    if not state.is_on_disk:
        raise ValueError("The wells are in this window only: save the session first; the script reads its files.")
    origin = state.origin
    reading = _changed(_reading(state), BindingPlateOptions())
    sources = [str(path) for path in origin.sources]
    counts = repr(sources[0]) if len(sources) == 1 else repr(sources)
    version = versions()["s1r-imaging"]
    lines = [
        f'"""The analysis of {_plain(origin.name)}, as in the window of s1r-imaging {version}."""',
        "",
        *(["from s1r_imaging.binding.plate import BindingPlateOptions"] if reading else []),
        "from s1r_imaging.binding_analysis import analyze_binding",
        "from s1r_imaging.binding_results import write_binding_results",
        "",
        "analysis = analyze_binding(",
        f"    {counts},",
        *([] if origin.plate_map is None else [f"    plate_map={str(origin.plate_map)!r},"]),
        *([f"    plate_options=BindingPlateOptions({_arguments(reading)}),"] if reading else []),
        *[f"    {name}={value!r}," for name, value in _changed(state.options, BindingOptions()).items()],
        ")",
        "print(analysis.fit.report())",
        f"write_binding_results(analysis, {folder_name(origin)!r})",
    ]
    return "\n".join(lines) + "\n"


def folder_name(origin: Origin) -> str:
    """Return what the results folder of wells is called unless the person says otherwise."""
    first = origin.sources[0].name.split(".")[0] if origin.sources else ""
    stem = origin.name if first == "plate" else first  # the file of a session has the session's name
    return safe_name(f"{stem}-binding" if stem else DEFAULT_NAME)


def _reading(state: BindingState) -> BindingPlateOptions:
    given = state.origin.reading.to_dict() | {"bad_counts": state.reading.bad_counts}
    return BindingPlateOptions.from_dict(given)


def _changed(options: Options, defaults: Options) -> dict[str, Any]:
    known = defaults.to_dict()
    return {name: value for name, value in options.to_dict().items() if value != known.get(name)}


def _arguments(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _plain(name: str) -> str:
    return name.replace("\\", "/").replace('"', "'")
