"""From the start of a process to its first token, and the memory that takes."""
import statistics

import document
import measure
import places


def start(options):
    heads = ["model", "program", "first token, ms: median [least, most]", "memory at its peak, MB",
             "of the file's size"]
    rows, raw = [], {}
    recipe = places.HERE / "first_token.lua"
    for name in options.models:
        path = places.model(name)
        measured = {}

        def ours(arithmetic):
            def run():
                done = measure.run([places.CASTHOST, "run", recipe, "--model", path, "--threads",
                                    options.threads, *measure.arithmetic_words(arithmetic)])
                return done.first_output, done.peak
            return run

        def theirs():
            done = measure.worker("llama_first_token.py", path, options.threads)
            return done.json["seconds"], done.peak

        for arithmetic in measure.arithmetics(options.arithmetics):
            measured[f"casthost {measure.label(arithmetic)}"] = ours(arithmetic)
        measured["llama.cpp"] = theirs
        for run in measured.values():
            run()  # brings the file into the page cache
        found = measure.alternate(measured, options.rounds)
        raw[name] = found
        for program, runs in found.items():
            peak = statistics.median(run[1] for run in runs)
            rows.append([places.MODELS[name], program,
                         measure.summary([1000 * run[0] for run in runs], 0),
                         f"{peak / 1e6:.0f}", f"{peak / path.stat().st_size:.2f}"])
    text = document.table(heads, rows)
    text += (f"\n\n{options.rounds} rounds, the file in the page cache. casthost: from the start of "
             "the process to the first byte of its answer to a prompt of five tokens. llama.cpp: "
             "from opening the model to the token, without the 0.2 s that Python takes to start; "
             "its memory includes Python's and the mapped file.")
    document.write("start", text, raw)
