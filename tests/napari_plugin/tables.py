"""Simulated tables as GraphPad Prism lays them out, to be pasted into the window."""

import numpy as np


def saturation_table(seed: int = 5, *, kd_nM: float = 3.0) -> str:
    """Return a saturation experiment of 8,000 cpm at most and a background of 30."""
    rng = np.random.default_rng(seed)
    lines = ["[3H]-(+)-pentazocine (nM)\tTotal (cpm)\t\t\tNSB (cpm)\t\t\tSD"]
    for dose in np.logspace(-0.5, 1.5, 8):
        elsewhere = 200 * dose + 30
        levels = [8000 * dose / (kd_nM + dose) + elsewhere] * 3 + [elsewhere] * 3
        cells = [f"{level * (1 + 0.03 * rng.standard_normal()):.0f}" for level in levels]
        lines.append("\t".join([f"{dose:.3f}", *cells, "3"]))
    return "\n".join(lines)


def schild_table(seed: int = 6, *, ec50_nM: float = 100.0, kb_nM: float = 10.0) -> str:
    """Return curves of an agonist, three replicates each, without and with an antagonist."""
    rng = np.random.default_rng(seed)
    antagonist = (0.0, 10.0, 30.0, 100.0)
    names = ["control", *(f"NE-100 {dose:g} nM" for dose in antagonist[1:])]
    lines = ["PRE-084 (nM)\t" + "\t".join(name + "\t" * 2 for name in names)]
    for dose in np.logspace(0, 5, 9):
        means = [dose / (dose + ec50_nM * (1 + taken / kb_nM)) for taken in antagonist]
        cells = [f"{mean + 0.03 * rng.standard_normal():.3f}" for mean in means for _ in range(3)]
        lines.append("\t".join([f"{dose:.3g}", *cells]))
    return "\n".join(lines)
