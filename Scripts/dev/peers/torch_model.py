"""A GGUF checkpoint in Transformers, weights decoded to float32."""
import os
import pathlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch  # noqa: E402
import transformers  # noqa: E402


def load(path, threads):
    """The model and its tokenizer."""
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    file = pathlib.Path(path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=torch.float32)
    # The chat template writes what a prompt begins with; casthost adds nothing to it either.
    tokenizer.add_bos_token = False
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer
