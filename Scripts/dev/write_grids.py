#!/usr/bin/env python3
"""Writes Sources/CKernels/grids.c: the grids of GGUF's IQ formats, constants of the file format.

    python3 -m pip install gguf==0.19.0 numpy==1.26.4
    python3 Scripts/dev/write_grids.py

An entry of a grid is eight elements of two bits, or four of three bits, the first lowest; macros
make bytes of them, with values of this script: those of the format times what makes them integers.
Entries ascend.
"""

from pathlib import Path

from gguf import quants

TARGET = Path(__file__).resolve().parents[2] / "Sources" / "CKernels" / "grids.c"
# Name here, name in gguf, the values that the bits stand for. Those of IQ1 are eighths.
GRIDS = [
    ("iq1", "IQ1_S", [-8, 0, 8]),
    ("iq2_xxs", "IQ2_XXS", [8, 25, 43]),
    ("iq2_xs", "IQ2_XS", [8, 25, 43]),
    ("iq2_s", "IQ2_S", [8, 25, 43]),
    ("iq3_xxs", "IQ3_XXS", [4, 12, 20, 28, 36, 44, 52, 62]),
    ("iq3_s", "IQ3_S", [1, 3, 5, 7, 9, 11, 13, 15]),
]
PER_LINE = 12
START = """\
// The grids of GGUF's IQ formats, written by Scripts/dev/write_grids.py.
//
// A number holds eight elements of two bits, or four of three bits (IQ3), the first lowest; the
// tables hold a byte for each element, the first lowest.
#include "grids.h"

// Byte i is the byte of `values` that the i-th bits of n number.
#define BYTE(n, bits, values, i)                                                                   \\
  (((uint64_t)(values) >> 8 * ((n) >> (bits) * (i) & ((1 << (bits)) - 1)) & 255) << 8 * (i))
#define FOUR(n, bits, values)                                                                      \\
  (BYTE(n, bits, values, 0) | BYTE(n, bits, values, 1) | BYTE(n, bits, values, 2) |                \\
   BYTE(n, bits, values, 3))
#define EIGHT(n, values) (FOUR(n, 2, values) | FOUR((n) >> 8, 2, values) << 32)
"""


def entries(name):
    kind = getattr(quants, name)
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape).astype(int)
    bits = 2 if grid.shape[1] == 8 else 3
    values = [int(value) for value in kind.grid_map]
    return [
        sum(values.index(int(v)) << (bits * i) for i, v in enumerate(row)) for row in grid
    ]


def main():
    text = START
    for name, theirs, values in GRIDS:
        found = entries(theirs)
        assert found == sorted(found)
        constant = "0x" + bytes(value & 255 for value in reversed(values)).hex()
        is_wide = len(values) <= 4
        entry = f"EIGHT(0x##n, {constant})" if is_wide else f"FOUR(0x##n, 3, {constant})"
        kind = "uint64_t" if is_wide else "uint32_t"
        text += f"\n#define E(n) {entry}\n"
        text += f"const {kind} ck_grid_{name}[{len(found)}] = {{\n"
        for start in range(0, len(found), PER_LINE):
            line = ",".join(f"E({value:04x})" for value in found[start : start + PER_LINE])
            text += f"    {line},\n"
        text += "};\n#undef E\n"
    TARGET.write_text(text)


main()
