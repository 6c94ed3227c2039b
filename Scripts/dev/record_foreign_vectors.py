#!/usr/bin/env python3
"""Records the files of other tools, and what llama.cpp computes with their vectors.

    python3 -m pip install gguf==0.19.0 numpy torch llama-cpp-python
    python3 Scripts/dev/record_foreign_vectors.py

Writes Tests/Golden/foreign: a small file of each tool (foreign_vectors.py) and expected.json, which
has for each the float32 that the tool adds to each block's output, and log-probabilities of llama.cpp
on the tiny model of the tests (`TinyModel`, llama with four blocks, made here a second time), with
those directions as its control vector at the strength that stands there. llama.cpp cannot steer the
embedding and block 0; they are left out of the log-probabilities.
"""

import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path

import gguf
import numpy

import foreign_vectors
from split_mix import SplitMix

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Scripts/dev/peers"))

from llama import Llama  # noqa: E402

FOLDER = ROOT / "Tests/Golden/foreign"
LAYERS, WIDTH, HEADS, KEY_HEADS, FORWARD, VOCABULARY = 4, 64, 4, 2, 96, 296
STRENGTH = 1.5


class Weights:
    """The random numbers of the tests' `SeededGenerator` and `TinyModel`."""

    def __init__(self, writer):
        self.writer = writer
        self.random = SplitMix(1)

    def numbers(self, count, limit):
        unit = numpy.float32(limit) / numpy.float32(1 << 23)
        high = [(self.random.next() & 0xFFFFFFFF) >> 8 for _ in range(count)]
        whole = numpy.array([n - (1 << 24) if n >> 23 else n for n in high], numpy.float32)
        return whole * unit

    def matrix(self, name, rows, columns):
        limit = numpy.sqrt(numpy.float32(3) / numpy.float32(columns))
        self.writer.add_tensor(name, self.numbers(rows * columns, limit).reshape(rows, columns))

    def norm(self, name):
        self.writer.add_tensor(name, numpy.float32(1) + self.numbers(WIDTH, 0.2))


def write_model(path):
    """The tests' tiny llama, without its tokenizer."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(1024)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("no_vocab")
    weights = Weights(writer)
    weights.matrix("token_embd.weight", VOCABULARY, WIDTH)
    for block in range(LAYERS):
        at = f"blk.{block}."
        weights.norm(at + "attn_norm.weight")
        weights.matrix(at + "attn_q.weight", WIDTH, WIDTH)
        weights.matrix(at + "attn_k.weight", WIDTH // 2, WIDTH)
        weights.matrix(at + "attn_v.weight", WIDTH // 2, WIDTH)
        weights.matrix(at + "attn_output.weight", WIDTH, WIDTH)
        weights.norm(at + "ffn_norm.weight")
        weights.matrix(at + "ffn_gate.weight", FORWARD, WIDTH)
        weights.matrix(at + "ffn_up.weight", FORWARD, WIDTH)
        weights.matrix(at + "ffn_down.weight", WIDTH, FORWARD)
    weights.norm("output_norm.weight")
    weights.matrix("output.weight", VOCABULARY, WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    files = foreign_vectors.write_all(FOLDER, LAYERS, WIDTH, seed=3, length=1.0)
    ids = numpy.random.RandomState(4).randint(3, 290, 24).tolist()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.gguf"
        write_model(path)
        llama = Llama(path, 1, 64, exact=True)
        found = {"ids": ids, "strength": STRENGTH, "unsteered": llama.logprobs(ids), "files": []}
        for file in files:
            llama.steer({block: STRENGTH * row for block, row in file.blocks.items() if block > 0},
                        LAYERS, WIDTH)
            layers = {str(block): base64.b64encode(row.astype("<f4").tobytes()).decode()
                      for block, row in file.blocks.items()}
            found["files"].append({
                "tool": file.tool, "name": file.name, "options": file.options, "layers": layers,
                "logprobs": llama.logprobs(ids)})
    (FOLDER / "expected.json").write_text(json.dumps(found, indent=1) + "\n")


main()
