"""Files sent and fetched through gazu: pictures, films, attachments, working files and avatars."""

import os
import shutil
import tempfile
from pathlib import Path

import gazu
from kit import API, VERSION, as_admin, check, is_there, needs, raises, run

MEDIA = Path(__file__).resolve().parents[3] / "tanuki-media" / "tests"
made = {}


def sent(name):
    """A copy of a file, as its bytes."""
    return Path(name).read_bytes()


def fetched(function, row):
    """The bytes that a function of gazu downloads."""
    path = Path("fetched")
    path.unlink(missing_ok=True)
    function(row, str(path))
    return path.read_bytes()


def absent(what, function, row):
    """There is no such file; versions before 1.2 write the error in its place."""
    if VERSION < (1, 2):
        check(what, b'"error":true' in fetched(function, row), True)
    else:
        raises(what, gazu.exception.RouteNotFoundException, fetched, function, row)


def is_png(content):
    return content.startswith(b"\x89PNG")


def setup():
    as_admin()
    os.chdir(tempfile.mkdtemp())
    for path in ("pictures/rgb.png", "films/small.mp4"):
        shutil.copy(MEDIA / path, ".")
    Path("rig.blend").write_text("a rig")
    project = gazu.project.new_project("Uploads")
    kind = gazu.asset.new_asset_type("Uploaded things")
    asset = gazu.asset.new_asset(project, kind, "Thing")
    task_type = next(row for row in gazu.task.all_task_types() if row["for_entity"] == "Asset")
    made.update(project=project, task=gazu.task.new_task(asset, task_type), status=gazu.task.all_task_statuses()[0])


def pictures():
    comment = gazu.task.add_comment(made["task"], made["status"], "A picture")
    row = gazu.task.add_preview(made["task"], comment, "rgb.png")
    check("a picture is ready", (row["status"], row["width"], row["height"]), ("ready", 90, 70))
    check("it comes back", is_png(fetched(gazu.files.download_preview_file, row)), True)
    check("its thumbnail", is_png(fetched(gazu.files.download_preview_file_thumbnail, row)), True)
    check("its cover", is_png(fetched(gazu.files.download_preview_file_cover, row)), True)
    raises("a second file", gazu.exception.ParameterException, gazu.task.upload_preview_file, row, "rgb.png")
    other = gazu.task.add_preview(made["task"], comment, "rig.blend")
    check("another file comes back", fetched(gazu.files.download_preview_file, other), sent("rig.blend"))
    made["picture"] = row
    shown = gazu.task.set_main_preview(row)
    check("the main preview", shown["preview_file_id"], row["id"])
    gazu.task.publish_preview(made["task"], made["status"], "Published", preview_file_path="rgb.png")
    rows = gazu.files.get_all_preview_files_for_task(made["task"])
    check("published", sorted(row["revision"] for row in rows), [1, 1, 2])


def film():
    comment = gazu.task.add_comment(made["task"], made["status"], "A film")
    made["film"] = gazu.task.add_preview(made["task"], comment, "small.mp4")
    check("a film", made["film"]["extension"], "mp4")


@needs("files.download_preview_movie", "files.download_preview_lowdef_movie")
def film_comes_back():
    for function in (gazu.files.download_preview_movie, gazu.files.download_preview_lowdef_movie):
        if is_there("files.wait_for_preview_file"):
            gazu.files.wait_for_preview_file(made["film"], timeout=300, poll_interval=1)
            check(f"{function.__name__}", fetched(function, made["film"])[4:8], b"ftyp")
    absent("a film that is a picture", gazu.files.download_preview_lowdef_movie, made["picture"])


def attachments():
    comment = gazu.task.add_comment(made["task"], made["status"], "With files", attachments=["rig.blend", "rgb.png"])
    check("attachments", sorted(row["name"] for row in comment["attachment_files"]), ["rgb.png", "rig.blend"])
    for row in comment["attachment_files"]:
        check(f"{row['name']} comes back", fetched(gazu.files.download_attachment_file, row), sent(row["name"]))


def working_files():
    tree = {
        "working": {
            "mountpoint": "/studio",
            "root": "work",
            "folder_path": {"asset": "<Project>/<Asset>", "style": "lowercase"},
            "file_name": {"asset": "<Asset>_<Name>_v<Version>"},
        }
    }
    gazu.files.update_project_file_tree(made["project"], tree)
    row = gazu.files.new_working_file(made["task"])
    gazu.files.upload_working_file(row, "rig.blend")
    check("a working file comes back", fetched(gazu.files.download_working_file, row), sent("rig.blend"))
    check("the next revision", gazu.files.new_working_file(made["task"])["revision"], row["revision"] + 1)


def avatars():
    person = gazu.client.get_current_user()
    answer = gazu.person.set_avatar(person, "rgb.png")
    check("an avatar", answer, {"thumbnail_path": f"pictures/thumbnails/persons/{person['id']}.png"})
    check("it comes back", is_png(fetched(gazu.files.download_person_avatar, person)), True)
    absent("a project without", gazu.files.download_project_avatar, made["project"])


@needs("files.upload_project_avatar", "files.upload_person_avatar")
def avatars_of_others():
    gazu.files.upload_project_avatar(made["project"], "rgb.png")
    check("a project's", is_png(fetched(gazu.files.download_project_avatar, made["project"])), True)
    person = gazu.client.get_current_user()
    gazu.files.upload_person_avatar(person, "rgb.png")
    check("a person's", is_png(fetched(gazu.files.download_person_avatar, person)), True)


if __name__ == "__main__":
    gazu.set_host(API)
    run([setup, pictures, film, film_comes_back, attachments, working_files, avatars, avatars_of_others])
