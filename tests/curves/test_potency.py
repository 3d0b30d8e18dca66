import numpy as np
import pytest

from s1r_imaging.curves.potency import judge_midpoint
from s1r_imaging.flags import CurveFlag

DOSES = [-np.inf, -9.0, -8.0, -7.0, -6.0, -5.0]


@pytest.mark.parametrize(
    ("estimate", "flat_p", "relation", "value"),
    [
        (-7.2, 1e-9, "=", -7.2),
        (-5.0, 1e-9, "=", -5.0),
        (-4.6, 1e-9, ">", -5.0),
        (291.0, 1e-9, ">", -5.0),
        (-9.5, 1e-9, "<", -9.0),
        (-7.2, 0.2, "", np.nan),
        (np.nan, 1e-9, "", np.nan),
        (-7.2, np.nan, "=", -7.2),
    ],
)
def test_a_midpoint_is_a_number_a_limit_or_nothing(
    estimate: float, flat_p: float, relation: str, value: float
) -> None:
    found = judge_midpoint(estimate, DOSES, flat_p=flat_p)
    assert found.relation == relation
    np.testing.assert_equal(found.value, value)
    assert bool(found.flags & CurveFlag.CENSORED) == (relation in {">", "<"})
    assert bool(found.flags & CurveFlag.NO_CONCENTRATION_DEPENDENCE) == (flat_p >= 0.05)


def test_without_doses_nothing_is_known() -> None:
    assert judge_midpoint(-7.0, [-np.inf, -np.inf], flat_p=1e-9).relation == ""
