"""From counts to Ki: plates, counts, quality, competition, saturation, kinetics, exact equilibrium.

The names below are imported from their modules when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s1r_imaging.binding.amounts import counts_to_fmol
    from s1r_imaging.binding.combine import combine_experiments
    from s1r_imaging.binding.competition import fit_competition
    from s1r_imaging.binding.conversions import cheng_prusoff, munson_rodbard, nikolovska_coleska
    from s1r_imaging.binding.counts import (
        cpm_to_dpm,
        decay_specific_activity,
        dpm_to_fmol,
        fmol_per_mg,
        radioligand_concentration,
    )
    from s1r_imaging.binding.equilibrium import competitive_equilibrium
    from s1r_imaging.binding.kinetics import fit_association, fit_competition_kinetics, fit_dissociation
    from s1r_imaging.binding.ligand_table import ligands
    from s1r_imaging.binding.plate import check_plate, read_binding_plate
    from s1r_imaging.binding.quality import plate_quality
    from s1r_imaging.binding.result import BindingFit
    from s1r_imaging.binding.runs import control_chart
    from s1r_imaging.binding.saturation import fit_saturation

__all__ = [
    "BindingFit",
    "check_plate",
    "cheng_prusoff",
    "combine_experiments",
    "competitive_equilibrium",
    "control_chart",
    "counts_to_fmol",
    "cpm_to_dpm",
    "decay_specific_activity",
    "dpm_to_fmol",
    "fit_association",
    "fit_competition",
    "fit_competition_kinetics",
    "fit_dissociation",
    "fit_saturation",
    "fmol_per_mg",
    "ligands",
    "munson_rodbard",
    "nikolovska_coleska",
    "plate_quality",
    "radioligand_concentration",
    "read_binding_plate",
]

_HOME = {
    "BindingFit": "result",
    "check_plate": "plate",
    "cheng_prusoff": "conversions",
    "combine_experiments": "combine",
    "competitive_equilibrium": "equilibrium",
    "control_chart": "runs",
    "counts_to_fmol": "amounts",
    "cpm_to_dpm": "counts",
    "decay_specific_activity": "counts",
    "dpm_to_fmol": "counts",
    "fit_association": "kinetics",
    "fit_competition": "competition",
    "fit_competition_kinetics": "kinetics",
    "fit_dissociation": "kinetics",
    "fit_saturation": "saturation",
    "fmol_per_mg": "counts",
    "ligands": "ligand_table",
    "munson_rodbard": "conversions",
    "nikolovska_coleska": "conversions",
    "plate_quality": "quality",
    "radioligand_concentration": "counts",
    "read_binding_plate": "plate",
}


if not TYPE_CHECKING:  # a type checker must see the names above, and no others

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names too, for completion."""
    return sorted({*globals(), *__all__})
