"""gazu.files: working files, output files, their paths, and what they are made with."""

import tempfile
from pathlib import Path

import gazu
import world as worlds
from calls import call, raises, run, seen
from gazu import files
from world import NOBODY, make, world

TREE = {
    "working": {
        "mountpoint": "/studio",
        "root": "work",
        "folder_path": {
            "shot": "<Project>/shots/<Sequence>/<Shot>/<TaskType>/<Software>",
            "asset": "<Project>/assets/<AssetType>/<Asset>/<TaskType>",
            "style": "lowercase",
        },
        "file_name": {
            "shot": "<Project>_<Sequence>_<Shot>_<TaskType>_<Name>_v<Version>",
            "asset": "<Asset>_<TaskType>_<Name>_v<Version>",
        },
    },
    "output": {
        "mountpoint": "/studio",
        "root": "export",
        "folder_path": {
            "shot": "<Project>/<Sequence>/<Shot>/<TaskType>/<OutputType>",
            "asset": "<Project>/<AssetType>/<Asset>/<TaskType>/<OutputType>",
            "instance": "<Project>/<TemporalEntity>/<OutputType>/<Asset>/<Instance>/<Representation>",
            "style": "uppercase",
        },
        "file_name": {
            "shot": "<Shot>_<OutputType>_<OutputFile>_v<Version>",
            "asset": "<Asset>_<OutputType>_<OutputFile>_v<Version>",
            "instance": "<Asset>_<Instance.number>_<Name>_v<Version>",
        },
    },
}
BOGUS = {"id": NOBODY}


def equipment():
    """What files are made with, and the file tree."""
    worlds.studio()
    worlds.film()
    worlds.tasks()
    call(files.all_output_types)
    make(cache=call(files.new_output_type, "Cache", "abc"), render=call(files.new_output_type, "Render", "rdr"))
    call(files.new_output_type, "Cache", "again")
    call(files.get_output_type, world.cache["id"])
    raises(files.get_output_type, NOBODY)
    call(files.get_output_type_by_name, "Render")
    call(files.get_output_type_by_name, "none")
    call(files.all_softwares)
    make(maya=call(files.new_software, "Maya", "maya", ".ma", [".mb"]))
    call(files.get_software, world.maya["id"])
    raises(files.get_software, NOBODY)
    call(files.get_software_by_name, "Maya")
    call(files.get_software_by_name, "none")
    call(files.update_software, {"id": world.maya["id"], "name": "Maya 2024"})
    make(checked=call(files.new_file_status, "Checked", "#22AA22"))
    call(files.get_file_status, world.checked["id"])
    raises(files.get_file_status, NOBODY)
    call(files.get_file_status_by_name, "Checked")
    call(files.get_file_status_by_name, "none")
    raises(files.build_working_file_path, world.sh10_layout)
    raises(files.new_entity_output_file, world.sword, world.cache, world.modeling, "no tree")
    call(files.update_project_file_tree, world.film, TREE)


def working_files():
    task = world.sh10_layout
    call(files.build_working_file_path, task)
    call(files.build_working_file_path, task, "look", software=world.maya, revision=3)
    call(files.build_working_file_path, task, "two words", revision=0, sep="\\")
    raises(files.build_working_file_path, task, mode="none")
    raises(files.build_working_file_path, BOGUS)
    make(first=call(files.new_working_file, task), second=call(files.new_working_file, task, comment="again"))
    call(files.new_working_file, task, "look", software=world.maya, person=world.animator, revision=5)
    raises(files.new_working_file, task, "look", revision=5)
    raises(files.new_working_file, BOGUS)
    make(modeled=call(files.new_working_file, world.hero_modeling, "hero"))
    call(files.get_working_file, world.first["id"])
    raises(files.get_working_file, NOBODY)
    call(files.get_working_files_for_task, task)
    call(files.get_working_files_for_task, world.sh20_animation)
    raises(files.get_working_files_for_task, BOGUS)
    call(files.get_last_working_files, task)
    raises(files.get_last_working_files, BOGUS)
    call(files.get_last_working_file_revision, task)
    call(files.get_last_working_file_revision, task, "look")
    call(files.get_all_working_files_for_entity, world.sh10)
    call(files.get_all_working_files_for_entity, world.sh10, task)
    call(files.get_all_working_files_for_entity, world.sh10, name="look")
    call(files.get_all_working_files_for_entity, world.street)
    raises(files.get_all_working_files_for_entity, BOGUS)
    call(files.update_comment, world.first, "better")
    raises(files.update_comment, world.first, "")
    raises(files.update_comment, BOGUS, "x")
    call(files.update_modification_date, world.first)
    raises(files.update_modification_date, BOGUS)


def content():
    folder = Path(tempfile.mkdtemp())
    sent, got = folder / "scene.ma", folder / "got.ma"
    sent.write_bytes(b"requires maya;" * 1000)
    make(carried=call(files.new_working_file, world.sword_modeling, "carried"))
    # the size of the content is ours alone
    upload = seen(files.upload_working_file, lambda row: {key: row[key] for key in row if key != "size"})
    call(upload, world.carried, str(sent))
    download = seen(files.download_working_file, lambda _: got.read_bytes() == sent.read_bytes())
    call(download, world.carried, str(got))
    sent.write_bytes(b"shorter")
    call(upload, world.carried, str(sent))
    raises(files.download_working_file, BOGUS, str(got))
    raises(files.upload_working_file, BOGUS, str(sent))


