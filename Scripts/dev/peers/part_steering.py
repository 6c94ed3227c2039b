"""Vectors from contrast pairs, and grids of layers and strengths."""
import statistics

import cvector
import document
import measure
import places

PAIRS = "mwe/persona/openness.jsonl"
BATCHES = {"steering-vectors": 8, "repeng": 8}


def vectors(options):
    """100 pairs of openness on the standard model."""
    name, file = places.STANDARD, places.dataset(PAIRS)
    count = 10 if options.quick else 100
    cut = cut_pairs(file, count)
    programs = {}
    for arithmetic in measure.arithmetics(options.arithmetics):
        programs[f"casthost {measure.label(arithmetic)}"] = lambda arithmetic=arithmetic: casthost(
            name, options, arithmetic, cut)
    ours = list(programs)
    for peer, batch in BATCHES.items():
        programs[peer] = lambda peer=peer, batch=batch: measure.worker(
            "torch_vectors.py", peer, places.model(name), options.threads, file, count, batch).json
    run, reason = cvector.runner(name, options, file, count)
    if run:
        programs["llama-cvector-generator"] = lambda: {"seconds": run()}
    found = measure.alternate(programs, options.rounds)
    seconds = {program: [run["seconds"] for run in runs] for program, runs in found.items()}
    tokens = {run["tokens"] for runs in found.values() for run in runs if "tokens" in run}
    heads = ["program", "seconds: median [least, most]"] + [f"times {own}" for own in ours]
    rows = [[program, measure.summary(times, 1)]
            + [measure.summary(measure.ratios(times, seconds[own])) if program not in ours else ""
               for own in ours]
            for program, times in seconds.items()]
    text = document.table(heads, rows)
    text += (f"\n\n{options.rounds} rounds; {places.MODELS[name]}, mean difference (repeng: "
             f"pca_diff) at every layer from {count} pairs of openness, "
             f"{' or '.join(map(str, sorted(tokens)))} tokens, from text. The model is open and "
             "warm, except for llama-cvector-generator, which opens it each time. Transformers "
             "computes in float32; batches of "
             + ", ".join(f"{size} ({peer})" for peer, size in BATCHES.items()) + ".")
    if not run:
        text += f" llama-cvector-generator was not measured: {reason}."
    document.write("vectors", text, found)


def casthost(name, options, arithmetic, file):
    figures = measure.bench(name, options, arithmetic, "build", "--repeats", 1, "--pairs", file)
    figure = next(iter(figures.values()))
    return {"seconds": figure["median"], "tokens": figure["tokens"]}


def cut_pairs(file, count):
    """The first pairs of a file, in a file of their own."""
    places.RESULTS.mkdir(parents=True, exist_ok=True)
    cut = places.RESULTS / f"pairs-{count}.jsonl"
    with open(file) as lines:
        cut.write_text("".join(line for line, _ in zip(lines, range(count))))
    return cut


def grid(options):
    """Layers x strengths x items on the standard model."""
    name, file = places.STANDARD, places.dataset(PAIRS)
    items, layers, strengths, own_layers = (4, 1, 1, 1) if options.quick else (50, 2, 3, 6)
    programs = {}

    def ours(arithmetic):
        words = ["--pairs", file, "--items", items, "--grid-layers", own_layers]

        def run():
            figures = measure.bench(name, options, arithmetic, "grid", *words)
            return {key: figures[f"grid_{key}"]["median"] for key in ("all", "response")} | {
                "tokens": figures["grid_all"]["tokens"]}
        return run

    def theirs():
        found = measure.worker("torch_grid.py", places.model(name), options.threads, file, 100,
                               items, layers, strengths).json
        cells = found["layers"] * 9
        return {"all": found["all"] * cells, "response": found["response"] * cells,
                "tokens": found["tokens"]}

    for arithmetic in measure.arithmetics(options.arithmetics):
        programs[f"casthost {measure.label(arithmetic)}"] = ours(arithmetic)
    programs["Transformers"] = theirs
    found = measure.alternate(programs, options.rounds)
    peer = found["Transformers"]
    rows = []
    for positions in ("all", "response"):
        for program, runs in found.items():
            times = [run[positions] for run in runs]
            ratio = measure.ratios([run[positions] for run in peer], times)
            rows.append([positions, program, measure.summary(times, 1),
                         measure.summary(ratio) if runs is not peer else ""])
    tokens = {run["tokens"] for runs in found.values() for run in runs}
    text = document.table(["positions", "program", "seconds: median [least, most]",
                           "Transformers takes this many times as long"], rows)
    text += (f"\n\n{options.rounds} rounds; {places.MODELS[name]}, 30 layers x 9 strengths x "
             f"{items} items ({' or '.join(map(str, sorted(tokens)))} tokens) of openness, the "
             f"log-probabilities of Yes and No. casthost was measured at {own_layers} layers, evenly "
             "spaced from the first, and scaled up. Transformers, float32 with a forward hook, was "
             f"measured at {layers} layers x {strengths} strengths in batches of 8 sorted by "
             "length, and scaled up to the grid; `response` steers from the last token of the "
             f"prompt on. {statistics.median(run['all'] for run in peer) / 270:.1f} s a cell.")
    document.write("grid", text, found)
