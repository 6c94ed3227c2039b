"""Prompts, one sequence and 16 sequences: casthost beside llama.cpp, for each model."""
import statistics

import document
import measure
import places

# What casthost measures, what llama.cpp measures, and what the table says.
WORKS = [
    ("prefill_128", "prefill_128", "prefill of 128 tokens"),
    ("prefill_512", "prefill_512", "prefill of 512 tokens"),
    ("decode", "decode", "decode, one sequence after 128 tokens"),
    ("batch_16", "batch_16", "decode, 16 sequences"),
    ("batch_16_steered", "batch_16", "the same, each with its own steering at all layers"),
]
COSTS = [
    ("prefill_128_steering_cost", "prefill of 128 tokens"),
    ("decode_steering_cost", "decode, one sequence"),
    ("batch_16_steering_cost", "decode, 16 sequences, each its own vector"),
]


def speed(options):
    """Measures models one after another; those measured before stay in the tables."""
    raw = document.kept("speed")
    arithmetics = measure.arithmetics(options.arithmetics)
    for name in options.models:
        def ours(arithmetic):
            return lambda: measure.bench(name, options, arithmetic, options.work,
                                         "--repeats", options.repeats)

        def theirs():
            return measure.worker("llama_speed.py", places.model(name), options.threads,
                                  options.repeats, options.work).json

        # llama.cpp stands between the arithmetics, so each of them is next to it.
        programs = {measure.label(arithmetics[0]): ours(arithmetics[0]), "llama.cpp": theirs}
        programs |= {measure.label(other): ours(other) for other in arithmetics[1:]}
        raw[name] = measure.alternate(programs, options.rounds)
        document.write("speed", tables(raw), raw)


def tables(raw):
    """What was measured of each model, as Markdown."""
    heads = ["model", "arithmetic", "work", "casthost, tokens/s", "llama.cpp, tokens/s",
             "ratio: median [least, most]"]
    rows, shares, costs = [], [], []
    for name in [name for name in places.MODELS if name in raw]:
        peer = raw[name]["llama.cpp"]
        for arithmetic in [key for key in raw[name] if key != "llama.cpp"]:
            runs = raw[name][arithmetic]
            for work, other, text in [row for row in WORKS if row[0] in runs[0]]:
                a = [run[work]["median"] for run in runs]
                b = [run[other] for run in peer]
                rows.append([places.MODELS[name], arithmetic, text,
                             f"{statistics.median(a):.0f}", f"{statistics.median(b):.0f}",
                             measure.summary(measure.ratios(a, b))])
            shares.append([places.MODELS[name], arithmetic] + share(runs))
            costs += [[places.MODELS[name], arithmetic, text,
                       measure.summary([run[work]["median"] for run in runs], 1) + " %"]
                      for work, text in COSTS if work in runs[0]]
    rounds = sorted({len(programs["llama.cpp"]) for programs in raw.values()})
    text = document.table(heads, rows)
    text += "\n\nDecode of one sequence reads every packed weight for each token:\n\n"
    text += document.table(["model", "arithmetic", "MB a token", "GB/s",
                            "bandwidth beside it, GB/s", "share: median [least, most]"], shares)
    text += "\n\nMore time with steering at all layers than without, in turn in one process:\n\n"
    text += document.table(["model", "arithmetic", "work", "cost: median [least, most]"], costs)
    return (text + f"\n\n{' or '.join(map(str, rounds))} rounds, each program warmed up in each. "
            "llama.cpp feeds given tokens and draws none.")


def share(runs):
    """Bytes a token, GB/s, bandwidth and the share, over the rounds."""
    def median(work):
        return statistics.median(run[work]["median"] for run in runs)

    return [f"{median('decode_weights'):.0f}", f"{median('decode_read'):.1f}",
            f"{median('read_bandwidth_beside_decode'):.1f}",
            measure.summary([run["decode_share"]["median"] for run in runs], 0) + " %"]
