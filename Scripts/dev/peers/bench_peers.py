#!/usr/bin/env python3
"""Times casthost and its peers on the same work, alternately, and writes the ratios.

    make bench-peers                                     everything, at full length
    Scripts/dev/peers/bench_peers.py --quick             every part at a tiny size; writes nothing
    Scripts/dev/peers/bench_peers.py speed --models smollm2-135m-instruct-q4_1

Each program runs in a process of its own, in rounds A B, B A, …; a ratio belongs to one round, so a
machine that gets slower meanwhile slows both. Tables go to Docs/Performance.md, raw numbers to
.build/peers/results. The environment is made in .build/peers/env, or is the one PEERS_ENV names.
"""
import argparse

import document
import environment
import part_accuracy
import part_speed
import part_start
import part_steering
import places

PARTS = {"speed": part_speed.speed, "start": part_start.start, "vectors": part_steering.vectors,
         "grid": part_steering.grid, "accuracy": part_accuracy.accuracy}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"what to measure, of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--models", help="names, joined by commas (default: every cached one)")
    parser.add_argument("--arithmetics", default="precise,fast",
                        help="casthost's arithmetics, joined by commas (default: precise,fast)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3,
                        help="how often a program measures a work in one round (default: 3)")
    parser.add_argument("--work", default="prefill,decode,batch",
                        help="what 'speed' measures (default: prefill,decode,batch)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true",
                        help="one short round of each, to see that everything works")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    for part in parts:
        if part not in PARTS:
            parser.error(f"part '{part}' is unknown (expected one of {', '.join(PARTS)})")
    options.models = options.models.split(",") if options.models else places.cached_models()
    for name in options.models:
        if not places.model(name).exists():
            parser.error(f"{places.model(name)}: no such model. Run: casthost models pull")
    options.arithmetics = options.arithmetics.split(",")
    if options.quick:
        options.rounds = options.repeats = 1
        document.keeps = False
    environment.prepare()
    for part in parts:
        environment.say("part", part)
        PARTS[part](options)


if __name__ == "__main__":
    main()
