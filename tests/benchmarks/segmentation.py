"""Average precision (IoU >= 0.5, pooled) of `segment_cells` on simulated recordings and on real nuclei.

Run by hand: ``python -m tests.benchmarks.segmentation [FOLDER]``. FOLDER is an unpacked mnfinder 1.2.3 wheel
(MIT; images and masks of cultured nuclei). Some minutes on one core.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.io import imread

from s1r_imaging.imaging.segment import segment_cells
from s1r_imaging.simulate import simulate_recording
from tests.scores import Matches, match_labels, median_diameter_px

SEEDS = 4
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "vehicle": {"condition": "vehicle"},
    "bright nuclei": {"nuclei": "bright"},
    "dark nuclei": {"nuclei": "dark"},
    "sparse": {"growth": "sparse"},
    "no gaps": {"cell_coverage": 1.0},
    "haze 0.8": {"haze_fraction": 0.8},
    "dim (80 counts)": {"resting_counts": 80.0},
    "weak responders": {"agonist_dff": 0.2, "responder_fraction": 0.4},
    "20 frames": {"n_frames": 20, "stimulus_s": 4.0},
    "flat, equal cells": {"edge_brightness": 1.0, "nuclei": "none", "loading_sd": 0.15},
    "small cells (10×)": {"pixel_size_um": 1.3},
    "large cells (40×)": {"pixel_size_um": 0.33, "n_frames": 120},
    "drift 2 px": {"drift_px": 2.0},
}


def read_nuclei(folder: Path) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
    """Images and their masks, one colour a nucleus; the commonest colour is the background."""
    for path in sorted(folder.glob("t*/**/nucleus_masks/*")):
        images = sorted(
            (path.parent.parent / "images").glob(f"{path.stem}.*"), key=lambda name: name.suffix != ".tif"
        )
        colours = imread(path)[..., :3].astype(np.int64) @ np.array([65536, 256, 1])
        _, masks = np.unique(colours, return_inverse=True)
        masks = masks.reshape(colours.shape) + 1
        masks[masks == np.bincount(masks.ravel()).argmax()] = 0
        yield imread(images[0]), masks


def main(folder: Path | None) -> None:
    print("| set | diameter given | diameter estimated | mean image, given | s/recording |")
    print("|---|---|---|---|---|")
    for name, options in VARIANTS.items():
        given, estimated, mean, spent = Matches(), Matches(), Matches(), 0.0
        for seed in range(SEEDS):
            recording, truth = simulate_recording(seed, **options)
            diameter = median_diameter_px(truth.labels)
            given += match_labels(truth.labels, segment_cells(recording, diameter_px=diameter))
            mean += match_labels(truth.labels, segment_cells(recording, diameter_px=diameter, method="mean"))
            start = time.perf_counter()
            estimated += match_labels(truth.labels, segment_cells(recording))
            spent += time.perf_counter() - start
        scores = " | ".join(f"{item.average_precision:.3f}" for item in (given, estimated, mean))
        print(f"| {name} | {scores} | {spent / SEEDS:.1f} |", flush=True)
    if folder is None:
        return
    given, estimated = Matches(), Matches()
    for image, masks in read_nuclei(folder):
        given += match_labels(masks, segment_cells(image, diameter_px=median_diameter_px(masks)))
        estimated += match_labels(masks, segment_cells(image))
    print(f"| nuclei | {given.average_precision:.3f} | {estimated.average_precision:.3f} | | |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
