"""gazu.entity."""

import gazu
import world as worlds
from calls import call, raises, run
from gazu import entity
from world import NOBODY, world


def types():
    worlds.studio()
    worlds.film()
    worlds.tasks()
    call(entity.all_entity_types)
    call(entity.get_entity_type, world.prop["id"])
    raises(entity.get_entity_type, NOBODY)
    call(entity.get_entity_type_by_name, "Prop")
    call(entity.get_entity_type_by_name, "Nothing")
    crowd = call(entity.new_entity_type, "Crowd")
    raises(entity.new_entity_type, "Crowd")
    call(entity.remove_entity_type, crowd)
    raises(entity.remove_entity_type, crowd["id"])
    raises(entity.remove_entity_type, NOBODY)


def reading():
    call(entity.all_entities)
    call(entity.get_entity, world.hero["id"])
    call(entity.get_entity, world.sh10["id"])
    raises(entity.get_entity, NOBODY)
    raises(entity.get_entity, "no id")
    call(entity.get_entity_by_name, "SH010")
    call(entity.get_entity_by_name, "Hero", world.film)
    call(entity.get_entity_by_name, "Nothing")
    gazu.casting.update_shot_casting(
        world.film, world.sh10, [{"asset_id": world.hero["id"], "nb_occurences": 1}]
    )
    mood = gazu.concept.new_concept(world.film, "Mood")
    gazu.concept.update_concept({"id": mood["id"], "entity_concept_links": [world.hero["id"]]})
    worlds.make(mood=mood)
    call(entity.all_entities_with_tasks_linked_to_entity, world.hero)
    call(entity.all_entities_with_tasks_linked_to_entity, world.sh10["id"])
    raises(entity.all_entities_with_tasks_linked_to_entity, NOBODY)


def paths():
    film = world.film
    film["file_tree"] = {
        "working": {
            "mountpoint": "/films",
            "root": "prod",
            "folder_path": {
                "shot": "<Project>/shots/<Sequence>/<Shot>/<TaskType>",
                "asset": "<Project>/assets/<AssetType>/<Asset>/<TaskType>",
            },
            "file_name": {"shot": "<Project>_<Shot>", "asset": "<Project>_<Asset>"},
        },
    }
    gazu.files.update_project_file_tree(film, film["file_tree"])
    call(entity.guess_from_path, film["id"], "/films/prod/film/assets/prop/sword/modeling")
    call(entity.guess_from_path, film["id"], "/films/prod/film/shots/sq01/sh010/layout")
    call(entity.guess_from_path, film["id"], "film/shots/sq01", sep="/")
    raises(entity.guess_from_path, NOBODY, "/films/prod")


def removal():
    film = world.film
    raises(entity.remove_entity, world.sword)
    call(entity.remove_entity, world.street)
    raises(entity.get_entity, world.street["id"])
    call(entity.remove_entity, world.sh30["id"], force=True)
    raises(entity.get_entity, world.sh30["id"])
    raises(entity.remove_entity, NOBODY)
    call(entity.remove_entities, film, [world.sword, world.sh20["id"]])
    call(entity.remove_entities, film, [world.sh20, world.sword], force=True)
    call(entity.remove_entities, film, [])
    raises(entity.remove_entities, NOBODY, [world.hero])
    raises(entity.remove_entities, film, ["no id"])
    call(entity.all_entities)


def as_others():
    worlds.log_in(world.artist)
    call(entity.get_entity, world.hero["id"])
    call(entity.all_entities)
    raises(entity.remove_entity, world.hero)
    raises(entity.remove_entities, world.film, [world.hero])
    raises(entity.new_entity_type, "Artist's")
    worlds.log_in(world.client)
    call(entity.get_entity, world.hero["id"])
    worlds.log_in(world.manager)
    call(entity.remove_entities, world.film, [world.hero])


if __name__ == "__main__":
    run(types, reading, paths, removal, as_others)
