#!/usr/bin/env python3
"""Records what jinja2 makes of the snippets below and of Tests/Golden/jinja/*.jinja.

Writes Tests/Golden/jinja.json. Needs jinja2 3.1; run from the repository's folder:

    python3 Scripts/dev/record_jinja.py

The environment is Transformers' for chat templates: immutable sandbox, trim_blocks,
lstrip_blocks, loop controls, generation blocks, a tojson that keeps HTML and non-ASCII
characters, and a strftime_now whose time is fixed.
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden"
SECONDS = 1_785_000_000
NOW = datetime.datetime.fromtimestamp(SECONDS, datetime.timezone.utc)


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)


ENVIRONMENT = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
ENVIRONMENT.filters["tojson"] = tojson
ENVIRONMENT.globals["raise_exception"] = raise_exception
ENVIRONMENT.globals["strftime_now"] = lambda form: NOW.strftime(form)

TOOL = {
    "type": "function",
    "function": {
        "name": "weather", "description": "Looks the \"weather\" up.\nNow & then.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Where, é <b>"},
                "days": {"type": "integer", "enum": [1, 2.5, None, True]},
                "spots": {"type": "array", "items": {
                    "type": "object", "properties": {"x": {"type": "number"}, "deep": {
                        "type": "array", "items": {"type": "boolean"}}}, "required": ["x"]}},
            },
            "required": ["city"],
        },
    },
}
CALL = {"id": "call_123456789", "type": "function",
        "function": {"name": "weather", "arguments": {"city": "Brno", "days": 2}}}


def said(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


CONVERSATIONS = {
    "empty": {"messages": []},
    "user": {"messages": said(("user", " Hi there \n")), "add_generation_prompt": True},
    "system": {"messages": said(("system", "Be terse."), ("user", "2 + 2?")),
               "add_generation_prompt": True},
    "turns": {"messages": said(("system", "S"), ("user", "a"), ("assistant", "b"),
                               ("user", "c <|x|>"), ("assistant", "d\n"))},
    "thinking": {"messages": said(("user", "Why?"), ("assistant", "<think>\nhm\n</think>\n\nSo."),
                                  ("user", "And?"), ("assistant", "<think>\nuh\n</think>\nYes.")),
                 "add_generation_prompt": True, "enable_thinking": False},
    "wrong": {"messages": said(("assistant", "me first"), ("assistant", "me too"))},
    "role": {"messages": said(("critic", "no"))},
    "tools": {"messages": said(("system", "Use tools."), ("user", "Rain?"))
              + [{"role": "assistant", "content": "", "tool_calls": [CALL]},
                 {"role": "tool", "content": "{\"rain\": false}", "tool_call_id": "123456789"}]
              + said(("assistant", "No.")),
              "tools": [TOOL], "add_generation_prompt": True},
    "calls": {"messages": said(("user", "Rain?"))
              + [{"role": "assistant", "content": None, "tool_calls": [CALL, CALL]}],
              "tools": [TOOL], "documents": [{"doc_id": 7, "text": "Dry."}]},
    "parts": {"messages": [{"role": "user", "content": [
        {"type": "image"}, {"type": "text", "text": " What is this? "}]}]},
}
ALWAYS = {"bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None,
          "add_generation_prompt": False}

CONTEXT = {
    "a": 3, "b": -7, "f": 2.5, "s": "Hello, World", "e": "", "n": None, "t": True,
    "u": "žluťoučký kůň ß ΑΣ", "l": [3, 1, 2], "d": {"x": 1, "y": "two", "items": 5},
    "w": "  padded \t\n", "ms": said(("system", "Be nice"), ("user", "Hi <b>"))
    + [{"role": "assistant", "content": "Yo", "tool_calls": [CALL]}],
}
SNIPPETS = (GOLDEN / "jinja" / "snippets.txt").read_text().split("\n----\n")


def rendered(template, context):
    try:
        return {"rendered": ENVIRONMENT.from_string(template).render(**context)}
    except Exception as error:  # What jinja2 raises is its own business; that it does is ours.
        return {"error": str(error) if type(error) is jinja2.TemplateError else ""}


def main():
    conversations = []
    for path in sorted((GOLDEN / "jinja").glob("*.jinja")):
        for name, variables in CONVERSATIONS.items():
            conversations.append({"template": path.name, "conversation": name}
                                 | rendered(path.read_text(), ALWAYS | variables))
    snippets = [{"template": text} | rendered(text, CONTEXT) for text in SNIPPETS]
    head = json.dumps({"seconds": SECONDS, "context": CONTEXT, "always": ALWAYS,
                       "conversations": CONVERSATIONS}, ensure_ascii=False)[1:-1]
    lines = [json.dumps(entry, ensure_ascii=False) for entry in conversations]
    more = [json.dumps(entry, ensure_ascii=False) for entry in snippets]
    (GOLDEN / "jinja.json").write_text(
        "{" + head + ',\n"templates": [\n' + ",\n".join(lines) + '\n],\n"snippets": [\n'
        + ",\n".join(more) + "\n]}\n")


if __name__ == "__main__":
    main()
