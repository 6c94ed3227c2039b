#!/usr/bin/env python3
"""Records what numpy and scikit-learn make of the build methods' formulas.

    python3 -m pip install numpy==1.26.4 scikit-learn==1.5.2
    python3 Scripts/dev/record_build_methods.py

Writes Tests/Golden/build-methods.json: activations of two sides and of a reference, random with a
fixed seed, and the direction that each method's formula gives, as base64 of little-endian float32.
The same versions give the same file.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from split_mix import Stream

SEED = 20260103
LAT_SEED = 12345
PAIRS, WIDTH = 24, 48
GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "build-methods.json"


def signs(seed, count):
    """Stream 0 of a seed: +1 for an even draw, -1 for an odd one."""
    source = Stream(seed, 0)
    return np.array([1 if source.next() & 1 == 0 else -1 for _ in range(count)])[:, None]


def activations(rng):
    """Pairs that share content, differ in a common direction and in a second, varying one."""
    content = rng.normal(size=(PAIRS, WIDTH)) @ np.diag(np.linspace(3, 0.3, WIDTH))
    common, varying = rng.normal(size=(2, WIDTH))
    amount = rng.normal(size=(PAIRS, 1))
    positive = content + 0.6 * common + amount * varying + 0.3 * rng.normal(size=(PAIRS, WIDTH))
    negative = content - 0.4 * common + 0.3 * rng.normal(size=(PAIRS, WIDTH)) + 1
    reference = 0.5 + rng.normal(size=(17, WIDTH))
    return [side.astype(np.float32).astype(np.float64) for side in (positive, negative, reference)]


def by_majority(direction, positive, negative):
    """More pairs project further on their positive side."""
    up, down = positive @ direction, negative @ direction
    assert np.sum(up > down) != np.sum(up < down), "a tie has no sign: take another seed"
    return -direction if np.sum(up > down) < np.sum(up < down) else direction


def first_component(rows):
    return PCA(n_components=1, svd_solver="full").fit(rows).components_[0]


def unit(direction):
    return direction / np.linalg.norm(direction)


def directions(positive, negative, reference):
    differences = positive - negative
    both = np.concatenate([positive, negative])
    labels = np.repeat([1, 0], PAIRS)

    _, _, axes = np.linalg.svd(np.concatenate([differences, -differences]))
    uncentred = axes[0] if (differences @ axes[0]).mean() >= 0 else -axes[0]

    probe = LogisticRegression(fit_intercept=False, C=1.0, tol=1e-12, max_iter=100_000)
    probe.fit(both - both.mean(axis=0), labels)

    within = np.concatenate([positive - positive.mean(axis=0), negative - negative.mean(axis=0)])
    covariance, shrinkage = ledoit_wolf(within, assume_centered=True)
    assert 0.01 < shrinkage < 0.99, shrinkage
    gap = positive.mean(axis=0) - negative.mean(axis=0)

    middle = (positive + negative) / 2
    paired = np.concatenate([positive - middle, negative - middle])
    shuffled = first_component(signs(LAT_SEED, PAIRS) * differences)
    return {
        "mean_diff": differences.mean(axis=0),
        "mean_diff_unpaired": gap,
        "act_add": differences.reshape(-1),
        "pca_center": by_majority(first_component(paired), positive, negative),
        "pca_diff": by_majority(first_component(differences), positive, negative),
        "pca_uncentered": uncentred,
        "lat": by_majority(shuffled, positive, negative),
        "logistic": unit(probe.coef_[0]),
        "lda": unit(np.linalg.solve(covariance, gap)),
        "mean_center": positive.mean(axis=0) - reference.mean(axis=0),
        "mean_center, no reference": positive.mean(axis=0) - both.mean(axis=0),
    }


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def main():
    positive, negative, reference = activations(np.random.default_rng(SEED))
    made = {package: version(package) for package in ("numpy", "scikit-learn")}
    found = directions(positive, negative, reference)
    text = json.dumps(
        {
            "made_by": made, "seed": SEED, "lat_seed": LAT_SEED, "width": WIDTH,
            "positive": encode(positive), "negative": encode(negative),
            "reference": encode(reference),
            "directions": {name: encode(direction) for name, direction in found.items()},
        },
        indent=1)
    GOLDEN.write_text(text + "\n")
    print(f"{GOLDEN}: {GOLDEN.stat().st_size} bytes")


main()
