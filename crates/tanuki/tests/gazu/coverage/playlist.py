"""gazu.playlist: playlists and their entries, films and archives built of them, links that share them."""

import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import gazu
import world as worlds
from calls import call, know, raises, run, seen, tries
from gazu import playlist
from world import NOBODY, make, world

MEDIA = Path(__file__).resolve().parents[4] / "tanuki-media" / "tests"
# What ends later on one server than on the other, and what a build's end says.
LATER = ("status", "ended_at", "message", "updated_at")


def named(name):
    """What was made by that name, with the entries that it has now."""
    return gazu.client.fetch_one("playlists", getattr(world, name)["id"])


def begun(build):
    return {key: value for key, value in build.items() if key not in LATER}


def builds(found):
    return [begun(build) for build in found]


def film(response):
    return [response.status_code, response.headers["Content-Type"], len(Path("built.mp4").read_bytes()) > 1000]


def archive(response):
    with zipfile.ZipFile("all.zip") as packed:
        return [response.status_code, response.headers["Content-Type"], sorted(packed.namelist())]


def preview(name, task, revision=1, extension="png"):
    row = {"name": name, "revision": revision, "task_id": task["id"], "extension": extension, "status": "ready"}
    made = gazu.client.create("preview-files", row)
    know(**{name: made})
    return made


def studio():
    worlds.studio()
    worlds.film()
    worlds.series()
    worlds.tasks()
    make(
        hero_1=preview("hero 1", world.hero_modeling),
        hero_2=preview("hero 2", world.hero_modeling, 2),
        hero_rig=preview("hero rig", world.hero_rigging),
        layout_1=preview("layout 1", world.sh10_layout),
        layout_2=preview("layout 2", world.sh10_layout, 2, "mp4"),
        sh20_1=preview("sh20 1", world.sh20_animation),
    )


def creation():
    make(dailies=call(playlist.new_playlist, world.film, "Dailies"))
    make(models=call(playlist.new_playlist, world.film["id"], "Models", for_entity="asset", for_client=True))
    make(of_episode=call(playlist.new_playlist, world.series, "Rushes", episode=world.ep1))
    call(playlist.new_playlist, world.series, "Sequences", episode=world.ep2["id"], for_entity="sequence")
    call(playlist.new_playlist, world.series, "Whole", for_entity="asset", is_for_all=True)
    call(playlist.new_playlist, world.series, "Cuts", for_entity="edit")
    call(playlist.new_playlist, world.series, "Episodes", for_entity="episode")
    call(playlist.new_playlist, world.film, "Dailies", for_client=True)
    raises(playlist.new_playlist, world.film, "Scenes", for_entity="scene")
    raises(playlist.new_playlist, NOBODY, "Nobody's")


def entries():
    call(playlist.get_entity_preview_files, world.hero)
    call(playlist.get_entity_preview_files, world.sh10["id"])
    call(playlist.get_entity_preview_files, world.street)
    raises(playlist.get_entity_preview_files, NOBODY)
    call(playlist.add_entity_to_playlist, named("models"), world.hero)
    call(playlist.add_entity_to_playlist, named("models"), world.hero["id"], world.hero_1)
    call(playlist.add_entity_to_playlist, named("models"), world.street)
    call(playlist.add_entity_to_playlist, named("dailies"), world.sh10, world.layout_1["id"])
    call(playlist.add_entity_to_playlist, named("dailies"), world.sh20)
    call(playlist.add_entity_to_playlist, named("dailies"), world.sh30, persist=False)
    raises(playlist.add_entity_to_playlist, named("dailies"), NOBODY)
    raises(playlist.add_entity_to_playlist, {"id": NOBODY}, world.sh10)
    call(playlist.update_entity_preview, named("dailies"), world.sh10, world.layout_2)
    call(playlist.update_entity_preview, named("models"), world.hero["id"], world.hero_rig["id"], persist=False)
    call(playlist.update_entity_preview, named("models"), world.sh10, world.layout_1)
    call(playlist.update_entity_preview, named("models"), world.hero, NOBODY)
    call(playlist.get_playlist, world.models)
    call(playlist.remove_entity_from_playlist, named("models"), world.street)
    call(playlist.remove_entity_from_playlist, named("models"), world.hero["id"], persist=False)
    call(playlist.remove_entity_from_playlist, named("models"), world.sh10)
    call(playlist.get_playlist, world.models["id"])


def reading():
    call(playlist.all_playlists)
    call(playlist.all_playlists_for_project, world.film)
    call(playlist.all_playlists_for_project, world.film["id"], page=2)
    call(playlist.all_playlists_for_project, world.series, page=1)
    tries(playlist.all_playlists_for_project, NOBODY)
    call(playlist.all_playlists_for_episode, world.ep1)
    call(playlist.all_playlists_for_episode, world.ep2["id"])
    raises(playlist.all_playlists_for_episode, NOBODY)
    call(playlist.get_playlist, world.dailies)
    raises(playlist.get_playlist, NOBODY)
    call(playlist.get_playlist_by_name, world.film, "Dailies")
    call(playlist.get_playlist_by_name, world.series["id"], "Rushes")
    call(playlist.get_playlist_by_name, world.film, "Nothing")
    tries(playlist.get_playlist_by_name, NOBODY, "Dailies")
    tries(playlist.all_shots_for_playlist, world.of_episode)
    tries(playlist.all_shots_for_playlist, world.dailies)
    raises(playlist.all_shots_for_playlist, NOBODY)


