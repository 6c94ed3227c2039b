#!/usr/bin/env python3
"""Makes tiny random checkpoints of families, and what Transformers computes with them in float32.

    python3 -m pip install transformers==4.57.6 torch
    python3 Scripts/dev/make_tiny_models.py FOLDER [NAME...]
    CASTHOST_TINY=FOLDER swift test --filter TinyGolden

Each folder holds config.json, safetensors, and expected.json in the form of golden/tiny: token ids,
the residual stream of the last token entering every block, the final norm's output, logits of the
last token, and the log-probability of every token but the first. A model.gguf that a converter
makes of a folder is compared too.
"""

import copy
import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.stablelm import modeling_stablelm

# Its initialisation does not know its own norms without a bias.
modeling_stablelm.StableLmPreTrainedModel._init_weights = lambda self, module: None

COMMON = {
    "vocab_size": 384, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
    "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0,
}
LONG_ROPE = {
    "type": "longrope",
    "short_factor": [1 + 0.05 * i for i in range(8)],
    "long_factor": [1.5 + 0.7 * i for i in range(8)],
}
EXPERTS = {"num_experts": 6, "decoder_sparse_step": 1, "mlp_only_layers": []}
MODELS = {
    "gemma": ("gemma", {"head_dim": 32, "num_key_value_heads": 1}),
    "gemma2-gguf": ("gemma2", {
        "head_dim": 32, "query_pre_attn_scalar": 32, "num_hidden_layers": 4, "sliding_window": 8}),
    "gemma3-gguf": ("gemma3_text", {
        "head_dim": 32, "query_pre_attn_scalar": 32, "num_hidden_layers": 7, "sliding_window": 8,
        "num_key_value_heads": 1}),
    "gemma3-linear": ("gemma3_text", {
        "head_dim": 16, "query_pre_attn_scalar": 16, "num_hidden_layers": 6, "sliding_window": 8,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
    "gpt_neox-seq": ("gpt_neox", {"use_parallel_residual": False, "rotary_pct": 0.5}),
    "granite": ("granite", {
        "embedding_multiplier": 12.0, "attention_multiplier": 0.125, "residual_multiplier": 0.22,
        "logits_scaling": 8.0, "tie_word_embeddings": True}),
    "llama-linear": ("llama", {
        "rope_scaling": {"rope_type": "linear", "factor": 4.0}, "attention_bias": True,
        "mlp_bias": True}),
    "llama-plain": ("llama", {"tie_word_embeddings": True}),
    "mixtral": ("mixtral", {"num_local_experts": 5, "num_experts_per_tok": 2}),
    "phi3-longrope": ("phi3", {
        "original_max_position_embeddings": 64, "rope_scaling": LONG_ROPE}),
    "phi3-window": ("phi3", {
        "sliding_window": 8, "original_max_position_embeddings": 256,
        "partial_rotary_factor": 0.75}),
    "qwen2-window": ("qwen2", {
        "use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}),
    "qwen3_moe": ("qwen3_moe", {
        "head_dim": 24, "num_experts_per_tok": 3, "moe_intermediate_size": 96,
        "norm_topk_prob": True, **EXPERTS}),
    "qwen3_moe-nonorm": ("qwen3_moe", {
        "head_dim": 16, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
        "norm_topk_prob": False, **EXPERTS}),
    "stablelm-seq": ("stablelm", {"use_qkv_bias": True, "use_parallel_residual": False}),
    "stablelm-par": ("stablelm", {
        "use_parallel_residual": True, "qk_layernorm": True, "partial_rotary_factor": 0.5}),
    "starcoder2": ("starcoder2", {"intermediate_size": 256, "sliding_window": 8}),
    "starcoder2-gguf": ("starcoder2", {"intermediate_size": 256, "sliding_window": None}),
    "llama-bf16": ("llama", {}), "llama-f16": ("llama", {}), "llama-f8": ("llama", {}),
}
STORED = {
    "llama-bf16": torch.bfloat16, "llama-f16": torch.float16, "llama-f8": torch.float8_e4m3fn,
}
SHARDED = ["mixtral", "granite"]


def randomize(model):
    """Weights that keep the residual stream near one, and norms and biases that are not trivial."""
    generator = torch.Generator().manual_seed(1)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator)
        if weight.dim() >= 2:
            scale = 1.2 if "embed" in name else 1.2 / math.sqrt(weight.shape[-1])
            weight.data.copy_(noise * scale)
        elif name.endswith("bias"):
            weight.data.copy_(noise * 0.2)
        else:
            weight.data.add_(noise * 0.2)


def expected(model):
    """What the model computes for three random sequences."""
    body = model.base_model
    body = body if hasattr(body, "layers") else body.model
    norm = getattr(body, "norm", None) or body.final_layer_norm
    generator = torch.Generator().manual_seed(2)
    cases = []
    for length in (37, 6, 60):
        ids = torch.randint(3, 384, (1, length), generator=generator)
        kept = {}

        def enters(index):
            def hook(_, inputs, named):
                rows = inputs[0] if inputs else named["hidden_states"]
                kept[index] = rows[0, -1].tolist()
            return hook

        hooks = [
            layer.register_forward_pre_hook(enters(index), with_kwargs=True)
            for index, layer in enumerate(body.layers)
        ]
        hooks.append(norm.register_forward_hook(
            lambda module, inputs, output: kept.__setitem__("norm", output[0, -1].tolist())))
        logits = model(ids).logits[0].float()
        for hook in hooks:
            hook.remove()
        shares = torch.log_softmax(logits.double(), -1)
        cases.append({
            "text": "", "ids": ids[0].tolist(),
            "hidden_last_token": [kept[index] for index in range(len(body.layers))],
            "final_norm_last_token": kept["norm"], "logits_last_token": logits[-1].tolist(),
            "token_logprobs": [float(shares[i, ids[0, i + 1]]) for i in range(length - 1)],
        })
    return {"source": "", "cases": cases}


def make(name, folder):
    kind, changes = MODELS[name]
    config = AutoConfig.for_model(kind, **{**COMMON, **changes})
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config).float().eval()
    randomize(model)
    folder.mkdir(parents=True, exist_ok=True)
    if name in STORED:
        # Rounded weights, computed with in float32; buffers must not be rounded.
        stored = {}
        for key, weight in model.named_parameters():
            rounded = weight.data
            if name != "llama-f8" or "proj" in key:
                rounded = rounded.to(STORED[name])
            weight.data.copy_(rounded.float())
            stored[key] = copy.deepcopy(rounded).contiguous()
        model.config.save_pretrained(folder)
        save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        limit = {"max_shard_size": "100KB"} if name in SHARDED else {}
        model.save_pretrained(folder, **limit)
    (folder / "expected.json").write_text(json.dumps(expected(model)))
    print(folder)


def main():
    with torch.no_grad():
        for name in sys.argv[2:] or MODELS:
            make(name, Path(sys.argv[1]) / name)


main()
