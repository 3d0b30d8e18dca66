"""Ki of a competitor that the receptor depletes: the exact equilibrium against Cheng and Prusoff's equation.

Run by hand: ``python -m tests.benchmarks.binding_depletion [n_plates]``. About a minute for 200 plates.
"""

import sys

import numpy as np

from s1r_imaging.binding.competition import fit_competition
from s1r_imaging.flags import BindingFlag
from tests.binding.binding_plates import depleted_plate

KI_M = 5e-11
CASES = (("cheng_prusoff", 1e-9), ("cheng_prusoff", None), ("exact", 1e-9))


def main(n_plates: int) -> None:
    """Print bias, coverage and warnings for 1.7 %, 6.4 % and 15 % of the radioligand bound."""
    for receptor in (1e-10, 4e-10, 1e-9):
        plates = [depleted_plate(seed, ki=KI_M, receptor=receptor) for seed in range(n_plates)]
        for equilibrium, given in CASES:
            rows = []
            for plate in plates:
                fit = fit_competition(
                    plate,
                    radioligand_M=3e-9,
                    kd_M=3e-9,
                    receptor_M=receptor if given else None,
                    equilibrium=equilibrium,  # type: ignore[arg-type]
                )
                rows.append(fit.to_frame().iloc[0])
            log_ki = -np.array([row["pki"] for row in rows]) - np.log10(KI_M)
            low, high = (np.array([row[name] for row in rows]) for name in ("ki_ci_low_nM", "ki_ci_high_nM"))
            inside = np.mean((low < KI_M * 1e9) & (high > KI_M * 1e9))
            doubt = BindingFlag.RECEPTOR_NEAR_IC50 | BindingFlag.TIGHT_BINDING | BindingFlag.DEPLETION
            warned = np.mean([bool(row["flags"] & doubt) for row in rows])
            error = np.log(10) * log_ki.std() / np.sqrt(len(rows))
            print(
                f"R {receptor * 1e9:.1f} nM, {equilibrium:13s} receptor {'given  ' if given else 'unknown'}: bias "
                f"{100 * (10 ** np.mean(log_ki) - 1):+7.1f} ± {100 * error:.1f} %, "
                f"{100 * inside:5.1f} % of intervals hold the truth, {100 * warned:5.1f} % carry a warning",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
