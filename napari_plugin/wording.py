"""Names of options and of their choices in words."""

import re
from collections.abc import Mapping
from dataclasses import fields

from s1r_imaging.options import Options

UNITS: Mapping[str, str] = {
    "Ci_per_mmol": "Ci/mmol",
    "Ci_mmol": "Ci/mmol",
    "per_M_min": "L/mol/min",
    "per_min": "1/min",
    "per_M": "per mol/L",
    "percent": "%",
    "counts": "counts",
    "cpm": "cpm",
    "dff": "ΔF/F0",
    "min": "min",
    "um": "µm",
    "px": "pixels",
    "nM": "nM",
    "uL": "µL",
    "mg": "mg",
    "M": "mol/L",
    "s": "s",
}
"""Ending of the name of an option to the unit of its value; longer endings first."""

STAGE_WORDS: Mapping[str, str] = {
    "motion": "motion",
    "images": "summary",
    "cells": "cells",
    "traces": "traces",
    "references": "untreated recordings",
    "dff": "ΔF/F0",
    "responses": "responses",
}
"""Stages of the session, as they are called in the window."""

COMMON: Mapping[str, tuple[str, ...]] = {
    "motion": (),
    "segmentation": ("method", "diameter_um", "min_score"),
    "traces": ("background",),
    "dff": ("f0", "f0_end_s", "bleaching"),
    "responses": ("false_responder_rate", "min_amplitude_dff"),
    "recording": ("frame_interval_s", "pixel_size_um"),
    "compare": ("measure", "method", "event", "pairing", "correction"),
    "concentration_response": ("response_scale", "inhibition_floor"),
    "saturation": ("sites", "depletion", "signal_per_M"),
    "association": ("kd_M", "k_off_per_min", "k_off_se_per_min"),
    "dissociation": ("phases",),
    "binding": ("radioligand_nM", "kd_nM", "model", "equilibrium"),
}
"""Section to the options that are always shown; the others stand behind "More options"."""

_WORDS = {
    "bi": "bi-",
    "cv": "CV",
    "ec50": "EC50",
    "f0": "F0",
    "hill": "Hill",
    "kb": "KB",
    "kd": "Kd",
    "ki": "Ki",
    "koff": "k_off",
    "mono": "mono-",
    "n": "number of",
    "pki": "pKi",
    "prime": "prime",
    "sd": "SD",
    "se": "SE",
    "z": "Z",
}
_RATES = {"k_on": "k‑on", "k_off": "k‑off", "z_prime": "Z′"}
_NAMES = {
    "t": "time (t)",
    "z": "slices (z)",
    "c": "channels (c)",
    ".": "point (.)",
    ",": "comma (,)",
    "cheng_prusoff": "Cheng–Prusoff",
    "benjamini_hochberg": "Benjamini–Hochberg",
    "holm": "Holm",
    "dunnett": "Dunnett",
    "1/y": "1/y",
    "1/y2": "1/y²",
    "mono_exponential": "mono-exponential",
    "bi_exponential": "bi-exponential",
    "prestimulus": "before the stimulus",
    "reference": "untreated cells",
}


def option_label(name: str, section: str = "") -> str:
    """Return the name of an option in words, with the unit of its value.

    >>> option_label("diameter_um"), option_label("f0_min_frames"), option_label("motion_jump_px", "motion")
    ('Diameter (µm)', 'F0 min frames', 'Jump (pixels)')
    """
    plain = name.removeprefix(f"{section}_")
    unit = next((unit for unit in UNITS if plain.endswith(f"_{unit}")), None)
    if unit is not None:
        plain = plain.removesuffix(f"_{unit}")
    words = _in_words(plain)
    label = words[0].upper() + words[1:] if not re.match(r"(k‑|p[A-Z])", words) else words
    return label if unit is None else f"{label} ({UNITS[unit]})"


def said_in_window(message: str, *options: type[Options]) -> str:
    """Return a sentence of the library as it reads in a window: options by their labels, no flags of commands.

    >>> from s1r_imaging.binding_analysis import BindingOptions
    >>> said_in_window("kd_nM was not given: say the Kd (--kd-nM).", BindingOptions)
    'Kd (nM) was not given: say the Kd.'
    """
    plain = re.sub(r" \(--[\w-]+\)", "", message)
    for kind in options:
        for item in fields(kind):
            label = option_label(item.name, kind.section)
            plain = re.sub(rf"\b{item.name}=(?=['\d])", f"{label} ", plain)
            plain = re.sub(rf"\b{item.name}=", label, plain)
            plain = re.sub(rf"\b{item.name}\b", label, plain) if "_" in item.name else plain
    return plain


def choice_label(choice: str) -> str:
    """Return a choice in words.

    >>> choice_label("replicate_means"), choice_label("cheng_prusoff")
    ('replicate means', 'Cheng–Prusoff')
    """
    return _NAMES.get(choice) or _in_words(choice)


def _in_words(name: str) -> str:
    for rate, word in _RATES.items():
        name = name.replace(rate, word)
    return " ".join(_WORDS.get(part, part) for part in name.split("_") if part) or name
