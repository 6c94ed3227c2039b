-- Writes one token: what is timed is the way from the shell's prompt to here.
cast.model():generate("The capital of France is", { max_tokens = 1, stream = true })
