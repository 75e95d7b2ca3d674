"""gazu's uploads and downloads: pictures, films and other files of previews, attachments and avatars."""

import os
import shutil
import struct
import tempfile
from pathlib import Path

import gazu
import world as worlds
from calls import call, know, raises, run, seen, tries
from gazu import files, person, task
from world import NOBODY, make, world

MEDIA = Path(__file__).resolve().parents[4] / "tanuki-media" / "tests"
PNG, JPEG, FILM = "rgb.png", "rgb.jpg", "small.mp4"
# What depends on who encoded a picture or film, and is another number with another encoder.
MEASURED = ("duration", "file_size", "data")


def written(name, text):
    Path(name).write_text(text)
    return name


def plain(row):
    """A preview's row; of what depends on the encoder whether it is there."""
    return row | {key: bool(row[key]) for key in MEASURED if key in row}


def answer(response):
    """What a download is: a picture's size, a text's content."""
    content = response.content
    is_png = content.startswith(b"\x89PNG")
    shown = list(struct.unpack(">II", content[16:24])) if is_png else len(content) > 1000 or content.decode()
    return [response.status_code, response.headers["Content-Type"], shown]


def shown(function):
    return seen(function, answer)


def previews(function):
    return seen(function, plain)


def rows(function):
    return seen(function, lambda found: [plain(row) for row in found])


def studio():
    os.chdir(tempfile.mkdtemp())
    for path in ("pictures/rgb.png", "pictures/rgb.jpg", "films/small.mp4"):
        shutil.copy(MEDIA / path, ".")
    worlds.studio()
    worlds.film()
    worlds.tasks()


def pictures():
    """Every way to send the picture of a preview, and other files."""
    of = world.hero_modeling
    make(comment=gazu.task.add_comment(of, world.wip, "First"))
    blend, notes, wrong = written("rig.blend", "a rig"), written("notes.txt", "notes"), written("wrong.png", "no picture")
    make(picture=call(previews(task.add_preview), of, world.comment, PNG))
    make(other=call(previews(task.add_preview), of, world.comment, blend, revision=7))
    raises(task.add_preview, of, world.comment)
    raises(task.add_preview, of, world.comment, notes)
    raises(task.add_preview, of, world.comment, wrong)
    raises(task.add_preview, of, NOBODY, PNG)
    call(previews(task.add_extra_preview), of, world.comment, world.picture, JPEG)
    raises(task.add_extra_preview, of, world.comment, world.picture)
    raises(task.add_extra_preview, of, world.comment, NOBODY, JPEG)
    both = seen(task.publish_preview, lambda made: [made[0]["text"], plain(made[1])])
    call(both, of, world.wfa, "Look", preview_file_path=PNG, set_thumbnail=True)
    call(both, of, world.wfa, "And now", preview_file_path=JPEG, attachments=[notes], revision=9)
    raises(task.publish_preview, of, world.wfa, "Without a file")
    made = gazu.task.create_preview(of, world.comment)
    know(bare=made)
    read = []
    call(previews(task.upload_preview_file), made, PNG, progress_callback=lambda *done: read.append(done))
    raises(task.upload_preview_file, made, PNG)
    raises(task.upload_preview_file, NOBODY, PNG)


def downloads():
    of = world.hero_modeling
    call(previews(files.get_preview_file), world.picture["id"])
    raises(files.get_preview_file, NOBODY)
    call(rows(files.get_all_preview_files_for_task), of)
    call(rows(files.get_all_preview_files_for_task), world.sh10_layout)
    for row in (world.picture, world.other):
        call(files.get_preview_file_url, row)
        call(shown(files.download_preview_file), row, None)
        tries(shown(files.download_preview_file_cover), row, None)
        tries(shown(files.download_preview_file_thumbnail), row, None)
        tries(shown(files.download_preview_movie), row, None)
        tries(shown(files.extract_frame_from_preview), row, 1)
        tries(shown(files.extract_tile_from_preview), row)
    kept = seen(files.download_preview_file, lambda _: Path("got.blend").read_text())
    call(kept, world.other, "got.blend", progress_callback=lambda *done: None)
    raises(files.get_preview_file_url, NOBODY)
    raises(files.download_preview_file, NOBODY, None)
    raises(files.download_preview_file_cover, NOBODY, None)
    raises(files.download_preview_file_thumbnail, NOBODY, None)
    call(previews(files.update_preview), world.picture, {"revision": 4})
    raises(files.update_preview, NOBODY, {"revision": 4})


