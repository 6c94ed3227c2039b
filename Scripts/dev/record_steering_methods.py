#!/usr/bin/env python3
"""Records what numpy and scikit-learn make of build methods, operators and combinations.

    python3 -m pip install numpy==1.26.4 scikit-learn==1.9.1
    python3 Scripts/dev/record_steering_methods.py

Writes Tests/Golden/steering-methods.json: random activations with a fixed seed, and what each
formula gives of them, as base64 of little-endian float32. The same versions give the same file.
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

SEED = 20261124
DARE_SEED = 77
GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "steering-methods.json"


def single(array):
    """As float32 holds it, in float64."""
    return np.asarray(array).astype(np.float32).astype(np.float64)


def unit(x):
    return x / np.linalg.norm(x)


def sides(rng, pairs, width, gap=1.2):
    content = rng.normal(size=(pairs, width)) @ np.diag(np.linspace(2, 0.4, width))
    axis = rng.normal(size=width)
    noise = 0.4 * rng.normal(size=(2, pairs, width))
    return single(content + gap * axis + noise[0] + 0.5), single(content - axis + noise[1] + 0.5)


# Cross-covariance discriminant


def discriminant_ratio(up, down, axis):
    p, n = up @ axis, down @ axis
    middle = np.concatenate([p, n]).mean()
    between = len(p) * (p.mean() - middle) ** 2 + len(n) * (n.mean() - middle) ** 2
    return between / (((p - p.mean()) ** 2).sum() + ((n - n.mean()) ** 2).sum())


def cross_covariance(positive, negative, baseline):
    up, down = positive - baseline, negative - baseline
    product = down.T @ up
    _, axes = np.linalg.eigh((product + product.T) / 2)
    found = []
    for axis in axes.T:
        ratio = discriminant_ratio(up, down, axis)
        if ratio >= 0.5:
            found.append((ratio, (up @ axis).mean() * axis))
    found.sort(key=lambda item: -item[0])
    total, best = np.zeros(up.shape[1]), 0.0
    for _, direction in found:
        trial = total + direction
        ratio = discriminant_ratio(up, down, unit(trial))
        if ratio > best + 0.5:
            total, best = trial, ratio
    axis = unit(total)
    middle = ((up @ axis).mean() + (down @ axis).mean()) / 2
    return ((up @ axis).mean() - middle) * axis, middle * axis, len(found)


# Streaming


def streamed(positive, negative):
    differences = positive - negative
    gap = positive.mean(axis=0) - negative.mean(axis=0)
    within = np.concatenate([positive - positive.mean(axis=0), negative - negative.mean(axis=0)])
    covariance, _ = ledoit_wolf(within, assume_centered=True)

    def majority(axis):
        return axis if np.sum(differences @ axis > 0) >= np.sum(differences @ axis < 0) else -axis

    centred = PCA(n_components=1, svd_solver="full").fit(differences).components_[0]
    _, _, axes = np.linalg.svd(differences)
    return {
        "mean_diff": gap, "lda": unit(np.linalg.solve(covariance, gap)),
        "pca_diff": majority(centred), "pca_center": majority(axes[0]),
        "pca_uncentered": axes[0] if differences.mean(axis=0) @ axes[0] >= 0 else -axes[0],
    }


# Inference-time intervention


def iti(layers, heads, keep):
    """Directions of `[pairs, heads * width]` of both sides at each layer, and what was kept."""
    judged = []
    for index, (positive, negative) in enumerate(layers):
        pairs, width = len(positive), positive.shape[1] // heads
        train = pairs - (pairs + 4) // 5
        for head in range(heads):
            columns = slice(head * width, (head + 1) * width)
            up, down = positive[:, columns], negative[:, columns]
            probe = LogisticRegression(tol=1e-10, max_iter=10_000)
            probe.fit(np.concatenate([up[:train], down[:train]]), [1] * train + [0] * train)
            held = np.concatenate([up[train:], down[train:]])
            accuracy = probe.score(held, [1] * (pairs - train) + [0] * (pairs - train))
            theta = unit(up.mean(axis=0) - down.mean(axis=0))
            sigma = np.std(np.concatenate([up, down]) @ theta)
            assert 0.4 < accuracy < 1, f"head {head} of layer {index} says nothing: {accuracy}"
            judged.append((accuracy, index, head, sigma * theta))
    judged.sort(key=lambda item: -item[0])  # of equals the lower layer and head first
    directions = [np.zeros(positive.shape[1]) for positive, _ in layers]
    for _, index, head, shift in judged[:keep]:
        directions[index][head * len(shift):(head + 1) * len(shift)] = shift
    return directions, [[index, head, accuracy] for accuracy, index, head, _ in judged[:keep]]


# Maps


def leace(positive, negative):
    """What is added: I - W^+ u u^T W, about the mean, as the paper has it."""
    both = np.concatenate([positive, negative])
    labels = np.repeat([1.0, 0.0], len(positive))
    centred = both - both.mean(axis=0)
    covariance = centred.T @ centred / len(both)
    cross = centred.T @ (labels - labels.mean()) / len(both)
    values, axes = np.linalg.eigh(covariance)
    kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
    root = np.where(kept, np.sqrt(np.where(kept, values, 1)), 0)
    inverse = np.where(kept, 1 / np.where(kept, root, 1), 0)
    whiten = axes @ np.diag(inverse) @ axes.T
    colour = axes @ np.diag(root) @ axes.T
    u = unit(whiten @ cross)
    return np.eye(len(values)) - np.outer(colour @ u, u @ whiten), both.mean(axis=0)


def conceptor(rows, aperture):
    correlation = rows.T @ rows / len(rows)
    return correlation @ np.linalg.inv(correlation + np.eye(rows.shape[1]) / aperture**2)


def conjunction(c, b):
    """Jaeger's definition, which holds for singular conceptors too."""
    size = len(c)

    def null_space(matrix):
        u, s, _ = np.linalg.svd(matrix)
        return u[:, s < 1e-6]

    outside = np.concatenate([null_space(c), null_space(b)], axis=1)
    u, s, _ = np.linalg.svd(outside @ outside.T)
    basis = u[:, s < 1e-6] if outside.shape[1] else np.eye(size)
    inner = basis.T @ (
        np.linalg.pinv(c, rcond=1e-6, hermitian=True)
        + np.linalg.pinv(b, rcond=1e-6, hermitian=True) - np.eye(size)) @ basis
    return basis @ np.linalg.inv(inner) @ basis.T


