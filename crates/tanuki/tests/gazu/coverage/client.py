"""gazu.client: requests of any kind, files both ways, and what it knows of its host."""

import os
import tempfile
from pathlib import Path

import gazu
import requests
import world as worlds
from calls import call, raises, run, seen
from gazu import client
from kit import API, HOST
from world import NOBODY, world

ATTACHMENT = "notes.txt"
MILESTONE = "0a0a0a0a-0000-4000-8000-000000000001"


def is_api(url):
    """Whether it is the address of the API; a reference has it at its root."""
    return url == API


def hosts():
    worlds.as_admin()
    closed = client.create_client("http://127.0.0.1:1/api")
    call(seen(client.set_host, is_api), API)
    call(seen(client.get_host, is_api))
    call(client.get_api_url_from_host)
    call(client.get_api_url_from_host, client=client.create_client(HOST))
    call(client.set_event_host, HOST)
    call(client.get_event_host)
    call(client.host_is_up)
    call(client.host_is_up, client=closed)
    call(client.host_is_valid)
    call(client.host_is_valid, client=closed)
    call(seen(client.create_client, lambda made: [is_api(made.host), made.use_refresh_token]), API)
    call(seen(client.create_client, lambda made: made.session.verify), API, ssl_verify=False)
    call(client.url_path_join, "data/", "/projects/", "open")
    call(seen(client.get_full_url, lambda url: url.removeprefix(API)), "/data/projects")
    call(client.build_path_with_params, "data/shots", {"name": "SH 10", "ids": ["a", "b"]})
    call(client.build_path_with_params, "data/shots?page=1", {"limit": 2})
    call(client.build_path_with_params, "data/shots", {})


def tokens():
    worlds.as_admin()
    stranger = client.create_client(API)
    call(client.make_auth_header)
    call(client.make_auth_header, client=stranger)
    call(client.get_api_version)
    call(client.get_api_version, client=stranger)
    call(client.get_current_user)
    raises(client.get_current_user, client=stranger)
    call(client.set_tokens, client.default_client.tokens)
    call(client.set_tokens, client.default_client.tokens, client=stranger)
    call(client.get_current_user, client=stranger)
    client.set_tokens({"access_token": "nonsense"}, client=stranger)
    raises(client.get_current_user, client=stranger)
    raises(client.get, "data/projects", client=client.create_client("http://127.0.0.1:1/api"))


def any_route():
    worlds.studio()
    call(client.get, "data/departments")
    call(client.get, "data/departments", params={"name": "Animation"})
    call(client.get, "data/departments?name=Animation", json_response=False)
    rigs = call(client.post, "data/departments", {"name": "Rigs", "color": "#000000"})
    path = f"data/departments/{rigs['id']}"
    call(client.get, path)
    call(client.put, path, {"color": "#ffffff", "archived": True})
    call(client.delete, path)
    raises(client.get, path)
    raises(client.put, path, {"color": "#ffffff"})
    raises(client.delete, path)
    raises(client.get, "data/no-such-thing")
    call(client.get, "data/departments", params={"no_such_column": "1"})
    raises(client.post, "data/departments", {"no_such_column": "1"})
    raises(client.post, "data/departments", {"color": "#000000"})
    raises(client.delete, "data/departments")


def any_model():
    made = call(client.create, "departments", {"name": "Rigs", "color": "#000000"})
    call(client.create, "task-types", {"name": "Skinning", "color": "#111111", "for_entity": "Asset"})
    call(client.fetch_one, "departments", made["id"])
    call(client.fetch_one, "persons", world.artist["id"], params={"relations": "true"})
    call(client.update, "departments", made["id"], {"color": "#ffffff"})
    call(client.update, "task-types", world.modeling["id"], {"short_name": "mod"})
    call(client.fetch_all, "departments")
    call(client.fetch_all, "departments", {"name": "Rigs"})
    call(client.fetch_all, "departments", fields=["name", "color"])
    call(client.fetch_all, "departments", fields="color")
    call(client.fetch_all, "departments", paginated=True, limit=3)
    call(client.fetch_first, "departments", {"name": "Rigs"})
    call(client.fetch_first, "departments", {"name": "Nobody's"})
    raises(client.fetch_one, "departments", NOBODY)
    raises(client.fetch_one, "departments", "nope")
    raises(client.update, "departments", NOBODY, {"color": "#ffffff"})
    raises(client.create, "departments", {"name": None})
    raises(client.fetch_all, "no-such-model")
    raises(client.fetch_first, "no-such-model")


