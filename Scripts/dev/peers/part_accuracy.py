"""How far each arithmetic's logits are from float64, beside llama.cpp's."""
import document
import measure
import places


def accuracy(options):
    tokens = 64 if options.quick else 2048
    asked = list(dict.fromkeys(["exact", *options.arithmetics]))
    arithmetics = ",".join(word or "" for word in measure.arithmetics(asked))
    rows, raw = [], {}
    for name in options.models:
        found = measure.worker(
            "accuracy.py", places.model(name), places.dataset("wikitext-2/test.txt"),
            options.threads, tokens, places.SCRATCH / "reference", places.CASTHOST,
            arithmetics).json
        raw[name] = found
        for program, judged in found.items():
            rows.append([places.MODELS[name], program, f"{judged['kl']:.1e}",
                         f"{judged['kl_most']:.1e}", f"{100 * judged['same_top']:.2f} %",
                         f"{judged['nll']:.5f}"])
    text = document.table(["model", "logits of", "KL a token, nats", "greatest",
                           "same likeliest token", "NLL a token, nats"], rows)
    text += (f"\n\n{tokens} tokens of WikiText-2's test text in windows of 512; KL(float64 || it) "
             "in float64. The reference decodes the checkpoint's weights and computes everything "
             "else in float64.")
    document.write("accuracy", text, raw)
