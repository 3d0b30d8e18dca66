"""Plate maps: what was in each well of a functional plate, as rows of a design, and responses by well.

A well is a recording of its own, named ``<plate>_<well>``. `read_plate_map` makes design rows with those
names, and `well_recordings` gives them to the responses that were measured in the traces of a plate.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s1r_imaging.errors import S1RImagingError
from s1r_imaging.experiment.map_wells import read_map_wells
from s1r_imaging.experiment.well_roles import NOT_USED, is_given, well_role
from s1r_imaging.io.decimals import DecimalMark
from s1r_imaging.io.events import format_events
from s1r_imaging.io.grids import well_position
from s1r_imaging.recording import Event, Traces

_COLUMNS = (
    "recording",
    "condition",
    "role",
    "replicate",
    "plate",
    "well",
    "agonist",
    "agonist_M",
    "antagonist",
    "antagonist_M",
)
_UNITS = ((1.0, "M"), (1e-3, "mM"), (1e-6, "µM"), (1e-9, "nM"), (1e-12, "pM"))
_MOST_PROBLEMS = 12


def read_plate_map(
    path: str | os.PathLike[str] | pd.DataFrame,
    *,
    plate: str | None = None,
    events: Iterable[Event] = (),
    decimal: DecimalMark | None = None,
) -> pd.DataFrame:
    """Read a plate map as rows of a design, one per well.

    Three layouts are read, from text in any usual encoding, ``.xlsx`` or a DataFrame: runs of wells (columns Row,
    Start and End: one line for A1 to A6), a table with one row per well, and grids of the plate, one per property,
    with the property's name above. Properties are role (or type), condition (or contents), agonist (or
    compound), antagonist, their concentrations with a unit, replicate, and any others, which are kept.

    Parameters
    ----------
    path : path or DataFrame
        The map.
    plate : str, optional
        Name of the plate, as the traces have it; what the map says, else the file's name, when not given.
    events : iterable of Event
        What was added when, for every well alike: becomes the column ``events``.
    decimal : {".", ","}, optional
        Decimal mark; found out from the numbers when not given.

    Returns
    -------
    DataFrame
        ``recording`` (``<plate>_<well>``), ``condition, role, replicate, plate, well, agonist, agonist_M,
        antagonist, antagonist_M``, and the map's other columns; in the order A1, A2 … Each well is a replicate of
        its own unless the map has a column for it. Wells that are called empty or blank are left out.

    Raises
    ------
    S1RImagingError
        If the file cannot be read or is no plate map; or wells stand in it twice, concentrations have no unit, or
        roles are unknown: all that is wrong in one message.
    ValueError
        The same for a DataFrame.

    Notes
    -----
    A word for the role decides where it is known (`parse_role`). "Control" means vehicle for wells without a
    compound and positive control for wells with one; "compound", "sample" or no word at all mean what the
    compounds and concentrations say.

    Examples
    --------
    >>> runs = pd.DataFrame({"Row": ["A", "B"], "Start": [1, 1], "End": [2, 1], "Type": ["Control", "Compound"],
    ...                      "Compound": [None, "PRE-084"], "Concentration": [0, 300], "Units": ["nM", "nM"]})
    >>> read_plate_map(runs, plate="p1")[["recording", "condition", "role"]].to_numpy().tolist()
    [['p1_A1', 'vehicle', 'vehicle'], ['p1_A2', 'vehicle', 'vehicle'], ['p1_B1', 'PRE-084 300 nM', 'agonist']]
    """
    source = "the DataFrame" if isinstance(path, pd.DataFrame) else str(Path(path))
    fault: type[Exception] = ValueError if isinstance(path, pd.DataFrame) else S1RImagingError
    wells = read_map_wells(path, decimal=decimal)
    default = plate or ("plate" if isinstance(path, pd.DataFrame) else Path(path).stem)
    if plate is not None and len(set(wells.plates)) > 1:
        wells = wells.of_plate(plate)
        if not wells.rows:
            raise fault(f"{source} has no plate {plate!r}.")
    text = format_events(events)
    problems = list(wells.problems)
    rows = [
        row
        for own, well, properties in zip(wells.plates, wells.wells, wells.rows, strict=True)
        if (row := _design_row(plate or own or default, well, properties, problems)) is not None
    ]
    if problems:
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        raise fault(f"{source} cannot be used as a plate map: {'; '.join(problems[:_MOST_PROBLEMS])}{more}.")
    if text:
        rows = [row | {"events": text} for row in rows]
    columns = list(dict.fromkeys([*_COLUMNS, *(key for row in rows for key in row)]))
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    table = table.astype({"agonist_M": np.float64, "antagonist_M": np.float64})
    order = sorted(range(len(rows)), key=lambda at: (str(rows[at]["plate"]), well_position(str(rows[at]["well"]))))
    return table.iloc[order].reset_index(drop=True)


def well_recordings(traces: Traces, responses: pd.DataFrame) -> pd.DataFrame:
    """Name each row of a plate's responses after its well, as a recording of its own.

    Parameters
    ----------
    traces : Traces
        Traces of a plate, whose `cells` have a column ``well``.
    responses : DataFrame
        Table that `measure_responses` made of them.

    Returns
    -------
    DataFrame
        The same rows with ``recording`` as ``<plate>_<well>``.

    Raises
    ------
    ValueError
        If the traces are of no plate, or the responses are of other traces.

    Examples
    --------
    >>> traces = Traces([0, 1], [[1, 2]], cells=pd.DataFrame({"well": ["B7"]}, index=[1]), name="p1")
    >>> well_recordings(traces, pd.DataFrame({"recording": ["p1"], "label": [1]}))
      recording  label
    0     p1_B7      1
    """
    if "well" not in traces.cells:
        raise ValueError(f"traces {traces.name!r} have no wells: expected those that read_plate_reader made.")
    missing = [name for name in ("recording", "label") if name not in responses]
    if missing:
        raise ValueError(f"responses has no column {missing[0]!r}: expected the table of measure_responses.")
    unknown = ~responses["label"].isin(traces.cells.index) | (responses["recording"] != traces.name)
    if unknown.any():
        row = responses[unknown].iloc[0]
        raise ValueError(
            f"responses hold label {row['label']} of {row['recording']!r}, which is not in traces {traces.name!r}."
        )
    names = traces.name + "_" + traces.cells["well"].astype(str)
    return responses.assign(recording=responses["label"].map(names).astype(object))


def _design_row(
    plate: str, well: str, properties: Mapping[str, Any], problems: list[str]
) -> dict[str, Any] | None:
    role = well_role(properties)
    if role == NOT_USED:
        return None
    if role is None:
        problems.append(
            f"{well} has the unknown role {properties.get('role')!r} (expected vehicle, agonist, antagonist, "
            "antagonist + agonist, positive control, maximum or minimum)"
        )
    given = {name: is_given(properties, name) for name in ("agonist", "antagonist")}
    known = {name: properties[name] if is_there else None for name, is_there in given.items()}
    doses = {name: _dose(properties.get(f"{name}_M")) if is_there else np.nan for name, is_there in given.items()}
    recording = f"{plate}_{well}"
    extra = {name: cell for name, cell in properties.items() if name not in {*_COLUMNS, "role", "contents"}}
    return {
        "recording": recording,
        "condition": properties.get("condition") or _condition(properties, role, known, doses),
        "role": role,
        "replicate": str(properties.get("replicate") or recording),
        "plate": plate,
        "well": well,
        "agonist": known["agonist"],
        "agonist_M": doses["agonist"],
        "antagonist": known["antagonist"],
        "antagonist_M": doses["antagonist"],
        **extra,
    }


def _dose(value: Any) -> float:
    return np.nan if value is None else float(value)


def _condition(
    properties: Mapping[str, Any], role: str | None, known: Mapping[str, Any], doses: Mapping[str, float]
) -> str:
    parts = [
        f"{known[name]} {_amount(doses[name])}".strip()
        for name in ("antagonist", "agonist")
        if known[name] is not None
    ]
    return " + ".join(parts) or str(properties.get("contents") or (role or "").replace("_", " "))


def _amount(molar: float) -> str:
    if not np.isfinite(molar):
        return ""
    factor, unit = next(((one, word) for one, word in _UNITS if molar >= 0.9999 * one), _UNITS[-1])
    return f"{molar / factor:.4g} {unit}" if molar > 0 else "0"
