#!/usr/bin/env python3
"""Records how gguf-py decodes every block format that casthost reads.

    python3 -m pip install gguf==0.19.0 numpy==1.26.4
    python3 Scripts/dev/record_block_formats.py

Writes Tests/Golden/block-formats.json: for each format some blocks of random bits, the half-float
scales of which are ordinary, zero, subnormal, largest, infinite and NaN, and the floats that
gguf-py makes of them, both as base64 of little-endian bytes. The same versions give the same file.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

SEED = 20260101
GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "block-formats.json"

# Where the half floats of a block lie.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
SPECIAL = [
    0x0000, 0x8000,  # zeros
    0x0001, 0x83FF,  # the smallest and the largest subnormal
    0x0400, 0xFBFF,  # the smallest and the largest normal
    0x7C00, 0xFC00,  # infinities
    0x7E00, 0xFD55,  # NaNs, quiet and signalling
]
WIDE = [
    0x0000, 0x8000, 0x0001, 0x807F, 0x0080, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0xFFA5,
]


def blocks_of(name, rng):
    """Random blocks: for every special scale one, then ordinary ones."""
    elements, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    if name not in SCALES:
        blocks = rng.integers(0, 256, (256, size), dtype=np.uint8)
        special = np.array(SPECIAL, "<u2").view(np.uint8).reshape(-1, 2)
        if name != "F16":  # the same ten values in the upper halves of floats
            special = np.array(WIDE, "<u2").view(np.uint8).reshape(-1, 2)
        blocks[: len(special), size - 2 :] = special
        blocks[: len(special), : size - 2] = 0
        return blocks
    ordinary = 2 if elements == 256 else 16
    # Of two scales one is special at a time, or the specials would hide each other.
    special = [(place, bits) for place in SCALES[name] for bits in SPECIAL]
    if elements == 256:
        special = special[:: len(SCALES[name])]
    blocks = rng.integers(0, 256, (len(special) + ordinary, size), dtype=np.uint8)
    for block in blocks:
        for place in SCALES[name]:
            scale = np.float16(rng.uniform(-1, 1) * 2.0 ** rng.integers(-8, 2))
            block[place : place + 2] = np.frombuffer(scale.tobytes(), np.uint8)
    for block, (place, bits) in zip(blocks, special):
        block[place : place + 2] = [bits & 255, bits >> 8]
    return blocks


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    rng = np.random.default_rng(SEED)
    formats = {}
    names = ["F32", "F16", "BF16", *SCALES]
    with np.errstate(all="ignore"):
        for name in names:
            blocks = blocks_of(name, rng)
            values = dequantize(blocks, GGMLQuantizationType[name]).astype("<f4")
            formats[name] = {"blocks": encode(blocks), "values": encode(values)}
    made = {package: version(package) for package in ("gguf", "numpy")}
    text = json.dumps({"made_by": made, "seed": SEED, "formats": formats}, indent=1)
    GOLDEN.write_text(text + "\n")
    print(f"{GOLDEN}: {GOLDEN.stat().st_size} bytes")


main()
