"""gazu's imports and exports of assets and shots as CSV files, and its import of edits."""

import json
import os
import tempfile
from pathlib import Path

import world as worlds
from calls import call, raises, run, seen, tries
from gazu import asset, shot
from world import NOBODY, world

ASSETS = "Type,Name,Description\nProp,Lamp,green\nProp,Desk,\n"
SHOTS = "Sequence;Name;Nb Frames;Frame In;Frame Out\nSQ90;SH01;10;1;10\nSQ90;SH02;;1001;1024\n"


def edit(*clips):
    """An OpenTimelineIO file with clips one behind the other: names and lengths."""

    def frames(number):
        return {"OTIO_SCHEMA": "RationalTime.1", "value": number, "rate": 25.0}

    def clip(name, length):
        source = {"OTIO_SCHEMA": "TimeRange.1", "start_time": frames(0.0), "duration": frames(length)}
        return {"OTIO_SCHEMA": "Clip.1", "name": name, "source_range": source}

    children = [clip(name, float(length)) for name, length in clips]
    track = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": children}
    tracks = {"OTIO_SCHEMA": "Stack.1", "children": [track]}
    return json.dumps({"OTIO_SCHEMA": "Timeline.1", "tracks": tracks})


def studio():
    os.chdir(tempfile.mkdtemp())
    Path("short.otio").write_text(edit(("SQ95_SH01", 24), ("SQ95_SH02.mov", 10)))
    Path("usual.otio").write_text(edit(("Film_SQ96-SH01", 8)))
    Path("episode.otio").write_text(edit(("Series_E01-SQ97-SH01", 5)))
    Path("assets.csv").write_text(ASSETS)
    Path("shots.csv").write_text(SHOTS)
    Path("wrong.csv").write_text("Colour,Size\nred,12\n")
    worlds.studio()
    worlds.film()
    worlds.tasks()
    worlds.series()


def lines(function):
    """The lines of the file that a function saves."""
    return seen(function, lambda response: [response.status_code, Path("out.csv").read_text().splitlines()])


def imports():
    call(asset.import_assets_with_csv, world.film, "assets.csv")
    call(asset.import_assets_with_csv, world.film["id"], "assets.csv")
    raises(asset.import_assets_with_csv, NOBODY, "assets.csv")
    raises(asset.import_assets_with_csv, world.film, "nowhere.csv")
    call(shot.import_shots_with_csv, world.film, "shots.csv")
    call(shot.import_shots_with_csv, world.film["id"], "shots.csv")
    raises(shot.import_shots_with_csv, NOBODY, "shots.csv")


def edits():
    short = "${sequence_name}_${shot_name}"
    call(shot.import_otio, world.film, "short.otio", naming_convention=short)
    call(shot.import_otio, world.film["id"], "short.otio", naming_convention=short, match_case=False)
    call(shot.import_otio, world.film, "usual.otio")
    call(shot.import_otio, world.series, "episode.otio", episode=world.ep1)
    raises(shot.import_otio, world.film, "nowhere.otio")


def exports():
    call(lines(asset.export_assets_with_csv), world.film, "out.csv")
    call(lines(asset.export_assets_with_csv), world.series, "out.csv")
    call(lines(asset.export_assets_with_csv), world.series, "out.csv", episode=world.ep1)
    raises(asset.export_assets_with_csv, NOBODY, "out.csv")
    call(lines(shot.export_shots_with_csv), world.film, "out.csv")
    call(lines(shot.export_shots_with_csv), world.film, "out.csv", assigned_to=world.artist)
    call(lines(shot.export_shots_with_csv), world.series, "out.csv", episode=world.ep1)
    raises(shot.export_shots_with_csv, NOBODY, "out.csv")


def as_others():
    for one in (world.artist, world.client, world.vendor):
        worlds.log_in(one)
        tries(asset.import_assets_with_csv, world.film, "assets.csv")
        tries(shot.import_shots_with_csv, world.film, "shots.csv")
        tries(shot.import_otio, world.film, "usual.otio")
        tries(lines(asset.export_assets_with_csv), world.film, "out.csv")
        tries(lines(shot.export_shots_with_csv), world.film, "out.csv")


if __name__ == "__main__":
    run(studio, imports, edits, exports, as_others)
