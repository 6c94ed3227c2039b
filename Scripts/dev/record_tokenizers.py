"""Writes Tests/Golden/tokenizers.json: small tokenizers and the ids that Hugging Face gives texts.

    python3 Scripts/dev/record_tokenizers.py

Needs tokenizers. The vocabularies are the 256 bytes and a few merges of our own; the pipelines are
those of the families' own tokenizer.json.
"""

import json
import pathlib
import random

import tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/tokenizers.json"
MARK = "\u2581"
MERGES = """Ġ t|Ġ a|h e|i n|r e|o n|e r|Ġt he|a t|o u|Ġ s|e s|in g|l l|Ġ Ġ|ĠĠ ĠĠ|Ċ Ċ|' s|' S|1 2|12 3
|0 0|Ã ©|. .|.. .|ã Ģ|Ð °|Ð ²|Ð° Ð²|Ì ģ|e Ì""".replace("\n", "").split("|")
WHOLE = ["Ġhello", "123456"]
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def alphabet():
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in kept]
    return [chr(byte if byte in kept else 0x100 + rest.index(byte)) for byte in range(256)]


def added(identifier, content, **flags):
    token = {"id": identifier, "content": content, "single_word": False, "lstrip": False}
    return {**token, "rstrip": False, "normalized": False, "special": True, **flags}


def byte_level(pre, normalizer=None, post=None, extra=(), **model):
    pieces = ["<s>", "</s>"] + alphabet() + [m.replace(" ", "") for m in MERGES] + WHOLE
    tokens = [added(0, "<s>"), added(1, "</s>")]
    for content, flags in extra:
        tokens.append(added(len(pieces) + len(tokens) - 2, content, **flags))
    return build(pieces, MERGES, tokens, pre, normalizer, post, {"type": "ByteLevel"}, **model)


def characters(pre, normalizer, decoder, special=None, rstrip=False, post=None):
    letters = [MARK] + [chr(c) for c in range(0x21, 0x7F)] + ["é", "日", "\n"]
    lines = [m.replace("Ġ", MARK).split(" ") for m in MERGES]
    lines = [m for m in lines if all(c in letters for half in m for c in half)]
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + letters
    pieces += ["".join(m) for m in lines]
    flags = {"rstrip": rstrip, **(special or {})}
    tokens = [added(i, pieces[i], **flags) for i in range(3)]
    tokens.append(added(len(pieces), "<tag>", special=False, rstrip=rstrip))
    model = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    return build(pieces, lines, tokens, pre, normalizer, post, decoder, **model)


def build(pieces, merges, tokens, pre, normalizer, post, decoder, **model):
    if decoder.get("type") == "ByteLevel":
        decoder = {**decoder, "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    base = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None}
    base.update(end_of_word_suffix=None, fuse_unk=False, byte_fallback=False, ignore_merges=False)
    vocabulary = {piece: identifier for identifier, piece in enumerate(pieces)}
    base.update(model, vocab=vocabulary, merges=merges)
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens,
            "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": post,
            "decoder": decoder, "model": base}


def splits(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def template(token, identifier):
    around = [{"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    return {"type": "TemplateProcessing", "single": around, "pair": around,
            "special_tokens": {token: {"id": token, "ids": [identifier], "tokens": [token]}}}


def pipelines():
    gpt2 = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    plain = {**gpt2, "use_regex": False}
    digits = {"type": "Digits", "individual_digits": True}
    yield "gpt2", byte_level(gpt2)
    spaces = [(" " * n, {"special": False, "normalized": True}) for n in (3, 5)]
    yield "gpt_neox", byte_level(gpt2, {"type": "NFC"}, extra=spaces)
    yield "starcoder2", byte_level(splits(digits, gpt2), unk_token="<s>")
    yield "llama3", byte_level(
        splits(split(LLAMA3), plain), post=template("<s>", 0), ignore_merges=True)
    yield "qwen2", byte_level(splits(split(LLAMA3.replace("{1,3}", "")), plain), {"type": "NFC"})
    yield "olmo2", byte_level(splits(split(LLAMA3, "Removed", True), plain))
    yield "tekken", byte_level(splits(split(CASED), plain), ignore_merges=True)
    yield "falcon", byte_level(splits(
        {"type": "Punctuation", "behavior": "Contiguous"}, gpt2,
        {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")))
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
    prepend = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": MARK}, replace]}
    back = [{"type": "Replace", "pattern": {"String": MARK}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}]
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    decoder = {"type": "Sequence", "decoders": back + [strip]}
    yield "llama2", characters(None, prepend, decoder, post=template("<s>", 1))
    yield "llama", characters(None, prepend, decoder, special={"normalized": True})
    yield "phi3", characters(None, prepend, decoder, rstrip=True)
    meta = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": "first", "split": False}
    yield "mistral", characters(meta, None, decoder)
    yield "metaspace", characters({**meta, "prepend_scheme": "always", "split": True}, None, decoder)
    gemma = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious"}
    yield "gemma", characters(
        {**gemma, "invert": False}, replace, {"type": "Sequence", "decoders": back})


def texts():
    random.seed(6)
    parts = ["the", " the", "hello", " hello", "ing", "He'S", "it's", "'ſ", "123456", "1200", "½", "²",
             " ", "  ", "   ", "     ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000", "é", "e\u0301",
             "가", "\u1100\u1161", "日本", "ав", "Ⅷ", "...", "?!", "//\n", "camelCase", "HTTP", "🙂",
             "\u200d", "\0", "<s>", "</s>", "<tag>", "<unk>", "<", "\u2581", "ǅa", "ʰ", "\u0301"]
    yield from ["", " ", "a", "the  the", " <s> hello", "<s>\n\u00a0hello", "\u2581a"]
    for _ in range(50):
        yield "".join(random.choice(parts) for _ in range(random.randrange(1, 9)))


def main():
    result = []
    for name, tokenizer in pipelines():
        source = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
        reference = tokenizers.Tokenizer.from_str(source)
        cases = []
        for text in texts():
            ids = {}
            for key, as_text in (("ids", False), ("plain", True)):
                reference.encode_special_tokens = as_text
                ids[key] = reference.encode(text, add_special_tokens=False).ids
            cases.append({"text": text, **ids})
        result.append({"name": name, "tokenizer": source, "cases": cases})
    OUT.write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
