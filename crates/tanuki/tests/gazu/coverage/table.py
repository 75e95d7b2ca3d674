"""Prints docs/gazu-coverage.md: which functions of gazu are held against the reference, and how often."""

import collections
import importlib
import inspect
import json
import sys
from pathlib import Path

MODULES = [
    "project", "project_template", "asset", "shot", "scene", "edit", "concept", "entity", "casting", "task", "context",
    "search", "user", "person", "events", "client",
    "files", "playlist",
]  # fmt: skip
HERE = Path(__file__).parent

HEAD = """\
# Which functions of gazu are covered

Each function of the modules below is called with unmodified gazu 1.3.1 against a running Tanuki, on SQLite and on
PostgreSQL, with the arguments it may take, unknown ids and by several roles. What it returns or raises is compared with
what Zou 1.0.97 made of the same call. The calls and the recorded results are in `crates/tanuki/tests/gazu/coverage`.

Made by `python crates/tanuki/tests/gazu/coverage/table.py > docs/gazu-coverage.md`; a test compares.
"""


def functions_of(module):
    found = importlib.import_module(f"gazu.{module}")
    named = inspect.getmembers(found, inspect.isfunction)
    return [(name, function) for name, function in named if function.__module__ == found.__name__ and name[0] != "_"]


def recorded():
    """By function, how many calls answered and how many raised."""
    answered, raised = collections.Counter(), collections.Counter()
    for path in sorted(HERE.glob("*.json")):
        for calls in json.loads(path.read_text()).values():
            for entry in calls:
                counter = raised if "raises" in entry else answered
                counter[entry["call"].partition("(")[0]] += 1
    return answered, raised


def to_come():
    """By function, why it is not covered."""
    lines = (line.split(maxsplit=1) for line in (HERE / "to_come.txt").read_text().splitlines())
    return {line[0]: line[1] for line in lines if line and line[0] != "#"}


def signature(name, function):
    wanted = [parameter for parameter in inspect.signature(function).parameters if parameter != "client"]
    return f"{name}({', '.join(wanted)})"


def rows(module, answered, raised, reasons):
    for name, function in functions_of(module):
        full = f"{module}.{name}"
        calls, reason = answered[full] + raised[full], reasons.pop(full, "")
        is_called = reason != "file" and not reason.startswith("later: ")
        if bool(calls) != is_called or not (calls or reason):
            sys.exit(f"{full} is called {calls} times and listed as still to come for the reason {reason!r}")
        differs = reason.startswith("on purpose: ")
        note = {"": "", "file": "still to come: needs files"}.get(reason, f"still to come: {reason.removeprefix('later: ')}")
        note = f"differs {reason}" if differs else note
        yield f"| `{signature(name, function)}` | {answered[full]} | {raised[full]} | {note} |"


def main():
    answered, raised = recorded()
    reasons, tables, covered, known = to_come(), [], 0, 0
    for module in MODULES:
        lines = list(rows(module, answered, raised, reasons))
        works = sum(line.endswith(" |  |") for line in lines)
        covered, known = covered + works, known + len(lines)
        head = "| function | answers | raises | |\n|---|--:|--:|---|"
        tables.append("\n".join([f"\n## gazu.{module}: {works} of {len(lines)}\n", head, *lines]))
    if reasons:
        sys.exit(f"listed as still to come, and no functions: {sorted(reasons)}")
    print(HEAD)
    print(f"Covered: {covered} of {known} functions, by {answered.total() + raised.total()} calls.")
    print("\n".join(tables))


if __name__ == "__main__":
    main()
