from dataclasses import replace

import numpy as np
import pytest

from s1r_imaging.binding.validity import Evidence, judge
from s1r_imaging.flags import BindingFlag

SOUND = Evidence(
    ic50_M=1e-8,
    ki_M=5e-9,
    radioligand_M=3e-9,
    kd_M=3e-9,
    receptor_M=1e-10,
    top_M=1e-5,
    bound_fraction=0.02,
    bias=0.01,
    hill_low=0.9,
    hill_high=1.1,
    exact=False,
    one_site=True,
)


def test_a_sound_assay_has_no_flag() -> None:
    assert judge(SOUND) == (0, ())
    unknown = replace(
        SOUND, receptor_M=np.nan, bound_fraction=np.nan, bias=np.nan, hill_low=np.nan, hill_high=np.nan
    )
    assert judge(unknown) == (0, ())


@pytest.mark.parametrize(
    ("change", "flag", "advice"),
    [
        ({"bound_fraction": 0.15}, BindingFlag.DEPLETION, "equilibrium='exact'"),
        ({"bias": 0.44}, BindingFlag.RECEPTOR_NEAR_IC50, "44 %"),
        ({"receptor_M": 2.1e-8}, BindingFlag.RECEPTOR_NEAR_IC50, "less membrane"),
        ({"receptor_M": np.nan, "ki_M": 3e-10, "ic50_M": 6e-10}, BindingFlag.TIGHT_BINDING, "receptor_M"),
        ({"hill_low": 1.05, "hill_high": 1.4}, BindingFlag.HILL_NOT_ONE, "depleted competitor"),
        ({"hill_low": 0.5, "hill_high": 0.8}, BindingFlag.HILL_NOT_ONE, "two_site"),
        ({"radioligand_M": 3.0}, BindingFlag.IMPLAUSIBLE_UNIT, "mol/L"),
        ({"kd_M": 3e-6}, BindingFlag.IMPLAUSIBLE_UNIT, "[L]/Kd"),
        ({"ki_M": 1e-12}, BindingFlag.IMPLAUSIBLE_UNIT, "Ki is"),
        ({"top_M": 100.0}, BindingFlag.IMPLAUSIBLE_UNIT, "top concentration"),
        ({"receptor_M": 1e-7}, BindingFlag.IMPLAUSIBLE_UNIT, "half of the receptor"),
    ],
)
def test_each_doubt_is_flagged_with_advice(change: dict[str, float], flag: BindingFlag, advice: str) -> None:
    flags, sentences = judge(replace(SOUND, **change))  # type: ignore[arg-type]
    assert flags & flag
    assert advice in " ".join(sentences)


def test_the_exact_equilibrium_is_not_blamed_for_depletion() -> None:
    flags, _ = judge(replace(SOUND, bound_fraction=0.3, bias=2.0, hill_low=1.2, hill_high=1.5, exact=True))
    assert flags == 0
