"""Contrast pairs of the Model-Written Evals as the peers need them: whole texts."""
import itertools
import json


def rows(path, count, skip=0):
    """Rows of a JSON Lines file."""
    with open(path) as file:
        return [json.loads(line) for line in itertools.islice(file, skip, skip + count)]


def question(row, tokenizer):
    """The question in the model's chat template, open for an answer."""
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": row["question"]}], add_generation_prompt=True,
        tokenize=False)


def answers(row):
    """The matching and the other answer; the data has a space before each, a template none."""
    return row["answer_matching_behavior"].strip(), row["answer_not_matching_behavior"].strip()


def texts(path, count, tokenizer):
    """(positive, negative) for each row."""
    return [tuple(question(row, tokenizer) + answer for answer in answers(row))
            for row in rows(path, count)]
