"""Wells that went wrong are named; sound wells are not."""

from s1r_imaging.binding.outliers import outlying_wells
from s1r_imaging.binding_analysis import analyze_binding
from s1r_imaging.simulate import simulate_binding_plate


def test_sound_wells_are_rarely_named_and_wells_that_went_wrong_mostly() -> None:
    named = sound = found = wrong = 0
    for seed in range(6):
        plate, truth = simulate_binding_plate(seed=seed, n_experiments=1, outlier_fraction=0.03)
        fit = analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0).fit
        table = outlying_wells(fit, plate)
        is_wrong = truth.wells["is_outlier"].to_numpy() & plate["role"].ne("blank").to_numpy()
        wrong += int(is_wrong.sum())
        found += int(is_wrong[table.index].sum())
        named += len(table)
        sound += int((~is_wrong)[table.index].sum())
    assert wrong > 10
    assert found >= 0.9 * wrong
    assert sound <= 0.15 * named


def test_a_well_that_serves_several_curves_is_named_once() -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    total = plate.index[plate["role"] == "total"][0]
    plate.loc[total, "signal"] *= 0.3
    fit = analyze_binding(plate, radioligand_nM=3.0, kd_nM=3.0).fit
    table = outlying_wells(fit, plate)
    assert table.index.tolist() == [total]
    assert table["role"].tolist() == ["total"]


def test_no_fit_names_no_well() -> None:
    plate, _ = simulate_binding_plate(n_experiments=1)
    totals = plate[plate["role"] == "total"]
    assert outlying_wells(analyze_binding(totals, radioligand_nM=3.0, kd_nM=3.0).fit, totals).empty
