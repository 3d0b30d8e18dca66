"""How wells look: by their counts, or by their role."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from napari_plugin.binding.grid import WellLook
from napari_plugin.binding.wells import LEFT_OUT, NO_ROLE, Place
from s1r_imaging.io.concentrations import concentration_words
from s1r_imaging.plots.binding import compound_styles
from s1r_imaging.plots.plate import well_places

ROLE_WORDS: Mapping[str, str] = {
    "total": "Total",
    "nonspecific": "Non-specific",
    "competitor": "Competitor",
    "blank": "Blank",
    NO_ROLE: "No role",
}
"""Role to what the window calls it."""
ROLE_COLOURS: Mapping[str, str] = {
    "total": "#4D4D4D",
    "nonspecific": "#B3B3B3",
    "blank": "#F0E442",
    NO_ROLE: "#8FA3B8",
}
"""Role to its colour; competitors have that of their compound, as in the figures."""
ROLE_LETTERS: Mapping[str, str] = {"total": "T", "nonspecific": "NS", "blank": "B", "competitor": "", NO_ROLE: ""}


def looks_by_counts(wells: pd.DataFrame) -> dict[Place, WellLook]:
    """Return the wells of a plate coloured by their counts, from few to many of this plate.

    Parameters
    ----------
    wells : DataFrame
        Wells of one plate.

    Returns
    -------
    dict
        Row and column to its look.
    """
    signal = wells["signal"].to_numpy(dtype=float)
    known = signal[np.isfinite(signal)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    colours = mpl.colormaps["viridis"]((signal - low) / ((high - low) or 1.0))
    fills = ["#00000000" if np.isnan(value) else to_hex(row) for value, row in zip(signal, colours, strict=True)]
    return _looks(wells, fills, dict.fromkeys(wells["well"], ""))


def looks_by_role(wells: pd.DataFrame, colours: Mapping[str, str]) -> dict[Place, WellLook]:
    """Return the wells of a plate coloured by their role, competitors with −log10 of their concentration.

    Parameters
    ----------
    wells : DataFrame
        Wells of one plate.
    colours : mapping
        Compound to its colour.

    Returns
    -------
    dict
        Row and column to its look.
    """
    fills, letters = [], {}
    for row in wells.to_dict("records"):
        is_competitor = row["role"] == "competitor"
        fills.append(colours.get(str(row["compound"]), "#000000") if is_competitor else ROLE_COLOURS[row["role"]])
        dose = float(row["concentration_M"])
        exponent = f"{-np.log10(dose):.1f}" if is_competitor and dose > 0 else ""
        letters[row["well"]] = exponent or ROLE_LETTERS[row["role"]]
    return _looks(wells, fills, letters)


def compound_colours(table: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each competitor, the same as in the figures."""
    own = table[table["role"] == "competitor"]
    return {name: colour for name, (colour, _) in compound_styles(own).items()} if len(own) else {}


def words_of(row: Mapping[Any, Any]) -> str:
    """Say what a well holds."""
    parts = [ROLE_WORDS[str(row["role"])]]
    if row["compound"]:
        parts.append(str(row["compound"]))
    if row["concentration_M"] > 0:
        parts.append(concentration_words(float(row["concentration_M"])))
    signal = float(row["signal"])
    counts = "no counts" if np.isnan(signal) else f"{signal:g} counts"
    out = "; left out" if row[LEFT_OUT] else ""
    return f"{row['well']}: {', '.join(parts)}; {counts}{out}"


def _looks(wells: pd.DataFrame, fills: list[str], letters: Mapping[Any, str]) -> dict[Place, WellLook]:
    places = well_places(wells["well"]).tolist()
    return {
        (row, column): WellLook(fill, letters[well["well"]], words_of(well), bool(well[LEFT_OUT]))
        for (row, column), fill, well in zip(places, fills, wells.to_dict("records"), strict=True)
    }
