#!/usr/bin/env python3
"""Writes Sources/CKernels/grids.h: the grids of GGUF's IQ formats, constants of the file format.

    python3 -m pip install gguf==0.19.0 numpy==1.26.4
    python3 Scripts/dev/write_grids.py

An entry of a grid is eight elements of two bits, or four of three bits, the first lowest; what the
bits stand for is in blocks.c. Entries ascend.
"""

from pathlib import Path

from gguf import quants

HEADER = Path(__file__).resolve().parents[2] / "Sources" / "CKernels" / "grids.h"
NAMES = ["IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S"]


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
    text = (
        "// The grids of GGUF's IQ formats, written by Scripts/dev/write_grids.py.\n"
        "//\n"
        "// An entry is eight elements of two bits, or four of three bits (IQ3), the first lowest.\n"
        "#ifndef CK_GRIDS_H\n#define CK_GRIDS_H\n\n#include <stdint.h>\n"
    )
    for name in NAMES:
        found = entries(name)
        assert found == sorted(found)
        text += f"\nstatic const uint16_t ck_grid_{name.lower()}[{len(found)}] = {{\n"
        for start in range(0, len(found), 12):
            line = ", ".join(f"0x{value:04x}" for value in found[start : start + 12])
            text += f"    {line},\n"
        text += "};\n"
    HEADER.write_text(text + "\n#endif\n")


main()
