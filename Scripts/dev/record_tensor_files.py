#!/usr/bin/env python3
"""Records one small GGUF file and one small safetensors file, as their own packages write them.

    python3 -m pip install gguf==0.19.0 safetensors==0.8.0 numpy==1.26.4
    python3 Scripts/dev/record_tensor_files.py

Writes Tests/Golden/every-type.gguf, which has a key of every metadata type, and
Tests/Golden/every-type.safetensors. The same versions give the same bytes.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFValueType, GGUFWriter, GGMLQuantizationType
from safetensors.numpy import save_file

GOLDEN = Path(__file__).resolve().parents[2] / "Tests" / "Golden"


def record_gguf(path):
    writer = GGUFWriter(path, "controlvector")
    writer.add_string("controlvector.model_hint", "llama")
    writer.add_uint32("controlvector.layer_count", 2)
    writer.add_uint8("number.uint8", 200)
    writer.add_int8("number.int8", -100)
    writer.add_uint16("number.uint16", 60000)
    writer.add_int16("number.int16", -30000)
    writer.add_int32("number.int32", -2000000000)
    writer.add_uint64("number.uint64", 2**63 + 1)
    writer.add_int64("number.int64", -(2**62))
    writer.add_float32("number.float32", 0.1)
    writer.add_float64("number.float64", 0.1)
    writer.add_bool("yes", True)
    writer.add_bool("no", False)
    writer.add_string("text.unicode", "grüße 🌍")

    def add_list(key, values, kind):
        writer.add_key_value(key, values, GGUFValueType.ARRAY, sub_type=kind)

    add_list("list.strings", ["a", "", "Ġthe"], GGUFValueType.STRING)
    add_list("list.bytes", [b"\xff\xfe", b"ok"], GGUFValueType.STRING)
    add_list("list.uint8", [1, 255], GGUFValueType.UINT8)
    add_list("list.int32", [-1, 2, 3], GGUFValueType.INT32)
    add_list("list.uint64", [2**40], GGUFValueType.UINT64)
    add_list("list.float32", [0.5, -1.25], GGUFValueType.FLOAT32)
    add_list("list.bools", [True, False, True], GGUFValueType.BOOL)
    writer.add_tensor("direction.2", np.array([1, -2, 3.5], np.float32))
    writer.add_tensor("direction.1", np.arange(9, dtype=np.float32) / 8)
    writer.add_tensor("matrix", np.arange(6, dtype=np.float16).reshape(2, 3))
    blocks = np.arange(3 * 34, dtype=np.uint8).reshape(3, 34)
    writer.add_tensor("blocks", blocks, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def record_safetensors(path):
    tensors = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "half": np.array([0.5, -65504], np.float16),
        "scalar": np.array(2.5, np.float32),
        "empty": np.zeros((0, 4), np.float32),
        "integers": np.array([1, 2, 3], np.int64),
        'odd "name" \\ grüße\n': np.array([7], np.float32),
    }
    save_file(tensors, path, metadata={"format": "np", "note": "tab\t and 🌍"})


record_gguf(GOLDEN / "every-type.gguf")
record_safetensors(GOLDEN / "every-type.safetensors")