def films():
    of = world.sh10_animation
    comment = gazu.task.add_comment(of, world.wip, "A film")
    know(of_film=comment)
    make(movie=call(previews(task.add_preview), of, comment, FILM, no_job=True))
    call(previews(files.wait_for_preview_file), world.movie)
    call(previews(files.wait_for_preview_file), world.movie["id"], timeout=5, poll_interval=1)
    raises(files.wait_for_preview_file, NOBODY)
    call(files.get_preview_file_url, world.movie)
    call(files.get_preview_movie_url, world.movie)
    call(files.get_preview_movie_url, world.movie, lowdef=True)
    call(files.get_preview_lowdef_movie_url, world.movie)
    raises(files.get_preview_movie_url, NOBODY)
    raises(files.get_preview_lowdef_movie_url, NOBODY)
    call(shown(files.download_preview_file), world.movie, None)
    call(shown(files.download_preview_movie), world.movie, None)
    call(shown(files.download_preview_lowdef_movie), world.movie, None)
    raises(files.download_preview_lowdef_movie, NOBODY, None)
    call(shown(files.download_preview_file_cover), world.movie, None)
    call(shown(files.download_preview_file_thumbnail), world.movie, None)
    call(shown(files.extract_frame_from_preview), world.movie, 3)
    raises(files.extract_frame_from_preview, NOBODY, 3)
    call(shown(files.extract_tile_from_preview), world.movie)
    raises(files.extract_tile_from_preview, NOBODY)


def attachments():
    of = world.sh20_animation
    text = written("read me.txt", "an attachment")
    comment = gazu.task.add_comment(of, world.wip, "With files", attachments=[text, PNG])
    by_name = {row["name"]: row for row in comment["attachment_files"]}
    read_me, picture = by_name["read me.txt"], by_name["rgb.png"]
    know(with_files=comment, read_me=read_me, picture_file=picture)
    call(files.get_attachment_file, read_me["id"])
    raises(files.get_attachment_file, NOBODY)
    call(files.get_all_attachment_files_for_task, of)
    call(files.get_all_attachment_files_for_task, NOBODY)
    call(files.get_all_attachment_files_for_project, world.film)
    call(files.get_all_attachment_files_for_project, NOBODY)
    call(files.get_attachment_thumbnail_url, picture)
    for row in (read_me, picture):
        call(shown(files.download_attachment_file), row, None)
        tries(shown(files.download_attachment_thumbnail), row, None)
    raises(files.download_attachment_file, NOBODY, None)
    raises(files.download_attachment_thumbnail, NOBODY, None)


def avatars():
    organisation = gazu.client.fetch_all("organisations")[0]
    know(organisation=organisation)
    raises(files.download_person_avatar, world.artist, None)
    raises(files.download_project_avatar, world.film, None)
    raises(files.download_organisation_avatar, organisation, None)
    call(person.set_avatar, world.artist, PNG)
    call(files.upload_person_avatar, world.animator["id"], JPEG)
    call(files.upload_project_avatar, world.film, PNG)
    call(files.upload_organisation_avatar, organisation, PNG)
    for function in (person.set_avatar, files.upload_person_avatar, files.upload_project_avatar):
        raises(function, NOBODY, PNG)
    call(shown(files.download_person_avatar), world.artist, None)
    call(shown(files.download_project_avatar), world.film, None)
    call(shown(files.download_organisation_avatar), organisation, None)
    call(person.clear_person_avatar, world.artist)
    raises(files.download_person_avatar, world.artist, None)
    raises(person.clear_person_avatar, NOBODY)


def others():
    """What each role may send and read."""
    of, made = world.hero_modeling, {}
    for name in ("manager", "supervisor", "artist", "animator", "client", "vendor"):
        row = gazu.client.create("preview-files", {"name": name, "revision": 20, "task_id": of["id"], "source": "test"})
        know(**{f"of {name}": row})
        made[name] = row
    for name, row in made.items():
        one = getattr(world, name)
        worlds.log_in(one)
        # docs/differences.md: clients publish where they are assigned.
        if one is not world.client:
            tries(previews(task.upload_preview_file), row, PNG)
        tries(shown(files.download_preview_file), world.picture, None)
        tries(shown(files.download_preview_file_thumbnail), world.picture, None)
        tries(shown(files.download_preview_movie), world.movie, None)
        tries(person.set_avatar, one, PNG)
        tries(files.upload_person_avatar, world.admin, PNG)
        tries(files.upload_project_avatar, world.film, PNG)
        tries(person.clear_person_avatar, one)
        tries(files.remove_preview_file, world.other)


def removal():
    worlds.as_admin()
    row = gazu.client.create("preview-files", {"name": "old", "revision": 30, "task_id": world.sh10_layout["id"]})
    know(old=row)
    call(files.remove_preview_file, row, force=True)
    raises(files.remove_preview_file, row)
    raises(files.remove_preview_file, NOBODY)


if __name__ == "__main__":
    run(studio, pictures, downloads, films, attachments, avatars, others, removal)