def disjunction(c, b):
    eye = np.eye(len(c))
    return eye - conjunction(eye - c, eye - b)


# Combinations


def elected(weighted, weights):
    total = weighted.sum(axis=0)
    agree = np.sign(weighted) == np.sign(total)
    divisor = (agree * np.abs(weights)[:, None]).sum(axis=0)
    return np.where(divisor != 0, (weighted * agree).sum(axis=0) / np.where(divisor, divisor, 1), 0)


def trimmed(rows, density):
    kept = np.zeros_like(rows)
    for index, row in enumerate(rows):
        order = np.argsort(-np.abs(row), kind="stable")[:max(1, int(density * len(row)))]
        kept[index, order] = row[order]
    return kept


def dropped(rows, density, layer):
    kept = np.zeros_like(rows)
    for index, row in enumerate(rows):
        stream = Stream(DARE_SEED, index * 65_536 + layer + 1)
        for place, value in enumerate(row):
            kept[index, place] = value / density if stream.uniform() < density else 0
    return single(kept)


def slerp(left, right, share):
    cosine = np.clip(unit(left) @ unit(right), -1, 1)
    if abs(cosine) > 0.9995:
        return (1 - share) * left + share * right
    angle = np.arccos(cosine)
    return (np.sin((1 - share) * angle) * left + np.sin(share * angle) * right) / np.sin(angle)


def combinations(rows, weights, layer):
    q, r = np.linalg.qr(rows.T)
    directions = (q * np.diag(r)).T
    lengths = np.linalg.norm(rows, axis=1)
    units = rows / lengths[:, None]
    values, axes = np.linalg.eigh(units @ units.T)
    root = axes @ np.diag(values**-0.5) @ axes.T
    dare = dropped(rows, 0.6, layer)
    return {
        "linear": weights @ rows,
        "ties": elected(weights[:, None] * trimmed(rows, 0.4), weights),
        "dare": weights @ dare,
        "dare_ties": elected(weights[:, None] * dare, weights),
        "gram_schmidt": directions, "lowdin": (root @ units) * lengths[:, None],
        "slerp": slerp(rows[0], rows[1], 0.3),
    }


