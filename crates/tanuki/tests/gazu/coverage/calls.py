"""One call of gazu after the other, each held against what the reference answered.

`python asset.py HOST ADMIN PASSWORD` calls the functions of gazu's `asset` in a fresh studio and compares
each result with that in asset.json; with `--record` after it, the results become asset.json. What differs
from run to run has a label: ids, times near now, the host. A label stands for one id throughout a script.
"""

import datetime
import functools
import inspect
import json
import re
import sys
import traceback
from pathlib import Path

import gazu
import requests

sys.path.append(str(Path(__file__).parents[1]))
from kit import ADMIN, ADMIN_PASSWORD, API, HOST, report, results  # noqa: E402

SCRIPT = Path(sys.argv[0]).resolve()
RECORDS = "--record" in sys.argv
RECORDING = SCRIPT.with_suffix(".json")

UUID = re.compile(r"(?!0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PIECE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")  # the name of a preview file
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?)?")
# lists that somebody put into an order; others have the one that the database happened to give
IN_ORDER = {"checklist", "choices", "descriptor_ids"}

sent = []  # the requests of the call that runs
labels = {}  # of ids
section_calls = []  # as recorded
pending = []  # of the section that runs, those of the recording that are still to be made
recorded = {} if RECORDS else json.loads(RECORDING.read_text())


def call(function, *args, **kwargs):
    """The function's result, which has to be what was recorded; `None` where it fails."""
    return _made(function, args, kwargs, wanted={"result"})


def ordered(function, *args, **kwargs):
    """Like `call`, of a function that answers a list in an order."""
    return _made(function, args, kwargs, wanted={"result"}, in_order=True)


def raises(function, *args, **kwargs):
    """The call has to raise what was recorded."""
    _made(function, args, kwargs, wanted={"raises"})


def tries(function, *args, **kwargs):
    """The call has to do what was recorded, to answer or to raise."""
    _made(function, args, kwargs, wanted={"result", "raises"})


def seen(function, view, made_by=None):
    """The function, whose result is what `view` shows of it; `made_by` may stand in for the function."""
    @functools.wraps(function)
    def viewed(*args, **kwargs):
        return view((made_by or function)(*args, **kwargs))

    return viewed


def know(*rows, **named):
    """Labels rows that no recorded call made, by what they are called or by the given names."""
    for row in rows:
        labels.setdefault(row["id"], _new_label(row))
    for name, row in named.items():
        labels[row["id"]] = f"<{name}>"


def as_admin():
    gazu.set_host(API)
    gazu.log_in(ADMIN, ADMIN_PASSWORD)


def run(*sections):
    """Each section by itself, so that one that stops leaves the others."""
    for section in sections:
        name = section.__name__
        section_calls.clear()
        pending[:] = recorded.get(name, [])
        try:
            section()
        except Exception:
            print(f"stopped  {name}:\n{traceback.format_exc()}")
            if not pending:
                report("FAILED", name)
        if RECORDS:
            recorded[name] = list(section_calls)
        for entry in pending:
            report("FAILED", f"{_function_of(entry['call'])}\n    not reached: {entry['call']}")
    if RECORDS and not results["FAILED"]:
        _write()
    print(", ".join(f"{count} {outcome}" for outcome, count in results.items()))
    sys.exit(1 if results["FAILED"] else 0)


def _noting_requests(send):
    def noting(session, request, **kwargs):
        sent.append((request.method, request.path_url.partition("?")[0]))
        return send(session, request, **kwargs)

    return noting


requests.Session.send = _noting_requests(requests.Session.send)


def _tell_requests(function):
    """For the examples of the API's description: what a call that succeeded sent."""
    wanted = [parameter for parameter in inspect.signature(function).parameters if parameter != "client"]
    for method, path in sent:
        print(f"request  gazu.{_name(function)}({', '.join(wanted)}) of {len(sent)}: {method} {path}")


def _made(function, args, kwargs, wanted, in_order=False):
    name, text = _name(function), _text(function, args, kwargs)
    sent.clear()
    try:
        result = function(*args, **kwargs)
        kind, got, told = "result", _parsed(result), _short(result)
        _tell_requests(function)
    except Exception as error:
        result = None
        kind, got, told = "raises", type(error).__name__, f"{type(error).__name__}: {error}"
    if RECORDS:
        fits = kind in wanted and got != "ServerErrorException"
        report("ok" if fits else "FAILED", f"{text}\n    {kind} {told}")
        section_calls.append({"call": text, kind: _labelled(got, in_order)})
        return result
    entry = pending.pop(0) if pending else {"call": "nothing"}
    if _function_of(entry["call"]) != name:
        report("FAILED", f"{name}\n    {text} is called where {entry['call']} is recorded")
    elif kind not in entry:
        report("FAILED", f"{name}\n    {text}\n    {kind} {told}")
    elif found := differences(entry[kind], got, in_order):
        lines = "\n    ".join(found[:8])
        report("FAILED", f"{name}\n    {text}\n    {lines}")
    else:
        report("ok", name)
    return result


def _parsed(result):
    """gazu hands the answer to a deletion on as text."""
    return json.loads(result) if isinstance(result, str) and result[:1] in ("{", "[") else result


