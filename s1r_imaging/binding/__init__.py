"""From counts to Ki: plates, counts, quality, competition, saturation, kinetics, exact equilibrium.

The names below are imported from their modules when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s1r_imaging.binding.competition import fit_competition
    from s1r_imaging.binding.conversions import cheng_prusoff, munson_rodbard, nikolovska_coleska
    from s1r_imaging.binding.equilibrium import competitive_equilibrium
    from s1r_imaging.binding.ligand_table import ligands
    from s1r_imaging.binding.plate import read_binding_plate

__all__ = [
    "cheng_prusoff",
    "competitive_equilibrium",
    "fit_competition",
    "ligands",
    "munson_rodbard",
    "nikolovska_coleska",
    "read_binding_plate",
]

_HOME = {
    "cheng_prusoff": "conversions",
    "competitive_equilibrium": "equilibrium",
    "fit_competition": "competition",
    "ligands": "ligand_table",
    "munson_rodbard": "conversions",
    "nikolovska_coleska": "conversions",
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
