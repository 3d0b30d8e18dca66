"""From layers to one row per well: which layer belongs to which plate, and what is wrong with them."""

import math
import re
from collections import defaultdict
from typing import Any

import pandas as pd

from s1r_imaging.binding.layers import LAYOUT, Layer, Layers, listed, plate_word
from s1r_imaging.binding.roles import EMPTY, parse_role, role_in_place_of_compound
from s1r_imaging.io.concentrations import to_molar
from s1r_imaging.io.decimals import parse_number
from s1r_imaging.io.grids import well_position

MAP_PROPERTIES = ("role", "compound", "concentration", "experiment", "replicate", LAYOUT)
"""What a plate map may say of a well."""

_COMPOUND_AND_DOSE = re.compile(
    r"(?P<compound>.*?)[\s,;:@_(]+(?P<dose>[\d.,]+(?:[eE][+-]?\d+)?\s*(?:[munpfµμ]?M|[munp]?mol/?[lL]))\)?"
)


_NO_ROWS = ("experiment", "compound", "role", "concentration_M", "replicate", "signal", "plate", "well", "where")


class Problems:
    """Problems of a plate, gathered by kind, so that one message can name them all."""

    def __init__(self) -> None:
        self._wells: dict[str, list[str]] = defaultdict(list)
        self._said: list[str] = []

    def add(self, kind: str, well: str) -> None:
        """Note that a well has a problem of a kind."""
        self._wells[kind].append(well)

    def say(self, sentence: str) -> None:
        """Note a problem of the whole plate."""
        self._said.append(sentence)

    def all(self) -> list[str]:
        """Return one part of a sentence for each kind, with the wells that have it."""
        return self._said + [f"{kind} in {listed(wells)}" for kind, wells in self._wells.items()]


def assemble(counts: Layers, plate_map: Layers | None, problems: Problems) -> pd.DataFrame:
    """Put counts and plate map together, one row per well.

    Parameters
    ----------
    counts : Layers
        Layers of the file of counts, which may hold a plate map too.
    plate_map : Layers or None
        Layers of the plate map.
    problems : Problems
        What is wrong is added here.

    Returns
    -------
    DataFrame
        Columns ``experiment, compound, role, concentration_M, signal, well, replicate, plate`` and others that
        the files have; values are not checked yet beyond what had to be understood.
    """
    map_layers = (
        plate_map.layers if plate_map is not None else [x for x in counts.layers if x.name in MAP_PROPERTIES]
    )
    signals = signals_of(counts, problems)
    if not signals or not map_layers:
        if signals:
            problems.say("no plate map: neither roles nor compounds are named, give plate_map=")
        return pd.DataFrame()
    others = [
        x for x in counts.layers if x.name != "signal" and not (x.name in MAP_PROPERTIES and plate_map is None)
    ]
    names = {x.name for x in map_layers}
    if "" in names and names & {"role", "compound", LAYOUT}:
        problems.say("a grid of the map has no name: write role, compound or concentration (nM) above it")
    rows: list[dict[str, Any]] = []
    unknown = {x.plate for x in map_layers if x.plate is not None} - set(signals)
    if unknown and len(signals) > 1:
        problems.say(f"the map describes plate {listed(sorted(unknown))}, but the counts have {listed(signals)}")
    for number, (plate, signal) in enumerate(signals.items()):
        known = _layers_of_plate(map_layers, plate, number, len(signals), problems)
        extra = _layers_of_plate([x for x in others if x.name not in known], plate, number, len(signals), problems)
        rows += _rows_of_plate(plate, signal, known, extra, problems, name_plate=len(signals) > 1)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=[*_NO_ROWS])


def signals_of(counts: Layers, problems: Problems) -> dict[str, Layer]:
    """Return the layer of counts of each plate, by its name.

    Parameters
    ----------
    counts : Layers
        Layers of the file of counts.
    problems : Problems
        What is wrong is added here.

    Returns
    -------
    dict of str to Layer
        Plates in the order of the file.
    """
    named = [layer for layer in counts.layers if layer.name == "signal"]
    if not named:
        named = [layer for layer in counts.layers if layer.name == ""]
    if not named:
        found = sorted({layer.name for layer in counts.layers})
        problems.say(f"no counts were found (only {listed(found)}): name their column with counts_column=")
    signals: dict[str, Layer] = {}
    for number, layer in enumerate(named, start=1):
        plate = layer.plate if layer.plate is not None else str(number)
        if plate in signals:
            problems.say(
                f"plate {plate} has counts twice: name one of them with counts_column=, or name the plates"
            )
        signals[plate] = layer
    return signals