def output_files():
    hero, cache, modeling = world.hero, world.cache, world.modeling
    call(files.get_next_entity_output_revision, hero, cache, modeling)
    call(files.get_last_entity_output_revision, hero, cache, modeling)
    call(files.build_entity_output_file_path, hero, cache, modeling, revision=2)
    call(files.build_entity_output_file_path, world.sh10, world.render, world.layout, "beauty", sep="\\")
    raises(files.build_entity_output_file_path, hero, cache, modeling, mode="none")
    raises(files.build_entity_output_file_path, BOGUS, cache, modeling)
    out = call(files.new_entity_output_file, hero, cache, modeling, "first", world.modeled, representation="abc")
    make(baked=out)
    call(files.new_entity_output_file, hero, cache, modeling, "second", nb_elements=12, person=world.artist)
    call(files.new_entity_output_file, hero, world.render, modeling, "", name="look", file_status_id=world.checked["id"])
    call(files.new_entity_output_file, world.sh10, world.render, world.layout, "", sep="\\")
    raises(files.new_entity_output_file, hero, cache, modeling, "taken", revision=1, representation="abc")
    raises(files.new_entity_output_file, hero, BOGUS, modeling, "")
    raises(files.new_entity_output_file, hero, cache, modeling, "", person=BOGUS)
    raises(files.new_entity_output_file, BOGUS, cache, modeling, "")
    call(files.get_next_entity_output_revision, hero, cache, modeling)
    call(files.get_last_entity_output_revision, hero, cache, modeling)
    raises(files.get_next_entity_output_revision, BOGUS, cache, modeling)
    raises(files.get_last_entity_output_revision, BOGUS, cache, modeling)
    call(files.get_output_file, world.baked["id"])
    raises(files.get_output_file, NOBODY)
    call(files.get_output_file_by_path, world.baked["path"])
    call(files.get_output_file_by_path, "/none")
    call(files.update_output_file, world.baked, {"comment": "better"})
    raises(files.update_output_file, BOGUS, {"comment": "better"})
    call(files.all_output_types_for_entity, hero)
    raises(files.all_output_types_for_entity, BOGUS)
    call(files.all_output_files_for_entity, hero)
    call(files.all_output_files_for_entity, hero, cache, modeling, "main", "abc")
    call(files.all_output_files_for_entity, hero, file_status=world.checked)
    raises(files.all_output_files_for_entity, BOGUS)
    call(files.get_last_output_files_for_entity, hero)
    call(files.get_last_output_files_for_entity, hero, cache)
    call(files.get_last_output_files_for_entity, hero, representation="abc")
    raises(files.get_last_output_files_for_entity, BOGUS)
    call(files.all_output_files_for_project, world.film, name="look")
    call(files.all_output_files_for_project, world.film, world.render, world.layout)


def instances():
    worlds.scenes()
    cache, modeling = world.cache, world.modeling
    made = gazu.casting.new_scene_asset_instance if hasattr(gazu.casting, "new_scene_asset_instance") else None
    make(instance=(made or gazu.scene.new_scene_asset_instance)(world.scene, world.hero))
    one, scene = world.instance, world.scene
    call(files.build_asset_instance_output_file_path, one, scene, cache, modeling, revision=2, representation="abc")
    raises(files.build_asset_instance_output_file_path, BOGUS, scene, cache, modeling)
    call(files.get_next_asset_instance_output_revision, one, scene, cache, modeling)
    call(files.get_last_asset_instance_output_revision, one, scene, cache, modeling)
    call(files.new_asset_instance_output_file, one, scene, cache, modeling, "first", representation="abc")
    call(files.new_asset_instance_output_file, one, scene, cache, modeling, "second", working_file=world.modeled)
    raises(files.new_asset_instance_output_file, one, scene, cache, modeling, "", revision=1, representation="abc")
    raises(files.new_asset_instance_output_file, BOGUS, scene, cache, modeling, "")
    call(files.get_next_asset_instance_output_revision, one, scene, cache, modeling)
    call(files.get_last_asset_instance_output_revision, one, scene, cache, modeling)
    raises(files.get_next_asset_instance_output_revision, BOGUS, scene, cache, modeling)
    raises(files.get_last_asset_instance_output_revision, BOGUS, scene, cache, modeling)
    call(files.all_output_files_for_asset_instance, one)
    call(files.all_output_files_for_asset_instance, one, scene, name="master", representation="abc")
    call(files.all_output_files_for_asset_instance, one, world.sh10)
    raises(files.all_output_files_for_asset_instance, BOGUS)
    call(files.all_output_types_for_asset_instance, one, scene)
    raises(files.all_output_types_for_asset_instance, BOGUS, scene)
    call(files.get_last_output_files_for_asset_instance, one, scene)
    call(files.get_last_output_files_for_asset_instance, one, scene, representation="abc")
    raises(files.get_last_output_files_for_asset_instance, BOGUS, scene)


def as_artist():
    worlds.log_in(world.artist)
    gazu.cache.clear_all()
    call(files.new_working_file, world.sh20_animation, "mine")
    call(files.get_working_files_for_task, world.sh10_layout)
    call(files.all_output_files_for_entity, world.hero)
    raises(files.all_output_files_for_project, world.film)
    raises(files.update_comment, world.first, "not mine")


def as_outsider():
    worlds.log_in(world.outsider)
    gazu.cache.clear_all()
    raises(files.new_working_file, world.sh10_layout, "mine")
    raises(files.get_working_files_for_task, world.sh10_layout)
    raises(files.all_output_files_for_entity, world.hero)
    raises(files.build_working_file_path, world.sh10_layout)


def outsider():
    worlds.as_admin()
    make(outsider=worlds.person("Otto", "user"))


if __name__ == "__main__":
    run(equipment, working_files, content, output_files, instances, outsider, as_artist, as_outsider)
