"""gazu.files: drawings on previews, their order in a revision, and those that are not ready."""

import gazu
import world as worlds
from calls import call, know, ordered, raises, run, tries
from gazu import files
from world import NOBODY, world


def preview(name, position, task, **values):
    row = {"name": name, "revision": 1, "position": position, "task_id": task["id"], "extension": "png", "status": "ready"}
    made = gazu.client.create("preview-files", row | values)
    know(**{name: made})
    return made


def previews():
    task = world.hero_modeling
    worlds.make(front=preview("front", 1, task), side=preview("side", 2, task), back=preview("back", 3, task))
    worlds.make(turn=preview("turn", 1, world.hero_rigging, extension="mp4", status="processing"))


def entry(time, *ids):
    return {"time": time, "drawing": {"objects": [{"id": one, "type": "path"} for one in ids]}}


def as_admin():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    previews()
    call(files.update_preview_annotations, world.front, additions=[entry(0, "nose", "ear")])
    call(files.update_preview_annotations, world.front, updates=[entry(0, "ear")])
    call(files.update_preview_annotations, world.front["id"], deletions=[{"time": 0, "objects": ["nose"]}])
    call(files.update_preview_annotations, world.turn, [entry(1.2, "arm"), entry(2, "leg")])
    call(files.update_preview_annotations, world.turn)
    raises(files.update_preview_annotations, NOBODY, [entry(0, "nose")])
    raises(files.update_preview_annotations, world.turn, additions="nose")
    ordered(files.update_preview_position, world.back, 1)
    ordered(files.update_preview_position, world.back["id"], 2)
    ordered(files.update_preview_position, world.back, 9)
    raises(files.update_preview_position, world.back, -1)
    raises(files.update_preview_position, NOBODY, 1)
    ordered(files.get_running_preview_files)


def others():
    for person in (world.manager, world.supervisor, world.artist, world.animator, world.client, world.vendor):
        worlds.log_in(person)
        tries(files.update_preview_annotations, world.front, additions=[entry(0, "chin")])
        tries(files.update_preview_position, world.side, 1)
        raises(files.get_running_preview_files)


if __name__ == "__main__":
    run(as_admin, others)
