#!/usr/bin/env python3
"""Compares vectors of other tools' files in casthost with the same vectors in llama.cpp.

    PEERS_ENV/bin/python Scripts/dev/vector_parity.py [--model NAME_OR_PATH] [--strength 4]

Writes a file of each tool with one set of random directions (foreign_vectors.py), steers a real model
with it in casthost, and in llama.cpp with the directions that the tool itself would add to each
block's output, at the same strength at every token. What is compared is the log-probability of every
token of a text. The environment is that of `make bench-peers`; casthost must be built.

Two models are run: the checkpoint, where llama.cpp rounds activations to eight bits and casthost does
not, and the same weights as float32, where both compute in float32 and differences are sums in
another order. The unsteered difference is what the two disagree by without any vector. Fails if a
steered one is larger than --noise times that, or, of the float32 weights, than --tolerance.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import gguf
import numpy

import foreign_vectors

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))

import document  # noqa: E402
import measure  # noqa: E402
import places  # noqa: E402
from llama import Llama  # noqa: E402

TEXT = ("The hotel was a place I had been to before, and the people who ran it remembered me. Tell me "
        "what you think of the food there, of the rooms, and of the long walk down to the sea.")


def float32_copy(path, target):
    """The checkpoint with its weights decoded."""
    reader = gguf.GGUFReader(path)
    architecture = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture",
                                                            "general.file_type"):
            continue
        inner = field.types[-1] if len(field.types) > 1 else None
        writer.add_key_value(field.name, field.contents(), field.types[0], inner)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, values.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def sizes(path):
    reader = gguf.GGUFReader(path)

    def size(key):
        architecture = reader.get_field("general.architecture").contents()
        return reader.get_field(f"{architecture}.{key}").contents()
    return size("block_count"), size("embedding_length")


def from_casthost(path, jobs, folder):
    """What casthost computes of every file."""
    (folder / "jobs.json").write_text(json.dumps(jobs))
    recipe = places.HERE / "vector_logprobs.lua"
    return measure.run([places.CASTHOST, "run", recipe, "--model", path, "--arithmetic", "exact",
                        "--time-limit", 0, f"--allow-read={folder}", "--",
                        f"--jobs={folder}/jobs.json"]).json


def compare(path, options):
    """A row for each file: the differences with and without the vector, and its effect, nats."""
    layers, width = sizes(path)
    llama = Llama(path, options.threads, 512, exact=True)
    ids = llama.tokens(TEXT)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = foreign_vectors.write_all(folder, layers, width, seed=5, length=1.0)
        jobs = {"ids": ids, "strength": options.strength, "files": [
            {"path": str(folder / file.name), "options": file.options,
             "layers": [block for block in file.blocks if block > 0]} for file in files]}
        ours = from_casthost(path, jobs, folder)
    unsteered = numpy.array(llama.logprobs(ids))
    noise = numpy.abs(unsteered - ours["unsteered"])
    rows = []
    for file, found in zip(files, ours["files"]):
        llama.steer({block: options.strength * row for block, row in file.blocks.items()
                     if block > 0}, layers, width)
        theirs = numpy.array(llama.logprobs(ids))
        apart = numpy.abs(theirs - found["logprobs"])
        rows.append({"tool": file.tool, "file": file.name, "apart": apart, "noise": noise,
                     "effect": numpy.abs(theirs - unsteered)})
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=places.STANDARD)
    parser.add_argument("--strength", type=float, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--noise", type=float, default=3)
    parser.add_argument("--tolerance", type=float, default=2e-4)
    options = parser.parse_args()
    path = pathlib.Path(options.model)
    path = path if path.exists() else places.model(options.model)
    places.SCRATCH.mkdir(parents=True, exist_ok=True)
    decoded = places.SCRATCH / f"{path.stem}-float32.gguf"
    if not decoded.exists():
        float32_copy(path, decoded.with_suffix(".part"))
        decoded.with_suffix(".part").rename(decoded)
    failures = []
    for name, file, limit in [("as it is", path, None), ("float32", decoded, options.tolerance)]:
        rows = compare(file, options)
        table = []
        for row in rows:
            apart, noise = row["apart"], row["noise"]
            most = limit or options.noise * noise.max()
            effect = row["effect"].max()
            if not apart.max() <= most:
                failures.append(f"{row['tool']}, {name}: {apart.max():.2g} (at most {most:.2g})")
            if not effect >= 0.2:
                failures.append(f"{row['tool']}, {name}: the vector does {effect:.2g} (at least 0.2)")
            table.append([row["tool"], row["file"], *(f"{values.max():.2g}" for values in (
                row["effect"], noise, apart)), f"{apart.mean():.2g}"])
        print(f"\n{path.stem}, weights {name}:\n")
        print(document.table(["tool", "file", "effect", "unsteered apart", "steered apart",
                              "mean"], table))
    if failures:
        raise SystemExit("\n".join(["no parity:", *failures]))


main()
