"""gazu.edit."""

import gazu
import world as worlds
from calls import call, raises, run
from gazu import edit
from world import NOBODY, world


def creation():
    worlds.studio()
    worlds.film()
    worlds.series()
    reel = call(edit.new_edit, world.film, "Reel", description="All of it", data={"length": 90})
    call(edit.new_edit, world.film["id"], "Reel")
    pilot = call(edit.new_edit, world.series, "Pilot", episode=world.ep1)
    bible = call(edit.new_edit, world.series, "Bible")
    raises(edit.new_edit, NOBODY, "Nobody's")
    raises(edit.new_edit, world.series, "Lost", episode="no id")
    worlds.make(reel=reel, pilot=pilot, bible=bible)


def reading():
    call(edit.get_edit, world.reel["id"])
    call(edit.get_edit, world.pilot["id"])
    raises(edit.get_edit, NOBODY)
    raises(edit.get_edit, world.hero["id"])
    call(edit.get_edit_by_name, world.film, "Reel")
    call(edit.get_edit_by_name, world.film, "Pilot")
    call(edit.get_edit_url, world.reel)
    call(edit.get_edit_url, world.pilot["id"])
    raises(edit.get_edit_url, NOBODY)
    call(edit.all_edits_for_project, world.film)
    call(edit.all_edits_for_project, world.series["id"])
    raises(edit.all_edits_for_project, NOBODY)
    task = gazu.task.new_task(world.reel, world.editing)
    comment = gazu.task.add_comment(task, world.wip)
    worlds.make(reel_task=task, reel_comment=comment, reel_preview=gazu.task.create_preview(task, comment))
    call(edit.all_previews_for_edit, world.reel)
    call(edit.all_previews_for_edit, world.pilot["id"])
    raises(edit.all_previews_for_edit, NOBODY)


def changes():
    call(edit.update_edit, {"id": world.bible["id"], "name": "Trailer", "parent_id": world.ep2["id"]})
    raises(edit.update_edit, {"id": NOBODY, "name": "Nobody's"})
    call(edit.update_edit_data, world.reel, {"cut": 2})
    call(edit.update_edit_data, world.reel["id"], {"length": 80})
    call(edit.update_edit_data, world.pilot)
    raises(edit.update_edit_data, NOBODY, {"cut": 2})
    call(edit.get_edit, world.reel["id"])
    call(edit.remove_edit, world.reel)
    call(edit.get_edit, world.reel["id"])
    call(edit.remove_edit, world.reel["id"], force=True)
    raises(edit.get_edit, world.reel["id"])
    call(edit.remove_edit, world.bible)
    raises(edit.remove_edit, NOBODY)


def as_others():
    for who in (world.artist, world.manager):
        worlds.log_in(who)
        call(edit.all_edits_for_project, world.series)
    worlds.log_in(world.client)
    raises(edit.all_edits_for_project, world.series)
    raises(edit.new_edit, world.film, "Client's")
    worlds.log_in(world.artist)
    raises(edit.remove_edit, world.pilot)


if __name__ == "__main__":
    run(creation, reading, changes, as_others)
