#!/usr/bin/env python3
"""Records what gguf-py decodes from random bytes, for the block formats with many bits to check.

    python3 -m pip install gguf==0.19.0 numpy==1.26.4
    python3 Scripts/dev/record_block_hashes.py

Writes Tests/Golden/block-hashes.json. The bytes are those of SplitMix64, which the tests have too,
so every scale, infinite and NaN ones included, and nearly every entry of the grids occurs. The
hash is FNV-1a over the elements' 32 bits, each taken as one letter, NaNs as 0x7fc00000.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from split_mix import MASK, SplitMix

SEED = 20261125
BLOCKS = 256
GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "block-hashes.json"
NAMES = [
    "Q2_K", "Q3_K", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL",
    "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4",
]


def random_bytes(seed, count):
    source = SplitMix(seed)
    words = [source.next() for _ in range((count + 7) // 8)]
    return np.array(words, "<u8").view(np.uint8)[:count]


def fnv1a(values):
    words = values.view("<u4").copy()
    words[np.isnan(values)] = 0x7FC00000
    result = 0xCBF29CE484222325
    for word in words.tolist():
        result = ((result ^ word) * 0x100000001B3) & MASK
    return f"{result:x}"


def main():
    formats = {}
    with np.errstate(all="ignore"):
        for name in NAMES:
            kind = GGMLQuantizationType[name]
            size = GGML_QUANT_SIZES[kind][1]
            blocks = random_bytes(SEED + kind.value, BLOCKS * size).reshape(BLOCKS, size)
            values = dequantize(blocks, kind).astype("<f4").reshape(-1)
            first = [float(v) if np.isfinite(v) else 0.0 for v in values[:8]]
            assert np.isfinite(values[:8]).all(), name
            formats[name] = {"blocks": BLOCKS, "fnv1a": fnv1a(values), "first": first}
    made = {package: version(package) for package in ("gguf", "numpy")}
    text = json.dumps({"made_by": made, "seed": SEED, "formats": formats}, indent=1)
    GOLDEN.write_text(text + "\n")
    print(f"{GOLDEN}: {GOLDEN.stat().st_size} bytes")


main()