# Operators


def operators(rows, v, reference, scale):
    v_hat = unit(v)
    along = rows @ v_hat
    cosines = along / np.linalg.norm(rows, axis=1)
    arcs = [
        np.linalg.norm(row) * slerp_unit(unit(row), v_hat, 0.35) for row in rows
    ]
    return {
        "ablate_affine": rows - np.outer(along, v_hat) + reference * v_hat + scale * v,
        "cosine_gate": rows + scale * np.maximum(0, np.abs(cosines) - 0.1)[:, None] * v,
        "slerp": np.array(arcs),
    }


def slerp_unit(left, right, share):
    angle = np.arccos(left @ right)
    return (np.sin((1 - share) * angle) * left + np.sin(share * angle) * right) / np.sin(angle)


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def encoded(value):
    if isinstance(value, dict):
        return {name: encoded(item) for name, item in value.items()}
    return encode(value)


def main():
    rng = np.random.default_rng(SEED)
    positive, negative = sides(rng, 30, 12)
    reference = single(0.4 + 0.3 * rng.normal(size=(30, 12)))
    axis, debias, count = cross_covariance(positive, negative, reference)
    assert count >= 1
    general = single(rng.normal(size=(7, 12)))
    axis_mean, debias_mean, _ = cross_covariance(positive, negative, general.mean(axis=0))

    many = sides(rng, 300, 10)
    layers = [sides(rng, 40, 18, gap) for gap in (-0.9, -0.6)]
    directions, kept = iti(layers, 3, 2)

    projection, mean = leace(positive, negative)
    few = sides(rng, 4, 12)  # fewer rows than elements: a singular covariance
    few_projection, few_mean = leace(*few)
    rows = single(rng.normal(size=(5, 12)) * 2)

    wide, narrow = conceptor(positive, 0.7), conceptor(negative, 1.5)
    thin, other = conceptor(few[0], 2.0), conceptor(positive[:3], 2.0)
    vectors = single(rng.normal(size=(3, 12)))
    weights = np.array([1.0, 0.5, -0.7])
    v = single(rng.normal(size=12))
    made = {package: version(package) for package in ("numpy", "scikit-learn")}
    text = json.dumps(
        {
            "made_by": made, "seed": SEED, "dare_seed": DARE_SEED, "width": 12,
            "positive": encode(positive), "negative": encode(negative),
            "reference": encode(reference), "general": encode(general), "rows": encode(rows),
            "few_positive": encode(few[0]), "few_negative": encode(few[1]),
            "cross_covariance": encoded({
                "axis": axis, "debias": debias, "axis_mean": axis_mean,
                "debias_mean": debias_mean}),
            "many_positive": encode(many[0]), "many_negative": encode(many[1]),
            "many_width": 10, "streamed": encoded(streamed(*many)),
            "heads_width": 18,
            "heads_positive": [encode(side) for side, _ in layers],
            "heads_negative": [encode(side) for _, side in layers],
            "heads_directions": [encode(direction) for direction in directions],
            "heads_kept": kept,
            "leace": encode((rows - mean) @ projection.T + mean),
            "leace_few": encode((rows - few_mean) @ few_projection.T + few_mean),
            "conceptors": encoded({
                "wide": wide, "narrow": narrow, "not": np.eye(12) - wide,
                "and": conjunction(wide, narrow), "or": disjunction(wide, narrow),
                "aperture": wide @ np.linalg.inv(wide + (np.eye(12) - wide) / 4),
                "thin": thin, "thin_and": conjunction(thin, other),
                "thin_or": disjunction(thin, other), "thin_wide": conjunction(thin, wide)}),
            "vectors": encode(vectors), "weights": list(weights), "layer": 3,
            "combinations": encoded(combinations(vectors, weights, 3)),
            "direction": encode(v),
            "operators": encoded(operators(rows, v, -0.6, 0.8)),
        },
        indent=1)
    # The algebra agrees with the textbook formula where that holds.
    textbook = np.linalg.inv(np.linalg.inv(wide) + np.linalg.inv(narrow) - np.eye(12))
    assert np.abs(textbook - conjunction(wide, narrow)).max() < 1e-8
    GOLDEN.write_text(text + "\n")
    print(f"{GOLDEN}: {GOLDEN.stat().st_size} bytes")


main()
