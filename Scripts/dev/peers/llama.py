"""llama.cpp through its C interface, with as little Python between as can be."""
import ctypes

import llama_cpp as api
import numpy


class Llama:
    """A model and a context with room for some sequences.

    `exact` keeps keys and values as float32, where llama.cpp rounds them to float16 unless told not to.
    """

    def __init__(self, path, threads, positions, sequences=1, exact=False):
        self.quiet = api.llama_log_callback(lambda *_: None)  # kept, or it would be freed
        api.llama_log_set(self.quiet, None)
        api.llama_backend_init()
        options = api.llama_model_default_params()
        self.model = api.llama_model_load_from_file(str(path).encode(), options)
        if not self.model:
            raise SystemExit(f"{path}: llama.cpp cannot load it.")
        self.vocabulary = api.llama_model_get_vocab(self.model)
        settings = api.llama_context_default_params()
        settings.n_ctx = positions * sequences
        settings.n_batch = settings.n_ubatch = 512
        settings.n_seq_max = sequences
        settings.n_threads = settings.n_threads_batch = threads
        if exact:
            settings.type_k = settings.type_v = 0  # GGML_TYPE_F32
            settings.flash_attn_type = 0
        self.context = api.llama_init_from_model(self.model, settings)
        if not self.context:
            raise SystemExit(f"{path}: llama.cpp cannot make a context.")
        self.batch = api.llama_batch_init(512, 0, 1)

    @property
    def size(self):
        """Number of tokens that have logits."""
        return api.llama_vocab_n_tokens(self.vocabulary)

    def tokens(self, text, bos=False):
        """Ids of a text, special tokens parsed."""
        data = text.encode()
        room = len(data) + 2
        ids = (api.llama_token * room)()
        count = api.llama_tokenize(self.vocabulary, data, len(data), ids, room, bos, True)
        assert count >= 0, "more tokens than bytes"
        return list(ids[:count])

    @property
    def adds_bos(self):
        return api.llama_vocab_get_add_bos(self.vocabulary)

    @property
    def bos(self):
        return api.llama_vocab_bos(self.vocabulary)

    def clear(self):
        """Forgets every sequence."""
        api.llama_memory_clear(api.llama_get_memory(self.context), True)

    def decode(self, rows):
        """Runs rows of (token, position, sequence, whether logits are wanted) as one batch."""
        batch = self.batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[index] = token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = wanted
        status = api.llama_decode(self.context, batch)
        if status != 0:
            raise SystemExit(f"llama_decode: {status}")

    def prompt(self, tokens, sequence=0, every=False):
        """Runs a prompt from position 0; logits of the last row, or of every one."""
        last = len(tokens) - 1
        self.decode([(t, i, sequence, every or i == last) for i, t in enumerate(tokens)])

    def logits(self, row):
        """A pointer to the logits of a row of the last batch."""
        return api.llama_get_logits_ith(self.context, row)

    def logprobs(self, tokens):
        """Log-probability of every token but the first, nats, from logits in float64."""
        self.clear()
        self.prompt(tokens, every=True)
        logits = numpy.ctypeslib.as_array(self.logits(0), shape=(len(tokens), self.size))
        logits = logits.astype(numpy.float64)
        logits -= logits.max(axis=1, keepdims=True)
        logits -= numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))
        return [float(logits[at, token]) for at, token in enumerate(tokens[1:])]

    def steer(self, blocks, layers, width):
        """Adds a row of float32 to the output of each block that has one, from block 1 on."""
        buffer = numpy.zeros((layers - 1, width), numpy.float32)
        for block, row in blocks.items():
            buffer[block - 1] = row
        adapt = getattr(api, "llama_set_adapter_cvec", None) or api.llama_apply_adapter_cvec
        data = buffer.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        status = adapt(self.context, data, buffer.size, width, 1, layers - 1)
        if status != 0:
            raise SystemExit(f"{adapt.__name__}: {status}")
