"""Runs programs in turn, each in a process of its own, and sums up what they tell."""
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import places


@dataclasses.dataclass
class Run:
    """What a process came to."""
    output: str
    seconds: float  # from its start to its end
    first_output: float  # from its start to its first byte of output
    peak: int  # bytes of memory, at most

    @property
    def json(self):
        return json.loads(self.output)


def run(command):
    """Runs a command to its end; what it says on standard error is shown if it fails."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        first = os.read(child.stdout.fileno(), 1)
        first_output = time.perf_counter() - begun
        output = first + child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)}: ended with {child.returncode}.\n"
                             + errors.read().decode(errors="replace")[-4000:])
    return Run(output.decode(), seconds, first_output, usage.ru_maxrss * 1024)


def worker(script, *words):
    """Runs a script of this folder in the peers' environment; it prints JSON."""
    return run([places.PYTHON, places.HERE / script, *words])


def alternate(programs, rounds):
    """Runs every program once a round, in one order and then in the other: A B, B A, …

    `programs` maps a name to a function; the result maps it to what each round gave.
    """
    found = {name: [] for name in programs}
    for index in range(rounds):
        names = list(programs)
        for name in names if index % 2 == 0 else reversed(names):
            begun = time.perf_counter()
            found[name].append(programs[name]())
            print(f"bench-peers: round {index + 1} of {rounds}, {name}: "
                  f"{time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    return found


def ratios(ours, theirs):
    """The ratio of each round."""
    return [a / b for a, b in zip(ours, theirs)]


def summary(values, digits=2):
    """Median [least, most]."""
    def number(x):
        return f"{x:.{digits}f}"
    return f"{number(statistics.median(values))} [{number(min(values))}, {number(max(values))}]"


# MARK: casthost


def arithmetics(asked):
    """The arithmetics to compare that this casthost has; [None] where it has only one."""
    text = run([places.CASTHOST, "bench", "--help"]).output
    return asked if "--arithmetic" in text else [None]


def label(arithmetic):
    """How a table names an arithmetic."""
    return arithmetic or "float32"


def arithmetic_words(arithmetic):
    return ["--arithmetic", arithmetic] if arithmetic else []


def bench(name, options, arithmetic, work, *words):
    """Runs `casthost bench` on a model and gives its figures by name."""
    found = run([places.CASTHOST, "bench", "--json", "--model", places.model(name), "--work", work,
                 "--threads", options.threads, *arithmetic_words(arithmetic), *words])
    return {figure["work"]: figure for figure in found.json["results"]}
