#!/usr/bin/env python3
"""Seconds to build a vector from contrast pairs with steering-vectors or repeng.

    torch_vectors.py steering-vectors|repeng MODEL.gguf THREADS PAIRS.jsonl COUNT BATCH

The model is loaded, and two pairs are built from, before the clock starts.
"""
import json
import sys
import time

import pairs
import torch_model


def steering_vectors(model, tokenizer, texts, batch):
    from steering_vectors import train_steering_vector

    return train_steering_vector(model, tokenizer, texts, batch_size=batch)


def repeng(model, tokenizer, texts, batch):
    from repeng import ControlVector, DatasetEntry

    entries = [DatasetEntry(positive=good, negative=bad) for good, bad in texts]
    return ControlVector.train(model, tokenizer, entries, batch_size=batch)


def main():
    build = {"steering-vectors": steering_vectors, "repeng": repeng}[sys.argv[1]]
    path, threads, file = sys.argv[2], int(sys.argv[3]), sys.argv[4]
    count, batch = int(sys.argv[5]), int(sys.argv[6])
    model, tokenizer = torch_model.load(path, threads)
    texts = pairs.texts(file, count, tokenizer)
    build(model, tokenizer, texts[:2], batch)
    begun = time.perf_counter()
    build(model, tokenizer, texts, batch)
    seconds = time.perf_counter() - begun
    tokens = sum(len(tokenizer(text).input_ids) for both in texts for text in both)
    print(json.dumps({"seconds": seconds, "tokens": tokens}))


if __name__ == "__main__":
    main()