def answers():
    worlds.as_admin()
    headers = client.make_auth_header()
    found = requests.get(f"{API}/data/departments", headers=headers)
    missing = requests.get(f"{API}/data/departments/{NOBODY}", headers=headers)
    wrong = requests.post(f"{API}/data/departments", headers=headers, json={"no_such_column": 1})
    outside = requests.get(f"{API}/data/departments")
    call(seen(client.check_status, list), found, "data/departments")
    raises(client.check_status, missing, "data/departments")
    raises(client.check_status, wrong, "data/departments")
    raises(client.check_status, outside, "data/departments")
    call(client.get_message_from_response, found)
    call(client.get_message_from_response, wrong)
    call(client.get_message_from_response, requests.get(f"{API}/data/departments/{NOBODY}"), "Nothing was said")
    call(client.get_message_from_data, {"message": "Said", "data": {"errors": [{"field": "name", "message": "is missing"}]}})
    call(client.get_message_from_data, {"error": True})
    call(client.get_message_from_data, [], "Nothing was said")


def files():
    worlds.as_admin()
    worlds.film()
    worlds.tasks()
    comment = gazu.task.add_comment(world.hero_modeling, world.todo, "Look at this")
    os.chdir(tempfile.mkdtemp())
    Path(ATTACHMENT).write_text("What to look at")
    Path("more.txt").write_text("And at this")
    path = f"actions/tasks/{world.hero_modeling['id']}/comments/{comment['id']}/add-attachment"
    (notes,) = call(client.upload, path, ATTACHMENT)
    call(client.upload, path, "more.txt", extra_files=[ATTACHMENT])
    raises(client.upload, path.replace(comment["id"], NOBODY), ATTACHMENT)
    raises(client.upload, path, "missing.txt")
    raises(client.upload, "actions/no-such-thing", ATTACHMENT)
    url = f"data/attachment-files/{notes['id']}/file/{ATTACHMENT}"
    call(seen(client.download, lambda _: Path("copy.txt").read_text()), url, "copy.txt")
    call(seen(client.download, lambda answer: answer.text), url, None)
    raises(client.download, url.replace(notes["id"], NOBODY), "copy.txt")
    call(seen(client.get_file_data_from_url, bytes.decode), url)
    call(seen(client.get_file_data_from_url, bytes.decode), f"{API}/{url}", full=True)
    raises(client.get_file_data_from_url, url.replace(notes["id"], NOBODY))
    worlds.log_in(world.vendor)
    raises(client.download, url, "copy.txt")
    raises(client.upload, path, ATTACHMENT)


def rows_of_another_server():
    worlds.as_admin()
    milestone = {"id": MILESTONE, "project_id": world.film["id"], "name": "First cut", "date": "2025-03-01"}
    call(client.import_data, "milestones", [milestone])
    call(client.import_data, "milestones?silent=true", [{**milestone, "name": "Last cut"}])
    call(client.import_data, "milestones", [])
    raises(client.import_data, "milestones", milestone)
    raises(client.import_data, "no-such-model", [])


def as_artist():
    worlds.log_in(world.artist)
    call(client.get_current_user)
    call(client.fetch_all, "departments")
    raises(client.create, "departments", {"name": "Mine", "color": "#000000"})
    raises(client.update, "departments", world.modelers["id"], {"color": "#000000"})
    raises(client.put, f"data/departments/{world.modelers['id']}", {"color": "#000000"})
    raises(client.delete, f"data/departments/{world.modelers['id']}")
    raises(client.get, "data/events/login-logs/last")


if __name__ == "__main__":
    run(hosts, tokens, any_route, any_model, answers, files, rows_of_another_server, as_artist)
