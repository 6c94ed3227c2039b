"""Builds a vector with llama.cpp's own program."""
import pathlib
import sys
import tempfile

import environment
import measure
import pairs
import places


def texts(path, count):
    """The pairs' texts, in the model's template, written by the peers' environment."""
    return measure.run([places.PYTHON, __file__, *map(str, path), count]).json


def runner(name, options, file, count):
    """A function that builds the vector once and gives seconds; or None, and why."""
    program, reason = environment.cvector_generator()
    if program is None:
        return None, reason
    both = texts((places.model(name), file), count)

    def build():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for side, lines in zip(("positive", "negative"), zip(*both)):
                escaped = [line.replace("\\", "\\\\").replace("\n", "\\n") for line in lines]
                (folder / side).write_text("\n".join(escaped) + "\n")
            return measure.run([
                program, "-m", places.model(name), "-t", options.threads, "-c", 512,
                "--method", "mean", "--positive-file", folder / "positive",
                "--negative-file", folder / "negative", "-o", folder / "vector.gguf"]).seconds
    return build, ""


if __name__ == "__main__":
    import json

    import torch_model

    model, tokenizer = torch_model.load(sys.argv[1], 1)
    print(json.dumps(pairs.texts(sys.argv[2], int(sys.argv[3]), tokenizer)))
