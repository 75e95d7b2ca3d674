"""Prints what OpenTimelineIO reads of an edit, as JSON: `python read.py FILE RATE`."""

import json
import sys

import opentimelineio as otio

path, rate = sys.argv[1], float(sys.argv[2])
# Of an EDL only the rate says how its timecode is to be read.
arguments = {"rate": rate} if path.endswith(".edl") else {}
timeline = otio.adapters.read_from_file(path, **arguments)
(track,) = timeline.tracks


def clip(item):
    duration, media = item.source_range.duration, item.media_reference
    notes = item.metadata.get("cmx_3600", {})
    return {
        "name": item.name,
        "frames": duration.value,
        "rate": duration.rate,
        "start": track.range_of_child(item).start_time.value,
        "kind": type(media).__name__,
        "url": getattr(media, "target_url", None),
        "reel": notes.get("reel"),
        "comments": list(notes.get("comments", [])),
    }


shown = {"name": timeline.name, "kind": track.kind, "clips": [clip(item) for item in track]}
print(json.dumps(shown))
