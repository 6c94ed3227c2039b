"""A plain float64 forward pass over a GGUF checkpoint: what every arithmetic is judged by.

Weights are what gguf-py decodes, exactly; everything after that is float64, rotary angles and all.
"""
import math

import numpy
import torch
from gguf import GGUFReader
from gguf.quants import dequantize


class Checkpoint:
    """Tensors and metadata, by name."""

    def __init__(self, path):
        reader = GGUFReader(path)
        self.stored = {tensor.name: tensor for tensor in reader.tensors}
        self.fields = reader.fields
        self.family = self.field("general.architecture")

    def field(self, name, default=None):
        field = self.fields.get(name)
        return default if field is None else field.contents()

    def size(self, name, default=None):
        return self.field(f"{self.family}.{name}", default)

    def __contains__(self, name):
        return name in self.stored

    def tensor(self, name):
        """[outputs, inputs] or [width], float64."""
        found = self.stored[name]
        values = dequantize(found.data, found.tensor_type).astype(numpy.float64)
        return torch.from_numpy(values.reshape([int(n) for n in reversed(found.shape)]))


def norm(x, weight, epsilon):
    return x / (x.square().mean(-1, keepdim=True) + epsilon).sqrt() * weight


def rotate(x, base, interleaved):
    """Rotates [windows, tokens, heads, head width] by position."""
    half = x.shape[-1] // 2
    turns = base ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * turns
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]
    if interleaved:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


@torch.inference_mode()
def hidden_states(checkpoint, windows):
    """The normalised output of the last block, [windows, tokens, width], of equally long windows."""
    family = checkpoint.family
    if family not in ("llama", "qwen2", "gemma3"):
        raise SystemExit(f"{family}: not a family of this reference.")
    gemma = family == "gemma3"
    width = checkpoint.size("embedding_length")
    heads = checkpoint.size("attention.head_count")
    kv_heads = checkpoint.size("attention.head_count_kv", heads)
    head = checkpoint.size("attention.key_length", width // heads)
    epsilon = checkpoint.size("attention.layer_norm_rms_epsilon")
    base = checkpoint.size("rope.freq_base", 10000.0)
    count = windows.shape[1]
    causal = torch.ones(count, count, dtype=torch.bool).tril()
    if gemma:
        assert count <= checkpoint.size("attention.sliding_window"), "longer than a local window"

    x = checkpoint.tensor("token_embd.weight")[windows]
    if gemma:
        x = x * math.sqrt(width)
    for layer in range(checkpoint.size("block_count")):
        def tensor(name):
            return checkpoint.tensor(f"blk.{layer}.{name}")

        def project(y, name):
            y = y @ tensor(f"attn_{name}.weight").T
            if f"blk.{layer}.attn_{name}.bias" in checkpoint:
                y = y + tensor(f"attn_{name}.bias")
            y = y.unflatten(-1, (-1, head))
            if gemma and name != "v":
                y = norm(y, tensor(f"attn_{name}_norm.weight"), epsilon)
            return y

        def added(y, name):
            return norm(y, tensor(f"{name}.weight"), epsilon) if gemma else y

        local = gemma and (layer + 1) % 6 != 0
        y = norm(x, tensor("attn_norm.weight"), epsilon)
        q, k, v = (project(y, name) for name in "qkv")
        q, k = (rotate(z, 10000.0 if local else base, family == "llama") for z in (q, k))
        k, v = (z.repeat_interleave(heads // kv_heads, 2) for z in (k, v))
        scores = torch.einsum("wqhd,wkhd->whqk", q, k) / math.sqrt(head)
        weights = scores.masked_fill(~causal, -math.inf).softmax(-1)
        y = torch.einsum("whqk,wkhd->wqhd", weights, v).flatten(-2)
        x = x + added(y @ tensor("attn_output.weight").T, "post_attention_norm")
        y = norm(x, tensor("ffn_norm.weight"), epsilon)
        gate = y @ tensor("ffn_gate.weight").T
        gate = torch.nn.functional.gelu(gate, approximate="tanh") if gemma else gate.sigmoid() * gate
        y = (gate * (y @ tensor("ffn_up.weight").T)) @ tensor("ffn_down.weight").T
        x = x + added(y, "post_ffw_norm")
    return norm(x, checkpoint.tensor("output_norm.weight"), epsilon)


@torch.inference_mode()
def write_logits(path, windows, file):
    """Writes float32 logits [windows * tokens, vocabulary], computed in float64, to a .npy file."""
    checkpoint = Checkpoint(path)
    x = hidden_states(checkpoint, torch.tensor(windows)).flatten(0, 1)
    head = checkpoint.tensor(
        "output.weight" if "output.weight" in checkpoint else "token_embd.weight")
    logits = numpy.lib.format.open_memmap(
        file, "w+", numpy.float32, (x.shape[0], head.shape[0]))
    for start in range(0, x.shape[0], 128):
        logits[start:start + 128] = (x[start:start + 128] @ head.T).float().numpy()
    logits.flush()
