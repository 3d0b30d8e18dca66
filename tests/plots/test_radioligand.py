from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from s1r_imaging.binding.kinetics import fit_association, fit_dissociation
from s1r_imaging.binding.measured import MeasuredFit
from s1r_imaging.binding.saturation import fit_saturation
from s1r_imaging.plots import plot_radioligand
from s1r_imaging.plots.radioligand import radioligand_answers, radioligand_curves
from tests.binding.test_kinetics import association_table, dissociation_table
from tests.binding.test_saturation import curves, noisy_saturation, plate_of

FITS: dict[str, Callable[[], MeasuredFit]] = {
    "saturation": lambda: fit_saturation(noisy_saturation(4)),
    "association": lambda: fit_association(association_table(2)),
    "dissociation": lambda: fit_dissociation(dissociation_table(3)),
    "two phases": lambda: fit_dissociation(dissociation_table(4, fast=0.5), phases="two_phase"),
    "open": lambda: fit_saturation(noisy_saturation(2, kd=1e-5, bmax=3e6)),
    "too few": lambda: fit_saturation(noisy_saturation(3).iloc[:2]),
}


@pytest.mark.parametrize("name", FITS)
def test_every_answer_stands_above_its_figure(name: str, check_layout: Callable[[Figure], None]) -> None:
    fit = FITS[name]()
    ax = plot_radioligand(fit, signal_unit="cpm")
    figure = ax.get_figure(root=True)
    assert figure is not None
    check_layout(figure)
    legend = ax.get_legend()
    said = legend.get_title().get_text() if legend is not None else ax.get_title(loc="left")
    for answer in radioligand_answers(fit, signal_unit="cpm")[:4]:
        assert answer in said
    assert ax.get_ylabel() == "Bound radioligand (cpm)"


def test_answers_carry_the_numbers_of_the_fit() -> None:
    fit = FITS["saturation"]()
    kd = [fit.value("kd_M", column) * 1e9 for column in ("estimate", "ci_low", "ci_high")]
    bmax = [fit.value("bmax", column) for column in ("estimate", "ci_low", "ci_high")]
    assert radioligand_answers(fit, signal_unit="cpm") == [
        "Kd {:.2f} nM ({:.2f}–{:.2f})".format(*kd),
        "Bmax {:.0f} cpm ({:.0f}–{:.0f})".format(*bmax),
    ]
    assert radioligand_answers(FITS["too few"]()) == ["Kd not determined", "Bmax not determined"]
    assert radioligand_answers(FITS["open"]())[1].startswith("Bmax > ")
    assert "10⁶ /M/min" in radioligand_answers(FITS["association"]())[2]


def test_curves_are_those_of_the_fit_and_specific_is_the_difference() -> None:
    fit = fit_saturation(plate_of(*curves()))
    found = radioligand_curves(fit)
    assert found is not None
    table = found.pivot_table(index="concentration_M", columns="role", values="signal")
    dose = table.index.to_numpy()
    np.testing.assert_allclose(table["specific"], 8000 * dose / (3e-9 + dose), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(table["total"] - table["nonspecific"], table["specific"], rtol=1e-9, atol=1e-6)
    assert radioligand_curves(FITS["too few"]()) is None


def test_bands_hold_the_true_curve() -> None:
    place = pd.DataFrame({"role": ["total", "nonspecific", "specific"], "concentration_M": [3e-9] * 3})
    truth = np.array([4600.0, 600.0, 4000.0])
    inside = []
    for seed in range(60):
        fit = fit_saturation(noisy_saturation(seed))
        assert fit.predict is not None
        band = fit.predict(place)
        inside.append((band["ci_low"] < truth) & (truth < band["ci_high"]))
    share = np.mean(inside, axis=0)
    assert (share > 0.86).all()
    assert share.min() < 1.0  # not so wide that they say nothing
