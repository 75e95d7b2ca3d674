"""gazu.scene."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import scene
from world import NOBODY, world


def creation():
    worlds.studio()
    worlds.film()
    first = call(scene.new_scene, world.film, world.seq1, "SC01")
    call(scene.new_scene, world.film["id"], world.seq1["id"], "SC01")
    second = call(scene.new_scene, world.film, world.seq2, "SC02")
    raises(scene.new_scene, NOBODY, world.seq1, "SC03")
    raises(scene.new_scene, world.film, NOBODY, "SC03")
    worlds.make(sc1=first, sc2=second)


def reading():
    call(scene.all_scenes)
    call(scene.all_scenes, world.film)
    raises(scene.all_scenes, project=NOBODY)
    call(scene.all_scenes_for_project, world.film["id"])
    call(scene.all_scenes_for_sequence, world.seq1)
    raises(scene.all_scenes_for_sequence, NOBODY)
    call(scene.get_scene, world.sc1["id"])
    raises(scene.get_scene, NOBODY)
    raises(scene.get_scene, world.sh10["id"])
    call(scene.get_scene_by_name, world.seq2, "SC02")
    call(scene.get_scene_by_name, world.seq2, "Nothing")
    call(scene.get_sequence_from_scene, world.sc1)
    call(scene.get_sequence_from_scene, world.sc2["id"])
    raises(scene.get_sequence_from_scene, NOBODY)


def changes():
    call(scene.update_scene, {"id": world.sc2["id"], "name": "SC20", "description": "Night"})
    raises(scene.update_scene, {"id": NOBODY, "name": "SC03"})


def instances():
    left = call(scene.new_scene_asset_instance, world.sc1, world.hero, "On the left")
    right = call(scene.new_scene_asset_instance, world.sc1["id"], world.hero["id"])
    raises(scene.new_scene_asset_instance, NOBODY, world.hero)
    raises(scene.new_scene_asset_instance, world.sc1, NOBODY)
    call(scene.all_asset_instances_for_scene, world.sc1)
    call(scene.all_asset_instances_for_scene, world.sc2)
    raises(scene.all_asset_instances_for_scene, NOBODY)
    call(scene.all_camera_instances_for_scene, world.sc1)
    raises(scene.all_camera_instances_for_scene, NOBODY)
    call(scene.update_asset_instance_name, left, "Hero_left")
    raises(scene.update_asset_instance_name, {"id": NOBODY}, "Hero_none")
    call(scene.update_asset_instance_data, right, {"scale": 2})
    call(scene.update_asset_instance_data, right["id"], {"scale": 3})
    raises(scene.update_asset_instance_data, NOBODY, {"scale": 2})
    call(scene.get_asset_instance_by_name, world.sc1, "Hero_left")
    call(scene.get_asset_instance_by_name, world.sc2, "Hero_left")


def shots():
    call(scene.add_shot_to_scene, world.sc1, world.sh10)
    call(scene.add_shot_to_scene, world.sc1["id"], world.sh20["id"])
    call(scene.add_shot_to_scene, world.sc1, world.sh10)
    raises(scene.add_shot_to_scene, world.sc1, NOBODY)
    raises(scene.add_shot_to_scene, NOBODY, world.sh10)
    call(scene.all_shots_for_scene, world.sc1)
    call(scene.all_shots_for_scene, world.sc2)
    raises(scene.all_shots_for_scene, NOBODY)
    call(scene.remove_shot_from_scene, world.sc1, world.sh20)
    call(scene.remove_shot_from_scene, world.sc1, world.sh10["id"])
    call(scene.remove_shot_from_scene, world.sc1, world.sh10)
    raises(scene.remove_shot_from_scene, NOBODY, world.sh10)
    call(scene.all_shots_for_scene, world.sc1)


def as_others():
    for who in (world.artist, world.client, world.vendor):
        worlds.log_in(who)
        tries(scene.all_scenes_for_project, world.film)
    worlds.log_in(world.artist)
    raises(scene.new_scene, world.film, world.seq1, "SC09")


if __name__ == "__main__":
    run(creation, reading, changes, instances, shots, as_others)
