#!/usr/bin/env python3
"""Tokens per second of llama.cpp: prompts of 128 and 512 tokens, one sequence, 16 sequences.

    llama_speed.py MODEL.gguf THREADS REPEATS WORKS

WORKS are prefill, decode, batch, joined by commas. Prints JSON: the median of the repeats for each.
Feeds given tokens and draws none, where casthost draws its own.
"""
import json
import random
import statistics
import sys
import time

from llama import Llama

ROWS, STEPS = 16, 32


def median(repeats, work):
    work()  # warms caches and threads
    return statistics.median(work() for _ in range(repeats))


def main():
    path, threads, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    works = sys.argv[4].split(",")
    draw = random.Random(0)

    def tokens(count):
        return [draw.randrange(llama.size // 2, llama.size * 15 // 16) for _ in range(count)]

    def prefill(count):
        prompt = tokens(count)
        llama.clear()
        begun = time.perf_counter()
        llama.prompt(prompt)
        llama.logits(-1)
        return count / (time.perf_counter() - begun)

    def decode():
        llama.clear()
        llama.prompt(tokens(128))
        llama.logits(-1)
        given = tokens(STEPS)
        begun = time.perf_counter()
        for step, token in enumerate(given):
            llama.decode([(token, 128 + step, 0, True)])
            llama.logits(-1)
        return STEPS / (time.perf_counter() - begun)

    def batch():
        llama.clear()
        for row in range(ROWS):
            llama.prompt(tokens(16 + row), row)
        llama.logits(-1)
        given = [tokens(ROWS) for _ in range(STEPS)]
        begun = time.perf_counter()
        for step, row_tokens in enumerate(given):
            llama.decode([(t, 16 + r + step, r, True) for r, t in enumerate(row_tokens)])
            llama.logits(ROWS - 1)
        return ROWS * STEPS / (time.perf_counter() - begun)

    llama = Llama(path, threads, 1024)
    found = {}
    if "prefill" in works:
        for count in (128, 512):
            found[f"prefill_{count}"] = median(repeats, lambda: prefill(count))
    if "decode" in works:
        found["decode"] = median(repeats, decode)
    if "batch" in works:
        llama = Llama(path, threads, 128, ROWS)
        found["batch_16"] = median(repeats, batch)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
