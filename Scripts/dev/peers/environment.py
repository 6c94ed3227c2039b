"""Makes the peers' environment: a venv with the Python packages, and llama.cpp's own programs."""
import subprocess
import sys
import tarfile
import venv

import places

PACKAGES = ["torch", "transformers<5", "gguf", "accelerate", "steering-vectors", "repeng",
            "numpy", "cmake", "ninja"]
LLAMA = "llama-cpp-python"
CVECTOR = "llama-cvector-generator"


def prepare():
    """Installs what is missing; `PEERS_ENV` is taken as it is."""
    if places.PYTHON.exists():
        return
    if places.ENVIRONMENT != places.SCRATCH / "env":
        raise SystemExit(f"{places.ENVIRONMENT}: no environment. Unset PEERS_ENV to make one.")
    say("making an environment in", places.ENVIRONMENT)
    venv.create(places.ENVIRONMENT, with_pip=True)
    try:
        # A build of torch without GPU libraries comes from an index that pip's settings name.
        pip("install", *PACKAGES)
        # From source, so that it is built for this machine's processor as casthost is.
        pip("install", f"--no-binary={LLAMA}", LLAMA)
    except subprocess.CalledProcessError:
        places.PYTHON.unlink()  # so that the next run does not take it for complete
        raise


def cvector_generator():
    """The path of llama.cpp's own vector builder, built from the package's source; None and why
    where that cannot be done."""
    program = places.SCRATCH / "llama.cpp/bin" / CVECTOR
    if program.exists():
        return program, ""
    if places.ENVIRONMENT != places.SCRATCH / "env":
        return None, "it is built with an environment of our own only, and PEERS_ENV was given"
    source = places.SCRATCH / "source"
    source.mkdir(parents=True, exist_ok=True)
    try:
        if not any(source.glob("*.tar.gz")):
            pip("download", "--no-deps", f"--no-binary={LLAMA}", f"--dest={source}",
                f"{LLAMA}=={installed_version()}")
        archive = next(source.glob("*.tar.gz"))
        with tarfile.open(archive) as packed:
            packed.extractall(source, filter="data")
        tree = next(source.glob("*/vendor/llama.cpp"))
        if not (tree / "tools/cvector-generator").exists():
            return None, "the package's source does not hold it"
        build(tree, program.parents[1])
    except (subprocess.CalledProcessError, StopIteration, OSError) as error:
        return None, f"it could not be built ({error})"
    return program, ""


def build(tree, folder):
    say("building", CVECTOR, "in", folder)
    off = ["LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_SERVER", "LLAMA_BUILD_APP",
           "LLAMA_OPENSSL", "BUILD_SHARED_LIBS"]
    cmake = places.ENVIRONMENT / "bin/cmake"
    cmake = str(cmake) if cmake.exists() else "cmake"
    run([cmake, "-S", tree, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]
        + [f"-D{name}=OFF" for name in off])
    run([cmake, "--build", folder, "--target", CVECTOR, "--parallel", "2"])


def installed_version():
    code = f"import importlib.metadata as m; print(m.version('{LLAMA}'))"
    return subprocess.run([places.PYTHON, "-c", code], check=True, capture_output=True,
                          text=True).stdout.strip()


def pip(*words):
    run([places.PYTHON, "-m", "pip", "--quiet", *words])


def run(command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def say(*words):
    print("bench-peers:", *words, file=sys.stderr, flush=True)
