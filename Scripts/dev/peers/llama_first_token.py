#!/usr/bin/env python3
"""Seconds of llama.cpp from opening a model to its first token; Python's own start is left out.

    llama_first_token.py MODEL.gguf THREADS
"""
import json
import sys
import time

import numpy

from llama import Llama


def main():
    begun = time.perf_counter()
    llama = Llama(sys.argv[1], int(sys.argv[2]), 512)
    llama.prompt(llama.tokens("The capital of France is", llama.adds_bos))
    logits = numpy.ctypeslib.as_array(llama.logits(-1), shape=(llama.size,))
    token = int(logits.argmax())
    print(json.dumps({"seconds": time.perf_counter() - begun, "token": token}))


if __name__ == "__main__":
    main()