def changes():
    call(playlist.update_playlist, {"id": world.of_episode["id"], "name": "Rushes of the day", "for_client": True})
    raises(playlist.update_playlist, {"id": world.of_episode["id"], "for_entity": "scene"})
    raises(playlist.update_playlist, {"id": NOBODY, "name": "Nobody's"})
    call(playlist.generate_temp_playlist, world.film, {"task_ids": [world.sh10_layout["id"], world.hero_modeling["id"]]})
    call(playlist.generate_temp_playlist, world.film["id"], {"task_ids": []})
    raises(playlist.generate_temp_playlist, world.film, {"task_ids": "all"})
    tries(playlist.generate_temp_playlist, NOBODY, {"task_ids": [world.sh10_layout["id"]]})
    call(playlist.notify_clients_playlist_ready, world.models)
    raises(playlist.notify_clients_playlist_ready, NOBODY)


def sharing():
    link = call(playlist.new_share_link, world.models)
    closed = call(playlist.new_share_link, world.models["id"], "2035-01-31", can_comment=False, password="open sesame")
    raises(playlist.new_share_link, world.models, "one day")
    raises(playlist.new_share_link, NOBODY)
    call(playlist.all_share_links_for_playlist, world.models)
    call(playlist.all_share_links_for_playlist, world.dailies["id"])
    raises(playlist.all_share_links_for_playlist, NOBODY)
    call(playlist.remove_share_link, world.models, link["token"])
    call(playlist.remove_share_link, world.models["id"], closed["token"])
    raises(playlist.remove_share_link, world.models, NOBODY)
    call(playlist.all_share_links_for_playlist, world.models["id"])


def ended(build):
    """Waits for the end of a build, which the reference is at when it answers."""
    path = f"data/playlists/{world.film_list['id']}/jobs/{build['id']}"
    for _ in range(600):
        if gazu.client.get(path)["status"] != "running":
            return
        time.sleep(0.1)


def films():
    os.chdir(tempfile.mkdtemp())
    for path in ("pictures/rgb.png", "films/small.mp4"):
        shutil.copy(MEDIA / path, ".")
    comment = gazu.task.add_comment(world.sh10_animation, world.wip, "A film")
    moving = gazu.task.add_preview(world.sh10_animation, comment, "small.mp4", normalize_movie=True)
    gazu.files.wait_for_preview_file(moving, timeout=60)
    comment = gazu.task.add_comment(world.sword_modeling, world.wip, "A picture")
    still = gazu.task.add_preview(world.sword_modeling, comment, "rgb.png")
    gazu.files.wait_for_preview_file(still, timeout=60)
    know(moving=moving, still=still)
    made = gazu.playlist.new_playlist(world.film, "Films")
    make(film_list=made)
    gazu.playlist.add_entity_to_playlist(made, world.sh10, moving)
    gazu.playlist.add_entity_to_playlist(made, world.sword, still)
    call(seen(playlist.download_playlist_zip, archive), world.film_list, "all.zip")
    raises(playlist.download_playlist_zip, NOBODY, "all.zip")
    build = call(seen(playlist.build_playlist_movie, begun), world.film_list)
    raises(playlist.build_playlist_movie, NOBODY)
    (row,) = gazu.playlist.all_build_jobs_for_project(world.film)
    ended(row)
    call(playlist.get_build_job, world.film_list, row)
    call(playlist.get_build_job, world.film_list["id"], row["id"])
    raises(playlist.get_build_job, world.dailies, row)
    raises(playlist.get_build_job, world.film_list, NOBODY)
    call(seen(playlist.all_build_jobs_for_project, builds), world.film)
    call(playlist.all_build_jobs_for_project, world.series["id"])
    raises(playlist.all_build_jobs_for_project, NOBODY)
    call(seen(playlist.download_playlist_build, film), world.film_list, build, "built.mp4")
    raises(playlist.download_playlist_build, world.film_list, NOBODY, "built.mp4")
    raises(playlist.remove_build_job, world.film_list, NOBODY)
    call(playlist.remove_build_job, world.film_list["id"], row["id"])
    raises(playlist.remove_build_job, world.film_list, row)


def as_others():
    for person in (world.manager, world.supervisor, world.artist, world.client, world.vendor):
        worlds.log_in(person)
        tries(playlist.all_playlists)
        tries(playlist.all_playlists_for_project, world.film)
        tries(playlist.all_playlists_for_episode, world.ep1)
        tries(playlist.get_playlist, world.models)
        tries(playlist.get_playlist, world.dailies)
        tries(playlist.get_entity_preview_files, world.hero)
        tries(playlist.new_playlist, world.film, f"Of {person['first_name']}")
        tries(playlist.update_playlist, {"id": world.models["id"], "name": f"Models of {person['first_name']}"})
        tries(playlist.generate_temp_playlist, world.film, {"task_ids": [world.sh10_layout["id"]]})
        tries(playlist.notify_clients_playlist_ready, world.models)
        tries(playlist.all_share_links_for_playlist, world.models)
        tries(playlist.all_build_jobs_for_project, world.film)
        raises(playlist.get_build_job, world.models, NOBODY)
        tries(seen(playlist.download_playlist_zip, archive), world.film_list, "all.zip")


def deletion():
    worlds.log_in(world.vendor)
    raises(playlist.delete_playlist, world.dailies)
    worlds.log_in(world.manager)
    call(playlist.delete_playlist, world.of_episode)
    worlds.as_admin()
    call(playlist.delete_playlist, world.dailies["id"])
    raises(playlist.delete_playlist, world.dailies)
    raises(playlist.delete_playlist, NOBODY)


if __name__ == "__main__":
    run(studio, creation, entries, reading, changes, sharing, films, as_others, deletion)
