"""Where things are: this checkout, the peers' environment, models and data."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
CASTHOST = ROOT / ".build/release/casthost"
# Everything that is fetched, built or measured; `PEERS_ENV` names an environment that exists.
SCRATCH = ROOT / ".build/peers"
ENVIRONMENT = pathlib.Path(os.environ.get("PEERS_ENV") or SCRATCH / "env")
PYTHON = ENVIRONMENT / "bin/python"
RESULTS = SCRATCH / "results"
DOCUMENT = ROOT / "Docs/Performance.md"

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
# The models that are compared, as people call them, by their file in the cache.
MODELS = {
    "smollm2-135m-instruct-q4_1": "SmolLM2 135M Q4_1",
    "gemma-3-270m-q4_k_m": "Gemma 3 270M Q4_K_M",
    "qwen2.5-coder-0.5b-instruct-q4_k_m": "Qwen2.5 Coder 0.5B Q4_K_M",
    "qwen2.5-coder-1.5b-instruct-q4_k_m": "Qwen2.5 Coder 1.5B Q4_K_M",
}
STANDARD = "smollm2-135m-instruct-q4_1"


def model(name):
    """The file of a model in casthost's cache; it need not be there."""
    return CACHE / "casthost/models" / f"{name}.gguf"


def cached_models():
    """The models that are there, smallest first."""
    return [name for name in MODELS if model(name).exists()]


def dataset(path):
    """A file of the shared data sets, which lie beside the checkout."""
    shared = os.environ.get("CASTHOST_SHARED") or ROOT.parent / "shared"
    file = pathlib.Path(shared) / "datasets" / path
    if not file.exists():
        raise SystemExit(f"{file}: no such file. Set CASTHOST_SHARED to the shared folder.")
    return file


def machine():
    """The processor, and the vector instructions of it that matter here."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "a machine that does not say what it is"
    fields = dict(reversed([map(str.strip, line.split(":", 1)) for line in lines if ":" in line]))
    flags = fields.get("flags", "").split()
    has = "AVX-512 with VNNI" if "avx512_vnni" in flags else "AVX2" if "avx2" in flags else "neither"
    return (f"{fields.get('model name', 'a processor')}, family {fields.get('cpu family', '?')} "
            f"model {fields.get('model', '?')} ({has})")