def differences(expected, got, in_order=False, path="result"):
    """What differs, a line each. An id that has no label yet takes the expected one."""
    if isinstance(expected, dict) and isinstance(got, dict):
        got = {_plain(key): value for key, value in got.items()}
        found = [f"{path}.{key} is missing" for key in expected if key not in got]
        found += [f"{path}.{key} is more than expected" for key in got if key not in expected]
        for key in expected:
            if key in got:
                found += differences(expected[key], got[key], key in IN_ORDER, f"{path}.{key}")
        return found
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return [f"{path} has {len(got)} items instead of {len(expected)}: {_short(got)}"]
        if in_order:
            pairs = enumerate(zip(expected, got, strict=True))
            return [line for i, pair in pairs for line in differences(*pair, True, f"{path}[{i}]")]
        return _differences_of_sets(expected, got, path)
    got = _plain(got) if isinstance(got, str) else got
    if _is_label(expected) and UUID.fullmatch(str(got)) and expected not in labels.values():
        labels[got] = expected
        return []
    if type(expected) is type(got) and expected == got:
        return []
    return [f"{path}: {_short(got)} instead of {_short(expected)}"]


def _differences_of_sets(expected, got, path):
    """Each expected item takes the item that is like it and gives the fewest new labels away."""
    rest, found = list(got), []
    for i, item in enumerate(expected):
        tries = []
        for other in rest:
            before = dict(labels)
            lines = differences(item, other, False, f"{path}[{i}]")
            tries.append((len(lines), len(labels) - len(before), lines))
            _restore(before)
        best = min(range(len(tries)), key=lambda index: tries[index][:2])
        found += tries[best][2]
        differences(item, rest.pop(best), False)
    return found


def _restore(before):
    labels.clear()
    labels.update(before)


def _plain(text):
    """A text with labels in place of what is known by one."""
    if not isinstance(text, str):
        return text
    if _is_near_now(text):
        return "<now>" if len(text) > len("2020-01-01") else "<today>"
    if PIECE.fullmatch(text):
        return "<piece of an id>"
    text = TOKEN.sub("<token>", text.replace(HOST, "<host>"))
    return UUID.sub(lambda found: labels.get(found[0], found[0]), text)


def _is_near_now(text):
    found = TIME.fullmatch(text.removesuffix("Z").removesuffix("+00:00"))
    if not found:
        return False
    try:
        distance = datetime.date.fromisoformat(found[1]) - datetime.date.today()
    except ValueError:
        return False
    return abs(distance.days) <= 1


def _labelled(value, in_order=False, key="id"):
    """For the recording: labels for all ids, lists without an order sorted."""
    if isinstance(value, dict):
        if "type" in value and UUID.fullmatch(str(value.get("id"))):
            labels.setdefault(value["id"], _new_label(value))
        return {_labelled(name): _labelled(item, name in IN_ORDER, name) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = list(value) if in_order else sorted(value, key=_sort_key)
        return [_labelled(item, in_order, key) for item in items]
    if not isinstance(value, str):
        return value
    if UUID.fullmatch(value):
        labels.setdefault(value, _new_label({"type": key.removesuffix("_id")}))
    return _plain(value)


def _sort_key(item):
    """The same in every run: the ids that are not known yet count for nothing."""
    def masked(value):
        if isinstance(value, dict):
            return {masked(key): masked(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [masked(part) for part in value]
        return UUID.sub("?", _plain(value)) if isinstance(value, str) else value

    return json.dumps(masked(item), sort_keys=True)


def _new_label(row):
    name = row.get("full_name") or row.get("name") or ""
    base = f"{row['type']} {name}".strip().replace("<", "").replace(">", "")
    taken, number = set(labels.values()), 1
    label = f"<{base}>"
    while label in taken:
        number += 1
        label = f"<{base} #{number}>"
    return label


def _is_label(value):
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def _name(function):
    return f"{function.__module__.removeprefix('gazu.')}.{function.__name__}"


def _function_of(text):
    return text.partition("(")[0]


def _text(function, args, kwargs):
    shown = [_shown(value) for value in args]
    shown += [f"{key}={_shown(value)}" for key, value in kwargs.items()]
    return f"{_name(function)}({', '.join(shown)})"


def _shown(value):
    if isinstance(value, dict) and "type" in value and "id" in value:
        return _plain(value["id"])
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_plain(key)}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, str) and _is_label(_plain(value)):
        return _plain(value)
    if value is not None and not isinstance(value, (str, int, float)):
        return f"<{type(value).__name__}>"
    return repr(_plain(value))


def _short(value):
    text = json.dumps(value, default=str)
    return text if len(text) < 300 else text[:300] + "…"


def _write():
    """A line a call, and a line a row of a list."""
    sections = []
    for name, calls in recorded.items():
        lines = []
        for entry in calls:
            result = entry.get("result")
            if isinstance(result, list) and len(result) > 1:
                rows = ",\n      ".join(json.dumps(row, ensure_ascii=False) for row in result)
                lines.append(f'{{"call": {json.dumps(entry["call"], ensure_ascii=False)}, "result": [\n      {rows}]}}')
            else:
                lines.append(json.dumps(entry, ensure_ascii=False))
        sections.append(f'  {json.dumps(name)}: [\n    ' + ",\n    ".join(lines) + "\n  ]")
    RECORDING.write_text("{\n" + ",\n".join(sections) + "\n}\n")
