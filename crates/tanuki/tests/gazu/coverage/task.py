"""gazu.task: types, statuses, tasks and the lists of them; task_work.py has what is done with them."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import task
from world import NOBODY, world


def types():
    worlds.studio()
    worlds.film()
    worlds.series()
    call(task.all_task_types)
    call(task.get_task_type, world.modeling["id"])
    raises(task.get_task_type, NOBODY)
    call(task.get_task_type_by_name, "Modeling")
    call(task.get_task_type_by_name, "Concept", for_entity="Asset")
    call(task.get_task_type_by_name, "Modeling", department=world.modelers)
    call(task.get_task_type_by_name, "Modeling", for_entity="Shot", department=world.modelers)
    blocking = call(task.new_task_type, "Blocking", color="#123456", for_entity="Scene")
    call(task.new_task_type, "Blocking", for_entity="Scene")
    colours = call(task.new_task_type, "Colours", for_entity="Sequence")
    pitch = call(task.new_task_type, "Pitch", for_entity="Episode")
    spare = call(task.new_task_type, "Spare")
    worlds.make(blocking=blocking, colours=colours, pitch=pitch)
    call(task.update_task_type, {"id": blocking["id"], "short_name": "blk", "color": "#654321"})
    raises(task.update_task_type, {"id": NOBODY, "color": "#654321"})
    call(task.get_task_type_by_short_name, "blk")
    call(task.get_task_type_by_short_name, "blk", for_entity="Asset")
    call(task.get_task_type_by_short_name, "blk", for_entity="Scene", department=world.modelers)
    call(task.remove_task_type, spare)
    raises(task.remove_task_type, spare)
    call(task.remove_task_type, call(task.new_task_type, "Spare again"), force=True)
    raises(task.remove_task_type, NOBODY)


def statuses():
    call(task.all_task_statuses)
    call(task.get_default_task_status)
    call(task.get_task_status, world.wip["id"])
    raises(task.get_task_status, NOBODY)
    call(task.get_task_status_by_name, "Retake")
    call(task.get_task_status_by_name, "Nothing")
    call(task.get_task_status_by_short_name, "wfa")
    hold = call(task.new_task_status, "On hold", "hold", "#00FF00")
    raises(task.new_task_status, "On hold", "hold", "#00FF00")
    raises(task.new_task_status, "Blue", "blu", "0000FF")
    raises(task.new_task_status, "Blue", "blu", "#BLUE")
    raises(task.new_task_status, "Blue", "blu", "")
    call(task.update_task_status, {"id": hold["id"], "name": "Held"})
    raises(task.update_task_status, {"id": NOBODY, "name": "Nobody's"})
    call(task.remove_task_status, hold)
    raises(task.remove_task_status, NOBODY)


def creation():
    call(task.new_task, world.hero, world.modeling)
    call(task.new_task, world.hero, world.modeling)
    call(task.new_task, world.hero, world.modeling, name="second")
    rigging = call(
        task.new_task,
        world.hero,
        world.rigging,
        task_status=world.wip,
        assigner=world.manager,
        assignees=[world.artist, world.animator["id"]],
    )
    modeling = call(task.get_task_by_entity, world.hero, world.modeling)
    call(task.get_task_by_entity, world.hero, world.modeling["id"], name="second")
    call(task.get_task_by_entity, world.hero["id"], world.shading)
    raises(task.new_task, world.hero, world.layout)
    raises(task.new_task, world.hero["id"], world.modeling)
    raises(task.new_task, {**world.hero, "id": NOBODY}, world.modeling)
    raises(task.new_task, world.sword, NOBODY)
    worlds.make(rigging_task=rigging, modeling_task=modeling)
    raises(task.create_entity_tasks, world.sword, [world.modeling])
    for kind in (world.modeling, world.shading, world.layout, world.animation, world.editing, world.concept):
        gazu.project.add_task_type(world.film, kind, 1)
    call(task.create_entity_tasks, world.sword, [world.modeling, world.shading["id"]])
    call(task.create_asset_tasks, world.street, [world.modeling])
    call(task.create_shot_tasks, world.sh10, [world.layout, world.animation])
    call(task.create_shot_tasks, world.sh10["id"], [world.layout])
    reel = gazu.edit.new_edit(world.film, "Reel")
    mood = gazu.concept.new_concept(world.film, "Mood")
    scene = gazu.scene.new_scene(world.film, world.seq1, "SC01")
    worlds.make(reel=reel, mood=mood, scene=scene)
    call(task.create_edit_tasks, reel, [world.editing])
    call(task.create_concept_tasks, mood, [world.concept])
    raises(task.create_entity_tasks, NOBODY, [world.modeling])
    raises(task.create_entity_tasks, world.sh20, ["no id"])
    call(task.new_task, scene, world.blocking)
    call(task.new_task, world.seq1, world.colours)
    call(task.new_task, world.ep1, world.pitch)
    call(task.new_task, world.robot, world.modeling)
    call(task.new_task, world.ep1_shot, world.animation)


def lists_of_types():
    film = world.film
    call(task.all_task_types_for_project, film)
    raises(task.all_task_types_for_project, NOBODY)
    call(task.all_task_statuses_for_project, film)
    raises(task.all_task_statuses_for_project, NOBODY)
    for function, entity in (
        (task.all_task_types_for_asset, world.hero),
        (task.all_task_types_for_shot, world.sh10),
        (task.all_task_types_for_concept, world.mood),
        (task.all_task_types_for_scene, world.scene),
        (task.all_task_types_for_sequence, world.seq1),
        (task.all_task_types_for_episode, world.ep1),
    ):
        call(function, entity)
        call(function, entity["id"])
        raises(function, NOBODY)


def lists_of_tasks():
    for function, entity in (
        (task.all_tasks_for_asset, world.hero),
        (task.all_tasks_for_shot, world.sh10),
        (task.all_tasks_for_concept, world.mood),
        (task.all_tasks_for_edit, world.reel),
        (task.all_tasks_for_scene, world.scene),
        (task.all_tasks_for_sequence, world.seq1),
        (task.all_tasks_for_episode, world.ep1),
        (task.all_shot_tasks_for_sequence, world.ep1_seq),
        (task.all_shot_tasks_for_episode, world.ep1),
        (task.all_assets_tasks_for_episode, world.ep1),
    ):
        call(function, entity)
        call(function, entity["id"], relations=True)
        tries(function, NOBODY)
    film = world.film
    call(task.all_tasks_for_project, film)
    call(task.all_tasks_for_project, film, task_type=world.modeling)
    call(task.all_tasks_for_project, world.series, episode=world.ep1)
    raises(task.all_tasks_for_project, NOBODY)
    call(task.all_tasks_for_task_type, film, world.modeling)
    call(task.all_tasks_for_task_type, world.series, world.animation, episode=world.ep1)
    call(task.all_tasks_for_task_status, film, world.rigging, world.wip)
    call(task.all_tasks_for_task_status, film, world.rigging, world.done)
    call(task.all_tasks_for_entity_and_task_type, world.hero, world.modeling)
    raises(task.all_tasks_for_entity_and_task_type, NOBODY, world.modeling)
    call(task.all_tasks_for_entity_and_task_type, world.hero, NOBODY)


def one():
    call(task.get_task, world.rigging_task)
    call(task.get_task, world.rigging_task["id"])
    raises(task.get_task, NOBODY)
    raises(task.get_task, "no id")
    call(task.get_task_url, world.rigging_task)
    raises(task.get_task_url, world.rigging_task["id"])
    change = {"id": world.rigging_task["id"], "priority": 2, "due_date": "2021-05-01", "assignees": [world.artist]}
    call(task.update_task, change)
    call(task.update_task, {"id": world.rigging_task["id"], "estimation": 960})
    raises(task.update_task, {"id": NOBODY, "priority": 2})
    raises(task.update_task, {"id": world.rigging_task["id"], "task_status_id": NOBODY})
    call(task.update_task_data, world.rigging_task, {"tool": "own"})
    call(task.update_task_data, world.rigging_task["id"], {"version": 3})
    call(task.update_task_data, world.rigging_task)
    raises(task.update_task_data, NOBODY, {"version": 3})


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        if who not in world.guests:
            tries(task.all_tasks_for_project, world.film)
        tries(task.all_tasks_for_asset, world.hero)
        tries(task.get_task, world.rigging_task)
        tries(task.get_task, world.modeling_task)
        tries(task.all_tasks_for_task_type, world.film, world.modeling)
    worlds.log_in(world.artist)
    raises(task.new_task_type, "Artist's")
    raises(task.new_task_status, "Artist's", "art", "#00FF00")


if __name__ == "__main__":
    run(types, statuses, creation, lists_of_types, lists_of_tasks, one, as_others)
