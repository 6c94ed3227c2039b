#!/usr/bin/env python3
"""Seconds to score items under steering with Transformers and a forward hook.

    torch_grid.py MODEL.gguf THREADS PAIRS.jsonl SKIP ITEMS LAYERS STRENGTHS

Measures some cells of the grid: LAYERS evenly spaced layers and STRENGTHS strengths. Each cell runs
all items in batches of 8, sorted by length and padded on the left, and reads the log-probabilities
of both answers at the last token. Prints JSON: seconds of a cell, for all positions steered and for
the last token of the prompt only.
"""
import json
import sys
import time

import torch

import pairs
import torch_model

BATCH = 8


def main():
    path, threads, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    skip, items, layer_count, strength_count = (int(word) for word in sys.argv[4:8])
    model, tokenizer = torch_model.load(path, threads)
    tokenizer.padding_side = "left"
    rows = pairs.rows(file, items, skip)
    prompts = sorted((pairs.question(row, tokenizer) for row in rows), key=len)
    ends = [tokenizer(end, add_special_tokens=False).input_ids[0] for end in pairs.answers(rows[0])]
    blocks = model.model.layers
    direction = 0.01 * torch.randn(model.config.hidden_size,
                                   generator=torch.Generator().manual_seed(0))

    def hook(strength, everywhere):
        def steer(_module, _input, output):
            hidden = output[0] if isinstance(output, tuple) else output
            (hidden if everywhere else hidden[:, -1]).add_(strength * direction)
        return steer

    @torch.inference_mode()
    def cell(layer, strength, everywhere):
        handle = blocks[layer].register_forward_hook(hook(strength, everywhere))
        try:
            for start in range(0, len(prompts), BATCH):
                batch = tokenizer(prompts[start:start + BATCH], padding=True, return_tensors="pt")
                logits = model(**batch, logits_to_keep=1).logits[:, -1]
                logits.log_softmax(-1)[:, ends]
        finally:
            handle.remove()

    cell(0, 0.0, True)  # warms caches and threads
    layers = [index * len(blocks) // layer_count for index in range(layer_count)]
    strengths = [-2 + 4 * index / max(1, strength_count - 1) for index in range(strength_count)]
    found = {"cells": len(layers) * len(strengths), "layers": len(blocks),
             "tokens": sum(len(tokenizer(prompt).input_ids) for prompt in prompts)}
    for name, everywhere in (("all", True), ("response", False)):
        begun = time.perf_counter()
        for layer in layers:
            for strength in strengths:
                cell(layer, strength, everywhere)
        found[name] = (time.perf_counter() - begun) / found["cells"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
