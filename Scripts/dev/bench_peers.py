#!/usr/bin/env python3
"""Times casthost and llama.cpp on the same work, alternately, and prints the ratios.

    python3 -m venv .build/peers && .build/peers/bin/pip install llama-cpp-python
    .build/peers/bin/python Scripts/dev/bench_peers.py MODEL.gguf [--pairs 5] [--threads 2]

Each pair runs both programs once, in alternating order; a ratio belongs to one pair, so a machine
that gets slower meanwhile slows both. Tokens per second, higher is better.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time

PROMPT, LONG, GENERATE = 128, 512, 32


def llama_cpp(path, threads):
    """The same work through llama-cpp-python, in this process."""
    from llama_cpp import Llama

    llama = Llama(path, n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads,
                  verbose=False)
    rates = {}
    for name, count in (("prefill_128", PROMPT), ("prefill_512", LONG)):
        tokens = [(7 * i + 11) % 1000 + 100 for i in range(count)]
        best = []
        for _ in range(3):
            llama.reset()
            start = time.perf_counter()
            llama.eval(tokens)
            best.append(count / (time.perf_counter() - start))
        rates[name] = statistics.median(best)
    llama.reset()
    llama.eval([(7 * i + 11) % 1000 + 100 for i in range(PROMPT)])
    start = time.perf_counter()
    for i in range(GENERATE):
        llama.eval([100 + i])
    rates["decode"] = GENERATE / (time.perf_counter() - start)
    return rates


def casthost(program, path, threads):
    out = subprocess.run(
        [program, "bench", "--model", path, "--threads", str(threads), "--repeats", "3", "--json"],
        check=True, capture_output=True, text=True).stdout
    return {row["work"]: row["median"] for row in json.loads(out)["results"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--casthost", default=".build/release/casthost")
    parser.add_argument("--peer-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer_only:
        print(json.dumps(llama_cpp(options.model, options.threads)))
        return

    def peer():
        # In a process of its own, so that neither's threads and caches are in the other's way.
        return json.loads(subprocess.run(
            [sys.executable, __file__, options.model, "--peer-only", "--threads",
             str(options.threads)], check=True, capture_output=True, text=True).stdout)

    ratios = {}
    for pair in range(options.pairs):
        runs = [("ours", lambda: casthost(options.casthost, options.model, options.threads)),
                ("theirs", peer)]
        found = {name: run() for name, run in (runs if pair % 2 == 0 else runs[::-1])}
        for work, theirs in found["theirs"].items():
            ours = found["ours"][work]
            ratios.setdefault(work, []).append((ours / theirs, ours, theirs))
            print(f"pair {pair + 1}  {work:12} casthost {ours:8.1f}  llama.cpp {theirs:8.1f}  "
                  f"ratio {ours / theirs:.2f}", file=sys.stderr)
    print("| work | casthost, tokens/s | llama.cpp, tokens/s | ratio: median [least, most] |")
    print("|---|---|---|---|")
    for work, rows in ratios.items():
        r = [row[0] for row in rows]
        print(f"| {work} | {statistics.median(x[1] for x in rows):.0f} "
              f"| {statistics.median(x[2] for x in rows):.0f} "
              f"| {statistics.median(r):.2f} [{min(r):.2f}, {max(r):.2f}] |")


if __name__ == "__main__":
    main()
