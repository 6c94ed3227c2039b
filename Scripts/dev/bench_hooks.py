#!/usr/bin/env python3
"""Measures what hooks of a recipe cost and how long a recipe takes to start.

    Scripts/dev/bench_hooks.py            writes the section of Docs/Performance.md
    Scripts/dev/bench_hooks.py --print    prints it only

The kinds of hooks are measured in turn in one process. What counts is the median over rounds of a
kind against the two runs without hooks of its round; its interval is that of the order statistics.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))

import document
import measure
import places

GOALS = {"none again": "0 %", "function that does nothing": "2 %", "function with add_": "5 %",
         "cast.ops.add": "1 %"}


def hooks(rounds):
    """Seconds a token for each kind of hook, by round."""
    recipe = pathlib.Path(__file__).with_name("bench_hooks.lua")
    done = measure.run([places.CASTHOST, "run", recipe, "--time-limit", 0, "--",
                        f"--rounds={rounds}"])
    return done.json


def starts(rounds):
    """Seconds from the start of the process to the first line of a recipe without a model."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = pathlib.Path(folder) / "first.lua"
        recipe.write_text('print("first line")\n')
        return [measure.run([places.CASTHOST, "run", recipe]).first_output
                for _ in range(rounds)]


def interval(values):
    """Where the median lies, 95 %."""
    ordered, reach = sorted(values), 0.98 * len(values) ** 0.5
    return (ordered[max(0, round(len(values) / 2 - reach))],
            ordered[min(len(values) - 1, round(len(values) / 2 + reach))])


def fast(values):
    """The tenth percentile."""
    return sorted(values)[len(values) // 10]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--print", action="store_true", help="write nothing")
    options = parser.parse_args()
    document.keeps = not options.print
    measured = hooks(options.rounds)
    plain, again = measured["seconds"]["none"], measured["seconds"]["none again"]
    rows = []
    for kind, goal in GOALS.items():
        shares = []
        for seconds, one, other in zip(measured["seconds"][kind], plain, again):
            without = one if kind == "none again" else (one + other) / 2
            shares.append(100 * (seconds / without - 1))
        low, high = interval(shares)
        rows.append([kind, f"{statistics.median(shares):+.1f} % [{low:+.1f}, {high:+.1f}]", goal])
    times = [1000 * seconds for seconds in starts(max(5, options.rounds // 10))]
    text = document.table([f"hook at all {measured['layers']} blocks",
                           "more time a token: median [95 %]", "goal"], rows)
    text += (f"\n\nDecode of {measured['model']}, {1000 * fast(plain):.2f} ms a token "
             f"without hooks, {options.rounds} rounds in turn in one process. From the start of the "
             f"process to the first line of a recipe without a model: "
             f"{fast(times):.0f} ms in the fastest tenth, {statistics.median(times):.0f} ms in the "
             "median (goal 30 ms). "
             "`Scripts/dev/bench_hooks.py` measures it again.")
    document.write("hooks", text, {"hooks": measured, "start_ms": times})


if __name__ == "__main__":
    main()
