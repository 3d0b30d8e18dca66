"""Train the weights of `s1r_imaging.imaging.cell_score` (``cell_score.json``).

Run by hand: ``python -m tests.benchmarks.train_cell_score NUCLEI_FOLDER OUTPUT.json``. NUCLEI_FOLDER holds
pairs ``*_img.tif`` / ``*_truth.tif`` (an unpacked ``dsb2018_train_CC0.zip``, CC0). Fields are simulated with
random options; each gives a tree with its activity and one without, at a diameter that errs by 12 %. Every
second image of nuclei gets an uneven dim background, as real ones have. The target of a region is its
intersection over union with the cell that it fits best. About ten minutes on one core.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.io import imread

from s1r_imaging.imaging.atoms import Col
from s1r_imaging.imaging.candidates import Candidates, find_candidates
from s1r_imaging.imaging.cell_score import LARGEST, SMALLEST, region_measures
from s1r_imaging.imaging.temporal import FieldFeatures, image_features, recording_features
from s1r_imaging.simulate import simulate_recording
from tests.scores import median_diameter_px

Floats = NDArray[np.float64]
N_FIELDS, N_NUCLEI, HIDDEN, EPOCHS, BATCH, RATE = 80, 60, 24, 30, 512, 0.003


@dataclass(frozen=True, eq=False)
class Rows:
    measures: Floats
    target: Floats
    weight: Floats


def random_options(rng: np.random.Generator) -> dict[str, Any]:
    """Options of the simulator, from easy fields to hard ones."""
    growth = str(rng.choice(["confluent", "confluent", "sparse"]))
    n_frames = int(rng.choice([20, 60, 150, 240]))
    interval_s = float(rng.choice([0.25, 0.5, 1.0]))
    return {
        "growth": growth,
        "cell_coverage": float(rng.choice([0.15, 0.3, 0.5] if growth == "sparse" else [0.8, 0.9, 0.97, 1.0])),
        "condition": str(rng.choice(["agonist", "agonist", "agonist", "vehicle", "antagonist_agonist"])),
        "n_frames": n_frames,
        "frame_interval_s": interval_s,
        "stimulus_s": 0.25 * n_frames * interval_s,
        "pixel_size_um": float(rng.choice([0.5, 0.65, 0.9, 1.3])),
        "nuclei": str(rng.choice(["mixed", "bright", "dark", "none"])),
        "resting_counts": float(rng.choice([60, 150, 300, 600])),
        "haze_fraction": float(rng.choice([0, 0.25, 0.25, 0.8])),
        "agonist_dff": float(rng.choice([0.2, 0.5, 0.8, 2.5])),
        "responder_fraction": float(rng.choice([0.3, 0.6, 0.9])),
        "cell_elongation": float(rng.choice([1.1, 1.3, 1.6, 2.0])),
        "neurite_fraction": float(rng.choice([0, 0.2, 0.4])),
        "edge_brightness": float(rng.choice([0.3, 0.5, 0.8, 1.0])),
        "loading_sd": float(rng.choice([0.1, 0.35, 0.6])),
        "texture_sd": float(rng.choice([0.05, 0.12, 0.25])),
        "drift_px": float(rng.choice([0, 0.4, 1.0])),
    }


def on_uneven_ground(image: Floats, diameter: float, rng: np.random.Generator) -> Floats:
    """Add a dim background with structure of all sizes, and noise."""
    light = image - np.percentile(image, 0.5)
    capped = np.clip(light, 0, np.percentile(light, 99.8) or light.max())
    ground = np.zeros(image.shape)
    for scale in (0.15, 0.4, 1.0, 3.0):
        field = ndi.gaussian_filter(rng.normal(size=image.shape), scale * diameter)
        ground += rng.uniform() * field / field.std()
    ground = np.exp(rng.uniform(0.1, 0.5) * ground / ground.std())
    noise = rng.normal(0, rng.choice([0.0, 0.01, 0.03]), image.shape)
    uneven: Floats = light * capped.sum() / (capped**2).sum() + rng.uniform(0.02, 0.35) * ground + noise
    return uneven


def best_overlaps(found: Candidates, truth: NDArray[Any]) -> Floats:
    """Intersection over union of every region with the true cell that it fits best."""
    rows, columns = (np.arange(size) for size in found.atoms.labels.shape)
    sampled = truth[(rows / found.factor).astype(int)[:, None].clip(max=truth.shape[0] - 1),
                    (columns / found.factor).astype(int).clip(max=truth.shape[1] - 1)]  # fmt: skip
    shared = np.zeros((len(found.tree.parent), int(truth.max()) + 1))
    np.add.at(shared, (found.atoms.labels.ravel() - 1, sampled.ravel()), 1)
    for node in range(len(found.atoms.sums), len(shared)):
        shared[node] = shared[found.tree.children[node]].sum(axis=0)
    total = np.bincount(sampled.ravel(), minlength=shared.shape[1])
    union = shared.sum(axis=1, keepdims=True) + total - shared
    result: Floats = (shared[:, 1:] / np.maximum(union[:, 1:], 1)).max(axis=1)
    return result


def training_rows(features: FieldFeatures, truth: NDArray[Any], rng: np.random.Generator) -> Rows:
    diameter = median_diameter_px(truth) * float(np.exp(rng.normal(0, 0.12)))
    found = find_candidates(features, diameter, 0.5)
    area = found.tree.sums[:, Col.AREA] / found.tree.cell_area
    used = (area > SMALLEST) & (area < LARGEST)
    share = np.sqrt(3000 / max(int(used.sum()), 1))  # large fields count for more, but not in proportion
    weight = np.minimum(area[used], 2) * share
    return Rows(region_measures(found.tree)[used], best_overlaps(found, truth)[used], weight)


def all_rows(folder: Path, rng: np.random.Generator) -> Iterator[Rows]:
    for field in range(N_FIELDS):
        recording, known = simulate_recording(7000 + 13 * field, **random_options(rng))
        features = recording_features(recording.data)
        if not known.labels.any():
            continue
        yield training_rows(features, known.labels, rng)
        yield training_rows(image_features(features.mean), known.labels, rng)
    paths = rng.permutation(np.array(sorted(folder.glob("*_img.tif")), dtype=object))
    n_used = 0
    for path in paths:
        truth = imread(path.with_name(path.name.replace("_img", "_truth")))
        if n_used == N_NUCLEI or len(np.unique(truth)) < 6 or median_diameter_px(truth) < 13:
            continue
        image, diameter = imread(path).astype(np.float64), median_diameter_px(truth)
        seen = on_uneven_ground(image, diameter, rng) if n_used % 2 == 0 else image
        n_used += 1
        yield training_rows(image_features(seen), truth, rng)


def train(rows: Rows, rng: np.random.Generator) -> dict[str, Floats]:
    """Fit one hidden layer by Adam (Kingma and Ba 2015), cross-entropy against the soft target."""
    mean, scale = rows.measures.mean(axis=0), rows.measures.std(axis=0) + 1e-6
    inputs, n = (rows.measures - mean) / scale, rows.measures.shape[1]
    weights = [
        rng.normal(0, n**-0.5, (n, HIDDEN)),
        np.zeros(HIDDEN),
        rng.normal(0, HIDDEN**-0.5, HIDDEN),
        np.zeros(()),
    ]
    first, second = ([np.zeros_like(item) for item in weights] for _ in range(2))
    step = 0
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for chosen in np.array_split(rng.permutation(len(inputs)), max(1, len(inputs) // BATCH)):
            hidden = np.tanh(inputs[chosen] @ weights[0] + weights[1])
            score = 1 / (1 + np.exp(-(hidden @ weights[2] + weights[3])))
            error = (score - rows.target[chosen]) * rows.weight[chosen] / len(chosen)
            back = np.outer(error, weights[2]) * (1 - hidden**2)
            slopes = [inputs[chosen].T @ back, back.sum(axis=0), hidden.T @ error, error.sum()]
            step += 1
            for index, slope in enumerate(slopes):
                first[index] = 0.9 * first[index] + 0.1 * slope
                second[index] = 0.999 * second[index] + 0.001 * slope**2
                move = first[index] / (1 - 0.9**step) / (np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8)
                weights[index] = weights[index] - rate * (move + 1e-4 * weights[index])
    names = ("mean", "scale", "hidden", "hidden_bias", "output", "output_bias")
    return dict(zip(names, (mean, scale, *weights), strict=True))


def main(folder: Path, output: Path) -> None:
    rng = np.random.default_rng(0)
    parts = list(all_rows(folder, rng))
    rows = Rows(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("measures", "target", "weight"))
    )
    weights = train(replace(rows, weight=rows.weight / rows.weight.mean()), rng)
    output.write_text(json.dumps({name: np.round(values, 4).tolist() for name, values in weights.items()}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
