"""gazu's imports and exports of assets and shots as CSV files."""

import os
import tempfile
from pathlib import Path

import world as worlds
from calls import call, raises, run, seen, tries
from gazu import asset, shot
from world import NOBODY, world

ASSETS = "Type,Name,Description\nProp,Lamp,green\nProp,Desk,\n"
SHOTS = "Sequence;Name;Nb Frames;Frame In;Frame Out\nSQ90;SH01;10;1;10\nSQ90;SH02;;1001;1024\n"


def studio():
    os.chdir(tempfile.mkdtemp())
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
        tries(lines(asset.export_assets_with_csv), world.film, "out.csv")
        tries(lines(shot.export_shots_with_csv), world.film, "out.csv")


if __name__ == "__main__":
    run(studio, imports, exports, as_others)