def _layers_of_plate(
    layers: list[Layer], plate: str, number: int, n_plates: int, problems: Problems
) -> dict[str, Layer]:
    """Return the layer of each property that belongs to one plate: by its name, by its order, or one for all."""
    found: dict[str, Layer] = {}
    for name in dict.fromkeys(layer.name for layer in layers):
        own = [layer for layer in layers if layer.name == name]
        named = [layer for layer in own if layer.plate == plate]
        unnamed = [layer for layer in own if layer.plate is None] or (own if n_plates == 1 else [])
        if len(named) == 1:
            found[name] = named[0]
        elif len(unnamed) == 1 and not named:
            found[name] = unnamed[0]
        elif len(unnamed) == n_plates and not named:
            found[name] = unnamed[number]
        elif named or unnamed:
            problems.say(
                f"{len(named) or len(unnamed)} grids say {name or 'counts or something else'} of plate {plate}"
            )
    return found


def _rows_of_plate(
    plate: str,
    signal: Layer,
    known: dict[str, Layer],
    extra: dict[str, Layer],
    problems: Problems,
    *,
    name_plate: bool,
) -> list[dict[str, Any]]:
    if "" in known and not {"role", "compound", LAYOUT} & set(known):
        known = known | {LAYOUT: known[""]}
    rows = []
    described = {well for layer in known.values() for well, cell in layer.cells.items() if cell is not None}
    wells = [well for well in signal.cells if well in described or signal.cells[well] is not None]
    wells += sorted((well for well in described if well not in signal.cells), key=_order)
    for well in wells:
        where = f"{well} of plate {plate}" if name_plate else well
        if well not in described:
            problems.add("counts without a plate map (write 'empty' for unused wells)", where)
            continue
        row = _describe(well, known, problems, where)
        if row["role"] == EMPTY:
            continue
        if well not in signal.cells:
            problems.add("wells of the map that the counts lack", where)
            continue
        row |= {"signal": parse_number(signal.cells[well], decimal=signal.decimal), "plate": plate}
        row["well"] = "" if well.startswith("row ") else well
        row["experiment"] = row["experiment"] if row["experiment"] is not None else plate
        rows.append(row | {name: _plain_value(layer, well) for name, layer in extra.items()} | {"where": where})
    return rows


def _describe(well: str, known: dict[str, Layer], problems: Problems, where: str) -> dict[str, Any]:
    """Return what the map says of one well."""
    cells = {name: layer.cells.get(well) for name, layer in known.items()}
    role, compound, dose = cells.get("role"), cells.get("compound"), cells.get("concentration")
    unit = known["concentration"].unit if "concentration" in known else None
    if cells.get(LAYOUT) is not None and role is None and compound is None:
        role, compound, own_dose = _split_layout(str(cells[LAYOUT]))
        dose, unit = (dose, unit) if own_dose is None else (own_dose, None)
    if role is None and compound is not None:
        role = role_in_place_of_compound(compound) or "competitor"
        compound = compound if role == "competitor" else None
    parsed = parse_role(role) if role is not None else None
    if parsed is None:
        problems.add("no role" if role is None else f"unknown role {str(role)!r}", where)
    says_dose = known.get("concentration") or known.get(LAYOUT) or next(iter(known.values()))
    molar, problem = to_molar(dose, unit=unit, decimal=says_dose.decimal)
    if problem and parsed != EMPTY:
        problems.add(f"concentration that {problem}", where)
    elif parsed == "competitor" and math.isnan(molar):
        problems.add("competitor without a concentration", where)
    return {
        "experiment": None if cells.get("experiment") is None else plate_word(cells["experiment"]),
        "compound": "" if compound is None else str(compound),
        "role": parsed,
        "concentration_M": 0.0 if parsed in {"total", "blank"} and math.isnan(molar) else molar,
        "replicate": cells.get("replicate"),
    }


def _split_layout(text: str) -> tuple[str | None, str | None, str | None]:
    """Return role, compound and concentration of a cell such as "NSB", "haloperidol 10 nM"."""
    role = parse_role(text)
    if role is not None or not math.isnan(parse_number(text, decimal=".")):
        return role, None, None
    found = _COMPOUND_AND_DOSE.fullmatch(text.strip())
    if found is None:
        return None, text, None
    role = parse_role(found["compound"])
    return (role, None, found["dose"]) if role is not None else ("competitor", found["compound"], found["dose"])


def _plain_value(layer: Layer, well: str) -> Any:
    cell = layer.cells.get(well)
    number = parse_number(cell, decimal=layer.decimal)
    return cell if cell is not None and math.isnan(number) else number


def _order(well: str) -> tuple[int, int]:
    return (99, int(well.removeprefix("row "))) if well.startswith("row ") else well_position(well)
