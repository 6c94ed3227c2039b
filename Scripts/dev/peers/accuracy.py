#!/usr/bin/env python3
"""How far the logits of llama.cpp and of casthost's arithmetics are from float64, on WikiText-2.

    accuracy.py MODEL.gguf TEXT THREADS TOKENS SCRATCH CASTHOST ARITHMETIC,…

Prints JSON: for each, the mean and the greatest KL(float64 || it) of a token in nats, how often the
likeliest token is the same, and the mean negative log-probability of the text. The text is cut into
windows of 512 tokens, each of which begins with BOS where the model wants one. The reference is
kept in SCRATCH.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch

import float64_forward
from llama import Llama

WINDOW = 512


def cut(llama, text, count):
    """Windows of token ids."""
    ids = llama.tokens(text[:count * 16])
    start = [llama.bos] if llama.adds_bos else []
    step = min(WINDOW, count) - len(start)
    return [start + ids[at:at + step] for at in range(0, count // min(WINDOW, count) * step, step)]


def reference(path, windows, scratch):
    """The float64 logits; computed once."""
    key = hashlib.sha256(json.dumps([str(path), windows]).encode()).hexdigest()[:16]
    file = scratch / f"float64-{pathlib.Path(path).stem}-{key}.npy"
    if not file.exists():
        part = file.with_suffix(".part")
        float64_forward.write_logits(path, windows, part)
        part.rename(file)
    return numpy.load(file, mmap_mode="r")


def from_llama(llama, windows):
    """Logits of each window in turn."""
    for window in windows:
        llama.clear()
        llama.prompt(window, every=True)
        shape = (len(window), llama.size)
        yield numpy.ctypeslib.as_array(llama.logits(0), shape=shape)


def from_casthost(program, path, threads, arithmetic, windows):
    """Logits of each window in turn, written by a recipe."""
    recipe = pathlib.Path(__file__).with_name("logits.lua")
    words = ["--arithmetic", arithmetic] if arithmetic else []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for window in windows:
            (folder / "windows.json").write_text(json.dumps([window]))
            subprocess.run(
                [program, "run", recipe, "--model", path, "--threads", str(threads), *words,
                 "--allow-all", "--force", "--lua-memory=4096", "--tensor-memory=4096", "--",
                 f"--windows={folder}/windows.json", f"--folder={folder}"], check=True)
            logits = numpy.fromfile(folder / "window-1.f32", numpy.float32)
            yield logits.reshape(len(window), -1)


def judge(right, windows, found):
    """Compares logits with the reference, window by window."""
    divergence, agreed, surprise = [], [], []
    first = 0
    for window, logits in zip(windows, found):
        targets = torch.tensor(window[1:])
        for at in range(0, len(window), 64):
            rows = slice(at, min(at + 64, len(window)))
            p = torch.from_numpy(right[first:first + len(window)][rows].astype(numpy.float64))
            q = torch.from_numpy(logits[rows].astype(numpy.float64))
            p, q = p.log_softmax(-1), q.log_softmax(-1)
            divergence.append((p.exp() * (p - q)).sum(-1))
            agreed.append(p.argmax(-1) == q.argmax(-1))
            next_tokens = targets[rows]
            surprise.append(-q[torch.arange(len(next_tokens)), next_tokens])
        first += len(window)
    divergence, agreed, surprise = (torch.cat(x) for x in (divergence, agreed, surprise))
    return {"kl": divergence.mean().item(), "kl_most": divergence.max().item(),
            "same_top": agreed.double().mean().item(), "nll": surprise.mean().item(),
            "tokens": len(divergence)}


def main():
    path, text, threads, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    scratch, program, arithmetics = pathlib.Path(sys.argv[5]), sys.argv[6], sys.argv[7].split(",")
    scratch.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    llama = Llama(path, threads, WINDOW)
    windows = cut(llama, pathlib.Path(text).read_text(), count)
    right = reference(path, windows, scratch)
    found = {"float64": judge(right, windows, iter(numpy.split(right, len(windows)))),
             "llama.cpp": judge(right, windows, from_llama(llama, windows))}
    for arithmetic in arithmetics:
        logits = from_casthost(program, path, threads, arithmetic, windows)
        found["casthost " + (arithmetic or "float32")] = judge(right, windows, logits)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
