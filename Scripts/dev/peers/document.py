"""Writes tables into Docs/Performance.md, between marks, and keeps the prose around them."""
import datetime
import json
import re

import places

keeps = True  # False: tables are printed only


def table(heads, rows):
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write(part, text, raw):
    """Puts `text` where the document says `<!-- bench-peers: PART -->`, and keeps the numbers.

    A part that the document does not have yet goes to its end.
    """
    print(text.strip() + "\n", flush=True)
    if not keeps:
        return
    places.RESULTS.mkdir(parents=True, exist_ok=True)
    results(part).write_text(json.dumps(raw, indent=1))
    day = datetime.date.today().isoformat()
    begin, end = f"<!-- bench-peers: {part} -->", f"<!-- /bench-peers: {part} -->"
    block = f"{begin}\n{text.strip()}\n\nMeasured {day} on {places.machine()}.\n{end}"
    old = places.DOCUMENT.read_text()
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    new = found.sub(lambda _: block, old) if found.search(old) else f"{old.rstrip()}\n\n{block}\n"
    places.DOCUMENT.write_text(new)


def kept(part):
    """The numbers of a part that were measured before, or none."""
    return json.loads(results(part).read_text()) if keeps and results(part).exists() else {}


def results(part):
    return places.RESULTS / f"{part}.json"
