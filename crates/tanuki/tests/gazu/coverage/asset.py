"""gazu.asset."""

import gazu
import world as worlds
from calls import call, raises, run, tries
from gazu import asset
from world import NOBODY, world


def types():
    worlds.studio()
    worlds.film()
    call(asset.all_asset_types)
    call(asset.get_asset_type, world.prop)
    call(asset.get_asset_type, world.prop["id"])
    raises(asset.get_asset_type, NOBODY)
    raises(asset.get_asset_type, "no id")
    raises(asset.get_asset_type, world.hero)
    call(asset.get_asset_type_by_name, "Prop")
    call(asset.get_asset_type_by_name, "Nothing")
    vehicle = call(asset.new_asset_type, "Vehicle")
    call(asset.new_asset_type, "Vehicle")
    call(asset.update_asset_type, {**vehicle, "name": "Vehicles"})
    raises(asset.update_asset_type, {**vehicle, "name": "Prop"})
    raises(asset.update_asset_type, {"id": NOBODY, "name": "Ships"})
    call(asset.all_asset_types)
    call(asset.remove_asset_type, vehicle)
    raises(asset.remove_asset_type, vehicle)
    raises(asset.remove_asset_type, NOBODY)


def lists():
    worlds.series()
    call(asset.all_assets_for_project, world.film)
    call(asset.all_assets_for_project, world.film["id"])
    call(asset.all_assets_for_project, None)
    call(asset.all_assets_for_project, NOBODY)
    raises(asset.all_assets_for_project, "no id")
    call(asset.all_assets_for_open_projects)
    call(asset.all_assets_for_project_and_type, world.film, world.prop)
    call(asset.all_assets_for_project_and_type, world.film, NOBODY)
    call(asset.all_assets_for_project_and_type, NOBODY, world.prop)
    call(asset.all_assets_for_episode, world.ep1)
    call(asset.all_assets_for_episode, world.ep2)
    call(asset.all_asset_types_for_project, world.film)
    call(asset.all_asset_types_for_project, NOBODY)


def one():
    call(asset.get_asset, world.hero["id"])
    raises(asset.get_asset, NOBODY)
    raises(asset.get_asset, world.sh10["id"])
    call(asset.get_asset_by_name, world.film, "Hero")
    call(asset.get_asset_by_name, world.film, "Hero", world.character)
    call(asset.get_asset_by_name, world.film, "Hero", world.prop)
    call(asset.get_asset_by_name, world.series, "Hero")
    call(asset.get_asset_url, world.hero)
    call(asset.get_asset_url, world.robot)
    call(asset.get_asset_url, world.bolt["id"])
    raises(asset.get_asset_url, NOBODY)
    call(asset.get_all_assets_url, world.film)
    call(asset.get_all_assets_url, world.series)
    call(asset.get_asset_type_url, world.film, world.prop)
    call(asset.get_asset_type_url, world.series, world.prop["id"])
    call(asset.get_asset_type_from_asset, world.hero)
    call(asset.get_episode_from_asset, world.robot)
    call(asset.get_episode_from_asset, world.bolt)


def changes():
    shield = call(asset.new_asset, world.film, world.prop, "Shield", "Round", {"weight": 3}, is_shared=True)
    call(asset.new_asset, world.film, world.prop, "Shield", "Another")
    call(asset.new_asset, world.film["id"], world.character["id"], "Shield")
    call(asset.new_asset, world.series, world.character, "Wizard", episode=world.ep2)
    raises(asset.new_asset, NOBODY, world.prop, "Helmet")
    raises(asset.new_asset, world.film, NOBODY, "Helmet")
    call(asset.update_asset, {"id": shield["id"], "name": "Old shield", "description": "Worn", "is_shared": False})
    call(asset.update_asset, {"id": world.bolt["id"], "episode_id": world.ep1["id"]})
    raises(asset.update_asset, {"id": shield["id"], "name": "Sword"})
    raises(asset.update_asset, {"id": shield["id"], "entity_type_id": NOBODY})
    raises(asset.update_asset, {"id": NOBODY, "name": "Nobody's"})
    call(asset.update_asset_data, shield, {"color": "red"})
    call(asset.update_asset_data, shield["id"], {"weight": 4})
    call(asset.update_asset_data, shield)
    raises(asset.update_asset_data, NOBODY, {"weight": 4})
    call(asset.get_asset, shield["id"])


def instances():
    call(gazu.casting.update_shot_casting, world.film, world.sh10, [{"asset_id": world.hero["id"], "nb_occurences": 1}])
    call(asset.all_assets_for_shot, world.sh10)
    call(asset.all_assets_for_shot, world.sh20)
    raises(asset.all_assets_for_shot, NOBODY)
    call(asset.all_asset_types_for_shot, world.sh10)
    raises(asset.all_asset_types_for_shot, NOBODY)
    scene = call(gazu.scene.new_scene, world.film, world.seq1, "SC01")
    instance = call(gazu.scene.new_scene_asset_instance, scene, world.hero, "On the left")
    call(gazu.shot.add_asset_instance_to_shot, world.sh10, instance)
    call(asset.get_asset_instance, instance["id"])
    raises(asset.get_asset_instance, NOBODY)
    call(asset.all_shot_asset_instances_for_asset, world.hero)
    call(asset.all_shot_asset_instances_for_asset, world.sword)
    raises(asset.all_shot_asset_instances_for_asset, NOBODY)
    call(asset.all_scene_asset_instances_for_asset, world.hero["id"])
    raises(asset.all_scene_asset_instances_for_asset, NOBODY)
    call(asset.all_asset_instances_for_shot, world.sh10)
    raises(asset.all_asset_instances_for_shot, NOBODY)
    call(asset.disable_asset_instance, instance)
    call(asset.enable_asset_instance, instance["id"])
    raises(asset.enable_asset_instance, NOBODY)
    raises(asset.disable_asset_instance, NOBODY)
    call(asset.new_asset_asset_instance, world.street, world.sword, "On the ground")
    call(asset.new_asset_asset_instance, world.street, world.sword)
    raises(asset.new_asset_asset_instance, world.street, NOBODY)
    raises(asset.new_asset_asset_instance, NOBODY, world.sword)
    call(asset.all_asset_instances_for_asset, world.street)
    raises(asset.all_asset_instances_for_asset, NOBODY)


def removal():
    worlds.tasks()
    helmet = call(asset.new_asset, world.film, world.prop, "Helmet")
    call(asset.remove_asset, helmet)
    raises(asset.get_asset, helmet["id"])
    call(asset.remove_asset, world.sword)
    call(asset.get_asset, world.sword["id"])
    call(asset.all_assets_for_project, world.film)
    call(asset.remove_asset, world.robot, force=True)
    raises(asset.get_asset, world.robot["id"])
    raises(asset.remove_asset, NOBODY)
    raises(asset.remove_asset, NOBODY, force=True)


def as_others():
    for who in (world.artist, world.client, world.vendor, world.supervisor, world.manager):
        worlds.log_in(who)
        tries(asset.all_assets_for_project, world.film)
        tries(asset.all_assets_for_open_projects)
    worlds.log_in(world.client)
    raises(asset.all_assets_for_project, world.series)
    raises(asset.new_asset, world.film, world.prop, "Client's")
    raises(asset.get_asset, world.bolt["id"])
    worlds.log_in(world.artist)
    raises(asset.new_asset_type, "Artist's")
    raises(asset.remove_asset, world.street)


if __name__ == "__main__":
    run(types, lists, one, changes, instances, removal, as_others)
