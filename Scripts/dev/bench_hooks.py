#!/usr/bin/env python3
"""Measures what hooks of a recipe cost and how long a recipe takes to start.

    Scripts/dev/bench_hooks.py            writes the section of Docs/Performance.md
    Scripts/dev/bench_hooks.py --print    prints it only

The kinds of hooks are measured in turn in one process; a ratio belongs to one round.
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


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--print", action="store_true", help="write nothing")
    options = parser.parse_args()
    document.keeps = not options.print
    measured = hooks(options.rounds)
    plain = measured["seconds"]["none"]
    rows = []
    for kind, goal in GOALS.items():
        shares = [100 * (with_hook / without - 1)
                  for with_hook, without in zip(measured["seconds"][kind], plain)]
        rows.append([kind, f"{statistics.median(shares):+.1f} "
                     f"[{min(shares):+.1f}, {max(shares):+.1f}] %", goal])
    times = [1000 * seconds for seconds in starts(max(5, options.rounds))]
    text = document.table([f"hook at all {measured['layers']} blocks",
                           "more time a token: median [least, most]", "goal"], rows)
    text += (f"\n\nDecode of {measured['model']}, {1000 * statistics.median(plain):.2f} ms a token "
             f"without hooks, {options.rounds} rounds in turn in one process. From the start of the "
             f"process to the first line of a recipe without a model: "
             f"{statistics.median(times):.0f} ms [{min(times):.0f}, {max(times):.0f}] (goal 30 ms). "
             "`Scripts/dev/bench_hooks.py` measures it again.")
    document.write("hooks", text, {"hooks": measured, "start_ms": times})


if __name__ == "__main__":
    main()
