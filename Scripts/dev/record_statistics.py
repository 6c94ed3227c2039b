#!/usr/bin/env python3
"""Records what SciPy, scikit-learn and NumPy make of the statistics.

    python3 -m pip install numpy==1.26.4 scipy==1.17.1 scikit-learn==1.9.1
    python3 Scripts/dev/record_statistics.py

Writes Tests/Golden/statistics.json: inputs, random with a fixed seed, and results.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import special, stats
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from split_mix import SplitMix

GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "statistics.json"


def resampled(values, count, seed, statistic):
    source = SplitMix(seed)
    size = len(values)
    return np.array([
        statistic(values[[source.next() * size >> 64 for _ in range(size)]]) for _ in range(count)
    ])


def bootstraps(values):
    """SciPy's intervals from our resamples: only how they are read off is compared."""
    cases = []
    for seed, (name, statistic) in enumerate([("mean", np.mean), ("median", np.median)]):
        drawn = resampled(values, 500, seed, statistic)
        for method in ["percentile", "bca"]:
            for level in [0.9, 0.95]:
                found = stats.bootstrap(
                    (values,), statistic, n_resamples=0, method=method, confidence_level=level,
                    bootstrap_result=SimpleNamespace(bootstrap_distribution=drawn))
                cases.append({
                    "seed": seed, "count": 500, "statistic": name, "method": method,
                    "level": level, "interval": list(found.confidence_interval)})
    return cases


def permutations(differences):
    """All sign changes: SciPy exchanges x and y within pairs, which is the same."""
    cases = []
    for alternative in ["greater", "less", "two-sided"]:
        found = stats.permutation_test(
            (differences, np.zeros_like(differences)), lambda x, y: np.mean(x - y),
            permutation_type="samples", n_resamples=np.inf, alternative=alternative)
        cases.append({"alternative": alternative.replace("-", "_"), "p": found.pvalue})
    return cases


def drawn_permutation(differences, count, seed):
    """Ours with random sign changes, written a second time."""
    source = SplitMix(seed)
    extreme = 0
    observed = np.mean(differences)
    for _ in range(count):
        signs = np.array([1 if source.next() >> 63 == 0 else -1 for _ in differences])
        extreme += np.mean(signs * differences) >= observed - 1e-12
    return (extreme + 1) / (count + 1)


def holm(values):
    """Holm 1979 by its definition: reject while p_(k) <= alpha / (m - k + 1)."""
    order = np.argsort(values, kind="stable")
    scaled = np.array(values)[order] * (len(values) - np.arange(len(values)))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return list(adjusted)


def lzw(text):
    """Bits of LZW codes, as wide as the table asks for, over bits of the text."""
    table = {bytes([i]) for i in range(256)}
    bits, word = 0, b""
    for byte in text:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        bits += (len(table) - 1).bit_length()
        table.add(longer)
        word = bytes([byte])
    return (bits + (len(table) - 1).bit_length()) / (8 * len(text))


def main():
    rng = np.random.default_rng(20261124)
    skewed = np.round(rng.gamma(2.0, 1.0, 24), 6)
    differences = np.round(rng.normal(0.4, 1.0, 11), 6)
    many = np.round(rng.normal(0.35, 1.0, 40), 6)
    first = np.round(rng.normal(0.8, 1.3, 31), 1)
    second = np.round(rng.normal(0.0, 1.0, 27), 1)
    x = np.round(rng.normal(size=25), 1)
    y = np.round(0.5 * x + rng.normal(size=25), 1)
    line = stats.linregress(x, y)
    labels = [1] * len(first) + [0] * len(second)
    points = [-9.0, -6.5, -5.9, -3.0, -1.0, -0.1, 0.0, 0.3, 1.96, 4.0, 5.99, 6.01, 8.0]
    shares = [1e-12, 1e-4, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]
    raw = [0.01, 0.04, 0.03, 0.005, 0.04, 0.9]
    rows = np.round(rng.normal(size=(7, 5)) + [1, 0, 0, 0.5, 0], 3)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    texts = ["the cat sat on the mat", "no no no no no no no no no no no no no no no no no no no",
             "Ünïcode, a ragged text: 3.14159265358979!", "a" * 700]
    golden = {
        "rows": [list(row) for row in rows],
        "pairwise_cosine": np.mean([unit[i] @ unit[j] for i in range(7) for j in range(i)]),
        "explained_variance": PCA(1).fit(rows).explained_variance_ratio_[0],
        "texts": texts, "lzw": [lzw(text.encode()) for text in texts],
        "skewed": list(skewed), "differences": list(differences), "many": list(many),
        "first": list(first), "second": list(second), "x": list(x), "y": list(y),
        "bootstrap": bootstraps(skewed),
        "permutation": permutations(differences),
        "drawn": {"seed": 3, "count": 400, "p": drawn_permutation(many, 400, 3)},
        "auroc": roc_auc_score(labels, np.concatenate([first, second])),
        "cohens_d": (first.mean() - second.mean())
        / np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2),
        "pearson": stats.pearsonr(x, y).statistic, "spearman": stats.spearmanr(x, y).statistic,
        "ranks": list(stats.rankdata(x)),
        "line": [line.slope, line.intercept, line.rvalue, line.stderr],
        "points": points, "cumulative": list(special.ndtr(points)),
        "shares": shares, "quantiles": list(special.ndtri(shares)),
        "quantile_of_x": list(np.quantile(x, [0.0, 0.1, 0.33, 0.5, 0.975, 1.0])),
        "raw": raw, "holm": holm(raw),
        "binomial": [[k, n, p, stats.binom.sf(k - 1, n, p)]
                     for k, n, p in [(17, 200, 0.05), (10, 200, 0.05), (1, 5, 0.3), (0, 5, 0.3),
                                     (40, 200, 0.05), (5, 5, 0.3)]],
        "bounds": [[n, p, risk, int(stats.binom.isf(risk, n, p))]
                   for n, p, risk in [(200, 0.05, 0.05), (200, 0.05, 0.025), (200, 0.05, 0.01),
                                      (40, 0.05, 0.05), (10, 0.5, 0.1)]],
    }
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
